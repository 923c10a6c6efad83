//! Syntax errors in Jinja2's wording, and bounded nesting.

use super::*;

fn error(source: &str) -> String {
    template(source).unwrap_err().message
}

#[test]
fn errors_name_what_was_found() {
    assert_eq!(
        error("x {{ }} y"),
        "Expected an expression, got 'end of print statement'"
    );
    assert_eq!(error("x {{ 1 + }}"), "unexpected 'end of print statement'");
    assert_eq!(error("{{{ _.n }}}"), "expected token ':', got '}'");
    assert_eq!(error("{% foo %}"), "Encountered unknown tag 'foo'.");
    assert_eq!(
        error("{% if a %}"),
        "Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' \
         or 'endif'. The innermost block that needs to be closed is 'if'."
    );
    assert_eq!(
        expression("- 1 -").unwrap_err().message,
        "unexpected 'end of template'"
    );
    assert_eq!(
        expression("1 2").unwrap_err().message,
        "chunk after expression"
    );
    assert_eq!(
        error("{{ f(a=1, 2) }}"),
        "invalid syntax for function call expression"
    );
}

#[test]
fn errors_point_at_the_token() {
    assert_eq!(template("ab {{ 1 + * }}").unwrap_err().range, 10..11);
}

#[test]
fn nesting_is_bounded() {
    for open in ["(", "[", "not ", "-", "{1:"] {
        let message = expression(&open.repeat(50_000)).unwrap_err().message;
        assert!(
            message.starts_with("nested too deeply"),
            "{open}: {message}"
        );
    }
    let chain = format!("1{}", "+1".repeat(50_000));
    assert!(
        expression(&chain)
            .unwrap_err()
            .message
            .starts_with("nested too deeply")
    );
    let blocks = "{% if a %}".repeat(5_000);
    assert!(error(&blocks).starts_with("nested too deeply"));
}

#[test]
fn a_filter_binds_tighter_than_an_operator() {
    let parsed = expression("1 + -2 | abs").unwrap();
    let Node::Binary(_, _, right) = *parsed.node else {
        panic!("not a sum");
    };
    assert!(matches!(*right.node, Node::Filter(..)));
    assert_eq!(right.range, 4..12);
}
