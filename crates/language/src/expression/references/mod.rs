//! What an expression reads, for lint: context variables, functions, filters
//! and tasks that are named literally.
//!
//! It prefers to miss something over a false report; an expression that does
//! not parse reads nothing.

mod jinja;
mod yaql;

use std::ops::Range;

use super::error::Language;
use super::{split, yaql_host};

/// What the expressions of one string read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Variables read from the context: `x` of `$.x`, `_.x`, `_.get('x')`. The range of
    /// a YAQL one is the whole path, `$.x.y`.
    pub variables: Vec<Reference>,
    /// Functions that are called (not methods).
    pub functions: Vec<Reference>,
    /// Jinja filters that are applied.
    pub filters: Vec<Reference>,
    /// Tasks of `task(x)` whose name is written out.
    pub tasks: Vec<Reference>,
    /// Names of functions and the like which there are not.
    pub unknown: Vec<Unknown>,
}

/// A name that means nothing to the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The language.
    pub language: Language,
    /// What it is used as.
    pub kind: NameKind,
    /// The name and where it stands.
    pub reference: Reference,
}

/// What a name is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// `name(x)`
    Function,
    /// `x.name()`; those of Jinja belong to the values.
    Method,
    /// `x | name`, in Jinja.
    Filter,
    /// `x is name`, in Jinja.
    Test,
}

impl NameKind {
    /// In the words of users.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Method => "method",
            Self::Filter => "filter",
            Self::Test => "test",
        }
    }
}

/// The names of a kind that a language knows.
pub fn names(language: Language, kind: NameKind) -> Vec<&'static str> {
    match language {
        Language::Yaql => yaql::names(kind),
        Language::Jinja => super::jinja::names(kind),
    }
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name, without quotes.
    pub name: String,
    /// The bytes of the string where it is written, quotes included.
    pub range: Range<usize>,
}

/// What the expressions in a string read; nothing if there is none.
pub fn references(text: &str) -> References {
    let mut found = References::default();
    match split::language(text) {
        Some(Language::Jinja) => jinja::collect(text, &mut found),
        Some(Language::Yaql) => {
            for place in split::yaql_places(text) {
                let (expression, start) = yaql_host::inside(text, place);
                yaql::collect(expression, start, &mut found);
            }
        }
        None => {}
    }
    found
}

impl References {
    fn check(&mut self, language: Language, kind: NameKind, reference: Reference) {
        let name = match language {
            Language::Yaql => reference.name.trim_end_matches('_'),
            Language::Jinja => &reference.name,
        };
        if !names(language, kind).contains(&name) {
            self.unknown.push(Unknown {
                language,
                kind,
                reference,
            });
        }
    }
}

impl Reference {
    fn new(name: &str, range: Range<usize>) -> Self {
        Self {
            name: name.into(),
            range,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[Reference]) -> Vec<&str> {
        list.iter().map(|r| &*r.name).collect()
    }

    #[test]
    fn yaql_reads() {
        let text = "a <% $.servers.where($.name = x).len() + len($.b) + task('t 1').result.y %>";
        let found = references(text);
        assert_eq!(names(&found.variables), ["servers", "b"]);
        assert_eq!(names(&found.functions), ["len", "task"]);
        assert_eq!(names(&found.tasks), ["t 1"]);
        assert_eq!(&text[found.variables[0].range.clone()], "$.servers");
        assert_eq!(&text[found.tasks[0].range.clone()], "'t 1'");
    }

    #[test]
    fn yaql_bare_words() {
        let found = references("<% task(t2).result + $[c] + '$.no' %>");
        assert_eq!(names(&found.tasks), ["t2"]);
        assert_eq!(names(&found.variables), ["c"]);
    }

    #[test]
    fn yaql_rebound_roots_are_left_out() {
        let found = references("<% let(1) -> $.x %><% [1].select($.y.z($.v)) %><% $x.foo %>");
        assert_eq!(names(&found.variables), [""; 0]);
    }

    #[test]
    fn jinja_reads() {
        let text = "{{ _.a.b | upper }} {{ _['k k'] ~ _.get('g') }} {% if task('t').x(_.items) %}";
        let found = references(text);
        assert_eq!(names(&found.variables), ["a", "k k", "g", "items"]);
        assert_eq!(names(&found.filters), ["upper"]);
        assert_eq!(names(&found.functions), ["task"]);
        assert_eq!(names(&found.tasks), ["t"]);
        assert_eq!(&text[found.variables[1].range.clone()], "'k k'");
    }

    #[test]
    fn names_that_mean_nothing() {
        let unknown = |text: &str| {
            let found = references(text).unknown.into_iter();
            let found = found.map(|u| format!("{} {}", u.kind.noun(), u.reference.name));
            found.collect::<Vec<_>>()
        };
        assert_eq!(
            unknown(
                "<% len(uuid()) + foo($.x.bar(), [1].select(baz($))) + $.x.where($ > 1).len() %>"
            ),
            ["function foo", "method bar", "function baz"]
        );
        assert_eq!(unknown("<% def(f, $ + 1) -> f(2) %>"), [""; 0]);
        assert_eq!(
            unknown("{% if (len(_.a)) and not foo(1) %}{{ _.x.bar() | upper | uper }}{% endif %}"),
            ["function len", "function foo", "filter uper"]
        );
        assert_eq!(
            unknown("{{ 1 is odd }}{{ 1 is not evn }}{% filter trm %}x{% endfilter %}"),
            ["test evn", "filter trm"]
        );
        assert_eq!(
            unknown(
                "{% macro m(f) %}{{ f(1) }}{{ caller() }}{% endmacro %}{% call m(range) %}{% endcall %}\
                 {% for (a, b) in [(1, 2)] %}{{ loop.cycle(1) }}{{ m(dict(a=1)) }}{% endfor %}"
            ),
            [""; 0]
        );
    }

    #[test]
    fn jinja_filters_name_tasks_too() {
        assert_eq!(names(&references("{{ _ | task('t') }}").tasks), ["t"]);
    }
}
