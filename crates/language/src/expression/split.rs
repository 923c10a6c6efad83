//! Finding expressions in a string, exactly as the delimiters' patterns do
//! (workflow language §7.1, YAQL §11).

use std::ops::Range;

use super::error::Language;

/// The language of a string: Jinja is looked at first.
pub(super) fn language(text: &str) -> Option<Language> {
    if has_jinja(text) {
        Some(Language::Jinja)
    } else if has_yaql(text) {
        Some(Language::Yaql)
    } else {
        None
    }
}

/// Whether the text has `{{ … }}` or `{% … %}` on one line.
pub(super) fn has_jinja(text: &str) -> bool {
    find(text, 0, "{{", "}}").is_some() || find(text, 0, "{%", "%}").is_some()
}

/// Whether the text has `<% … %>` on one line.
pub(super) fn has_yaql(text: &str) -> bool {
    find(text, 0, "<%", "%>").is_some()
}

/// The inside of a string that is exactly one `{{ … }}`.
pub(super) fn whole_jinja(text: &str) -> Option<&str> {
    match find(text, 0, "{{", "}}") {
        Some(found) if found == (0..text.len()) => Some(&text[2..text.len() - 2]),
        _ => None,
    }
}

/// The places of all `<% … %>`, delimiters included.
pub(super) fn yaql_places(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut from = 0;
    while let Some(place) = find(text, from, "<%", "%>") {
        from = place.end;
        places.push(place);
    }
    places
}

/// The first `open…close` from a position; between them is as little as possible
/// and no newline.
fn find(text: &str, from: usize, open: &str, close: &str) -> Option<Range<usize>> {
    let mut at = from;
    while let Some(offset) = text[at..].find(open) {
        let start = at + offset;
        let inner = start + open.len();
        let line = text[inner..].find('\n').map_or(text.len(), |n| inner + n);
        if let Some(length) = text[inner..line].find(close) {
            return Some(start..inner + length + close.len());
        }
        // Nothing on this line closes anything.
        at = line;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jinja_comes_first() {
        assert_eq!(language("<% $.a %> {{ b }}"), Some(Language::Jinja));
        assert_eq!(language("<% $.a %>"), Some(Language::Yaql));
        assert_eq!(language("{% if x %}"), Some(Language::Jinja));
        assert_eq!(language("100% {done} <b>"), None);
    }

    #[test]
    fn an_expression_stays_on_its_line() {
        assert_eq!(language("<% $.a +\n $.b %>"), None);
        assert_eq!(language("{{ a\n }}"), None);
        assert_eq!(yaql_places("<% a\n<% b %>").first(), Some(&(5..12)));
        assert_eq!(yaql_places("x<% a %><% b %>"), [1..8, 8..15]);
    }

    #[test]
    fn the_shortest_match_counts() {
        assert_eq!(whole_jinja("{{ 1 }}"), Some(" 1 "));
        assert_eq!(whole_jinja("{{ {'a': {'b': 1}} }}"), None);
        assert_eq!(whole_jinja("{{ 1 }} "), None);
        assert_eq!(whole_jinja("{{}}"), Some(""));
        assert!(yaql_places("<%>").is_empty());
    }
}
