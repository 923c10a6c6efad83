//! The syntax check of strings when a definition is uploaded (workflow
//! language §1.5).

use super::error::{GrammarClass, GrammarError, Language};
use super::jinja;
use super::setup::YaqlSetup;
use super::split;
use super::yaql_host;

/// The languages that the operator allows, and how they are set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Languages {
    /// `<% … %>`
    pub yaql: bool,
    /// `{{ … }}` and `{% … %}`
    pub jinja: bool,
    /// How YAQL is set up.
    pub setup: YaqlSetup,
}

impl Default for Languages {
    /// Both.
    fn default() -> Self {
        Self {
            yaql: true,
            jinja: true,
            setup: YaqlSetup::default(),
        }
    }
}

impl Languages {
    /// Whether a language is allowed.
    pub fn allow(&self, language: Language) -> bool {
        match language {
            Language::Yaql => self.yaql,
            Language::Jinja => self.jinja,
        }
    }
}

/// All that is wrong with one string: syntax errors of each expression in it,
/// languages that are switched off, two languages in one string.
pub fn syntax_check(text: &str, languages: &Languages) -> Vec<GrammarError> {
    let (jinja, yaql) = (split::has_jinja(text), split::has_yaql(text));
    if jinja && yaql {
        return vec![mixed(text)];
    }
    let language = match (jinja, yaql) {
        (true, _) => Language::Jinja,
        (_, true) => Language::Yaql,
        _ => return Vec::new(),
    };
    if !languages.allow(language) {
        return vec![disabled(language, text)];
    }
    match language {
        Language::Jinja => jinja::check(text).into_iter().collect(),
        Language::Yaql => yaql_host::check(text, &languages.setup.syntax),
    }
}

fn mixed(text: &str) -> GrammarError {
    let message = "The line already contains an expression of type 'jinja'. \
                   Mixing expression types in a single line is not allowed.";
    expression_error(message.into(), text)
}

/// The error of a language that the operator switched off.
pub(super) fn disabled(language: Language, text: &str) -> GrammarError {
    let name = language.name();
    let message = format!("The '{name}' expression language is disabled by the operator.");
    expression_error(message, text)
}

fn expression_error(message: String, text: &str) -> GrammarError {
    GrammarError {
        class: GrammarClass::Expression,
        detail: message.clone(),
        message,
        cause: "ExpressionGrammarException",
        range: 0..text.len(),
        help: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str, languages: &Languages) -> Vec<String> {
        let errors = syntax_check(text, languages);
        errors
            .iter()
            .map(|e| format!("{}: {e}", e.class.as_str()))
            .collect()
    }

    #[test]
    fn languages_do_not_mix() {
        assert_eq!(
            messages("<% $.a %> {{ b }}", &Languages::default()),
            [
                "ExpressionGrammarException: The line already contains an expression of type 'jinja'. \
              Mixing expression types in a single line is not allowed."
            ]
        );
    }

    #[test]
    fn a_language_can_be_switched_off() {
        let only_yaql = Languages {
            jinja: false,
            ..Languages::default()
        };
        assert_eq!(
            messages("{{ b }}", &only_yaql),
            [
                "ExpressionGrammarException: The 'jinja' expression language is disabled by the operator."
            ]
        );
        assert_eq!(messages("<% $.a %>", &only_yaql), [""; 0]);
    }

    #[test]
    fn jinja_errors_are_quoted() {
        let errors = syntax_check("{{ 1 + }}", &Languages::default());
        assert_eq!(
            errors[0].message,
            "Syntax error 'unexpected 'end of print statement''."
        );
        assert_eq!(errors[0].range, 7..9);
    }
}
