//! The YAML reader: text to a tree in which everything knows its place.
//!
//! YAML 1.1 exactly as PyYAML's safe loader reads it, with the change that
//! Mistral makes (workflow language §1.2): there are no anchors and aliases;
//! `&x`, `*x` and `@x` are plain text. A document is one value; reading takes
//! time linear in its size, and its size, depth and number of values are bounded.
//!
//! ```
//! let node = language::yaml::load("retry: {count: 010}", &Default::default())?;
//! # let node = node.ok_or("empty")?;
//! let value = language::yaml::to_value(&node);
//! assert_eq!(yaql::json::to_string(&value), r#"{"retry":{"count":8}}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compose;
mod construct;
mod cursor;
mod dump;
mod error;
mod node;
mod origins;
mod resolve;
mod scalar;
mod scan_block;
mod scan_scalar;
mod scan_tag;
mod scanner;
mod tag;
mod timestamp;
mod token;

use yaql::{Value, python};

pub use self::dump::{DumpError, KeyOrder, dump};
pub use self::error::{YamlError, YamlErrorKind};
pub use self::node::{Content, Data, Mapping, Node, Scalar, Sequence, Style, to_value};
pub use self::origins::Origins;
pub use self::timestamp::{Date, Timestamp};

use self::cursor::Mark;
use self::error::Fault;

/// What a document may demand. All limits are inclusive.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Size of the text in bytes; texts of 4 GiB and more are refused in any case.
    pub bytes: usize,
    /// Levels of nesting.
    pub depth: usize,
    /// Keys, values and items together.
    pub nodes: usize,
}

impl Default for Limits {
    /// 16 MiB, 200 levels, a million values.
    fn default() -> Self {
        Self {
            bytes: 16 << 20,
            depth: 200,
            nodes: 1_000_000,
        }
    }
}

/// Reads the one document of a text. An empty text has none.
///
/// # Errors
/// The first problem, in PyYAML's words.
pub fn load(text: &str, limits: &Limits) -> Result<Option<Node>, YamlError> {
    read(text, limits).map_err(|fault| fault.into_error(text))
}

fn read(text: &str, limits: &Limits) -> error::Fallible<Option<Node>> {
    if text.len() > limits.bytes.min(u32::MAX as usize) {
        let problem = format!(
            "the text has {} bytes, more than the limit of {}",
            text.len(),
            limits.bytes
        );
        return Err(Fault::new(YamlErrorKind::Limit, problem, Mark::default()));
    }
    if let Some((index, c)) = cursor::unprintable(text) {
        let problem = format!(
            "unacceptable character #x{:04x}: special characters are not allowed",
            u32::from(c)
        );
        let mark = Mark {
            index,
            ..Mark::default()
        };
        return Err(Fault::new(YamlErrorKind::Reader, problem, mark));
    }
    let document = compose::Composer::new(text, *limits).single_document()?;
    document.map(construct::construct).transpose()
}

/// A character as Python shows it; the end of the text is NUL.
fn python_char(c: char) -> String {
    python_quoted(c.encode_utf8(&mut [0; 4]))
}

/// A text as Python shows it.
fn python_quoted(text: &str) -> String {
    python::repr(&Value::from(text))
}
