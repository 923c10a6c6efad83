//! How YAQL is set up.

use yaql::{Options, ParseOptions};

/// The operator's choices about YAQL (YAQL §10); the default is Mistral's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YaqlSetup {
    /// How expressions are parsed.
    pub syntax: ParseOptions,
    /// How they are evaluated.
    pub options: Options,
}
