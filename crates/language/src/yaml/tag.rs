//! The tags the reader knows.

/// The type of a node, named by a tag or resolved from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Binary,
    Timestamp,
    Omap,
    Pairs,
    Set,
    Str,
    Seq,
    Map,
    /// The key `<<`.
    Merge,
    /// The key `=`.
    Value,
    /// Any other: no value can be made of it.
    Other(String),
}

const NAMESPACE: &str = "tag:yaml.org,2002:";

const NAMES: [(Tag, &str); 14] = [
    (Tag::Null, "null"),
    (Tag::Bool, "bool"),
    (Tag::Int, "int"),
    (Tag::Float, "float"),
    (Tag::Binary, "binary"),
    (Tag::Timestamp, "timestamp"),
    (Tag::Omap, "omap"),
    (Tag::Pairs, "pairs"),
    (Tag::Set, "set"),
    (Tag::Str, "str"),
    (Tag::Seq, "seq"),
    (Tag::Map, "map"),
    (Tag::Merge, "merge"),
    (Tag::Value, "value"),
];

impl Tag {
    pub(super) fn from_uri(uri: String) -> Self {
        let name = uri.strip_prefix(NAMESPACE);
        let known = NAMES.iter().find(|(_, known)| name == Some(known));
        match known {
            Some((tag, _)) => tag.clone(),
            None => Self::Other(uri),
        }
    }

    pub(super) fn uri(&self) -> String {
        if let Self::Other(uri) = self {
            return uri.clone();
        }
        let name = NAMES.iter().find(|(tag, _)| tag == self);
        format!("{NAMESPACE}{}", name.map_or("", |(_, name)| name))
    }
}
