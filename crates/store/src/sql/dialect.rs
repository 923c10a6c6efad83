//! Where the languages of the databases differ.

/// A database's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// A statement as PostgreSQL takes it.
#[derive(Debug, PartialEq)]
pub(crate) struct Translated {
    /// Its text, with `$1`, `$2` …
    pub(crate) text: String,
    /// The names of its parameters, by position, if they have names.
    pub(crate) names: Vec<String>,
}

impl Dialect {
    /// The text of an id.
    pub(crate) fn uuid(self, id: &str) -> String {
        if self == Self::Postgres {
            return format!("CAST({id} AS text)");
        }
        let part = |from, length| format!("substr(hex({id}), {from}, {length})");
        let parts = [
            part(1, 8),
            part(9, 4),
            part(13, 4),
            part(17, 4),
            part(21, 12),
        ];
        format!("lower({})", parts.join(" || '-' || "))
    }

    /// The text of a time, as the API shows it.
    pub(crate) fn time(self, micros: &str) -> String {
        match self {
            Self::Sqlite => {
                format!("strftime('%Y-%m-%d %H:%M:%S', {micros} / 1000000, 'unixepoch')")
            }
            Self::Postgres => format!(
                "to_char(to_timestamp({micros} / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
            ),
        }
    }

    /// Between tables that are read in this order, where the order can be said.
    pub(crate) fn then(self) -> &'static str {
        match self {
            Self::Sqlite => " CROSS JOIN ",
            Self::Postgres => ", ",
        }
    }

    /// The value of an expression, as one that no index has.
    pub(crate) fn anew(self, value: &str) -> String {
        match self {
            Self::Sqlite => format!("+({value})"),
            Self::Postgres => format!("coalesce({value}, {value})"),
        }
    }

    /// Text with ASCII's small letters.
    pub(crate) fn lower(self, text: &str) -> String {
        match self {
            Self::Sqlite => format!("lower({text})"),
            Self::Postgres => format!("lower({text} COLLATE \"C\")"),
        }
    }

    /// Whether a text has a part.
    pub(crate) fn has(self, text: &str, part: &str) -> String {
        match self {
            Self::Sqlite => format!("instr({text}, {part}) > 0"),
            Self::Postgres => format!("strpos({text}, {part}) > 0"),
        }
    }

    /// The rows `tag(value)` of a JSON list of texts.
    pub(crate) fn each_tag(self, list: &str) -> String {
        match self {
            Self::Sqlite => format!("json_each({list}) tag"),
            Self::Postgres => {
                format!("json_array_elements_text(CAST({list} AS json)) AS tag (value)")
            }
        }
    }

    /// The text of a wide column; a large one is in `blobs`, in one row or in pieces.
    pub(crate) fn wide_text(self, value: &str, root: &str) -> String {
        let (is_hash, hash, pieces, part) = match self {
            Self::Sqlite => (
                format!("typeof({value}) = 'blob'"),
                value.to_owned(),
                "json_each(substr(b.value, 2)) p",
                "unhex(substr(p.value, 2))",
            ),
            Self::Postgres => (
                format!("left({value}, 1) = '#'"),
                format!("decode(substr({value}, 2), 'hex')"),
                "json_array_elements_text(CAST(substr(b.value, 2) AS json)) \
                 WITH ORDINALITY AS p (value, key)",
                "decode(substr(p.value, 2), 'hex')",
            ),
        };
        let piece = format!(
            "CASE substr(p.value, 1, 1) WHEN '=' THEN substr(p.value, 2) ELSE \
             (SELECT q.value FROM blobs q WHERE q.root = {root} AND q.hash = {part}) END"
        );
        format!(
            "CASE WHEN {is_hash} THEN (SELECT CASE substr(b.value, 1, 1) WHEN '#' THEN \
             (SELECT string_agg({piece}, '' ORDER BY p.key) FROM {pieces}) ELSE b.value END \
             FROM blobs b WHERE b.root = {root} AND b.hash = {hash}) ELSE {value} END"
        )
    }

    /// The order of a key: null is the smallest value.
    pub(crate) fn order(self, key: &str, descending: bool, nullable: bool) -> String {
        let way = if descending { " DESC" } else { "" };
        let nulls = match (self, nullable, descending) {
            (Self::Sqlite, ..) | (_, false, _) => "",
            (Self::Postgres, true, true) => " NULLS LAST",
            (Self::Postgres, true, false) => " NULLS FIRST",
        };
        format!("{key}{way}{nulls}")
    }
}

/// Words that are another in PostgreSQL.
const WORDS: [(&str, &str); 2] = [("ifnull(", "coalesce("), ("CROSS JOIN", "JOIN")];

/// A shared statement for PostgreSQL. Quoted parts stay as they are.
pub(crate) fn translate(sql: &str) -> Translated {
    let mut text = String::with_capacity(sql.len() + 16);
    let mut names: Vec<String> = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '\'' | '"' => {
                let end = rest[1..].find(first).map_or(rest.len(), |end| end + 2);
                text.push_str(&rest[..end]);
                end
            }
            '?' => {
                text.push('$');
                1
            }
            ':' => {
                let name = name_at(&rest[1..]);
                text.push('$');
                text.push_str(&place(&mut names, name).to_string());
                1 + name.len()
            }
            _ => match WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
                Some((word, other)) => {
                    text.push_str(other);
                    word.len()
                }
                None => {
                    text.push(first);
                    first.len_utf8()
                }
            },
        };
        rest = &rest[taken..];
    }
    Translated { text, names }
}

fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The number of a named parameter.
fn place(names: &mut Vec<String>, name: &str) -> usize {
    let known = names.iter().position(|other| other == name);
    known.map_or_else(
        || {
            names.push(name.to_owned());
            names.len()
        },
        |index| index + 1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_get_numbers() {
        let found = translate("SELECT ifnull(a, ?2) FROM t WHERE b = ?1 AND c = ':x ?'");
        assert_eq!(
            found.text,
            "SELECT coalesce(a, $2) FROM t WHERE b = $1 AND c = ':x ?'"
        );
        assert!(found.names.is_empty());
        let named = translate("UPDATE t SET a = :at, b = :at_all WHERE c = :at");
        assert_eq!(named.text, "UPDATE t SET a = $1, b = $2 WHERE c = $1");
        assert_eq!(named.names, ["at", "at_all"]);
    }
}
