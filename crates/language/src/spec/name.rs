//! Names of workflows, workbooks and actions (workflow language §1.6).

use super::model::Name;
use super::report::Report;
use crate::diagnostic::{Code, Diagnostic};

/// The width of the column that holds names.
const MAX_LENGTH: usize = 255;

/// Checks what the original checks when it stores a definition.
pub(crate) fn check(report: &mut Report, name: &Name) {
    let text = &name.text;
    if text.contains(' ') {
        let message = format!("the name '{text}' has blanks");
        let diagnostic = Diagnostic::error(Code::BadName, message, name.span);
        report.push(diagnostic.api(format!("Name '{text}' must not contain spaces")));
    }
    if text.chars().count() > MAX_LENGTH {
        let message = format!("a name has at most {MAX_LENGTH} characters");
        report.push(Diagnostic::error(Code::BadName, message, name.span));
    }
}

/// `8-4-4-4-12` hexadecimal digits; the original accepts them without hyphens, in
/// braces and with a prefix as well.
pub(crate) fn is_uuid(text: &str) -> bool {
    let text = text.replace("urn:", "").replace("uuid:", "");
    let digits = text.trim_matches(['{', '}']).replace('-', "");
    digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}
