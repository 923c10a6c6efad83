//! Standard output: results, and nothing after its reader has gone.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

/// Prints a text with an end of line; colours only for a terminal.
pub(crate) fn line(text: &str) -> io::Result<()> {
    writeln!(anstream::stdout().lock(), "{text}")
}

/// Prints a text exactly, with an end of line if it has none.
pub(crate) fn verbatim(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Prints a document as JSON over several lines.
pub(crate) fn json(document: &impl Serialize) -> io::Result<()> {
    verbatim(&serde_json::to_string_pretty(document)?)
}

/// Whether the reader of standard output has gone: no error, only the end.
pub(crate) fn reader_is_gone(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|io| io.kind() == ErrorKind::BrokenPipe)
}
