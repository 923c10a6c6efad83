//! The specification as the API shows it: the data as written, with what the
//! original adds to it.

use yaql::{Dict, Value};

use crate::yaml::{Mapping, to_value};

/// The version every item gets, whatever the document says.
pub(crate) const VERSION: &str = "2.0";

/// The entries of a mapping as a dict, with further ones laid over.
pub(crate) fn with<'a>(
    mapping: &Mapping,
    added: impl IntoIterator<Item = (&'a str, Value)>,
) -> Dict {
    let mut dict = Dict::with_capacity(mapping.entries.len() + 4);
    for (key, value) in &mapping.entries {
        dict.insert(to_value(key), to_value(value));
    }
    for (key, value) in added {
        dict.insert(key, value);
    }
    dict
}
