//! How YAQL is set up.

use yaql::{Delegates, Options, ParseOptions};

/// The operator's choices about YAQL (YAQL §10); the default is Mistral's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YaqlSetup {
    /// How expressions are parsed.
    pub syntax: ParseOptions,
    /// How they are evaluated.
    pub options: Options,
}

impl YaqlSetup {
    /// Whether `expr(args)` parses. The functions for it are not there, as in
    /// Mistral, so calling something in this way is an error.
    pub fn allow_delegates(&mut self, allow: bool) {
        self.syntax.delegates = match allow {
            true => Delegates::ParseOnly,
            false => Delegates::Off,
        };
    }
}
