use super::*;
use crate::syntax::ast::{Arg, Node, NodeKind, Selector, Variable};

/// The tree in prefix form: `(+ 1 (* 2 3))`.
fn shape(node: &Node) -> String {
    match &node.kind {
        NodeKind::Constant(value) => format!("{value:?}"),
        NodeKind::Word(word) => word.to_string(),
        NodeKind::Variable(Variable::Positional(1)) => "$".into(),
        NodeKind::Variable(Variable::Positional(index)) => format!("${index}"),
        NodeKind::Variable(Variable::Named(name)) => format!("${name}"),
        NodeKind::Group(inner) => format!("[{}]", shape(inner)),
        NodeKind::Member(member) => {
            let dot = if member.safe { "?." } else { "." };
            let right = match &member.right {
                Selector::Property(name) => name.to_string(),
                Selector::Method(call, _) => shape_of_call(&call.name, &call.args),
                Selector::Other(node) => shape(node),
            };
            format!("({dot} {} {right})", shape(&member.left))
        }
        NodeKind::Call(call) => shape_of_call(&call.name, &call.args),
    }
}

fn shape_of_call(name: &str, args: &[Arg]) -> String {
    let name = name.trim_start_matches("#operator_");
    let name = name.replace("#unary_operator_", "u");
    let args = args.iter().map(|arg| match arg {
        Arg::Positional(node) => format!(" {}", shape(node)),
        Arg::Skipped => " _".into(),
        Arg::Mapping(key, value) => format!(" {}=>{}", shape(key), shape(value)),
    });
    format!("({name}{})", args.collect::<String>())
}

fn parsed(text: &str) -> String {
    let parsed = parse(text, &ParseOptions::default());
    shape(&parsed.unwrap_or_else(|error| panic!("{text}: {error}")))
}

#[test]
fn operators_bind_as_in_the_table() {
    for (text, tree) in [
        ("1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)"),
        ("-$.a[0]", "(u- (#indexer (. $ a) 0))"),
        ("-1.abs()", "(u- (. 1 (abs)))"),
        ("'x' + 'b' =~ 'b'", "(+ 'x' (=~ 'b' 'b'))"),
        ("1 = not 2 = 3", "(*equal 1 (unot (*equal 2 3)))"),
        ("2 * not 3 + 4", "(* 2 (unot (+ 3 4)))"),
        ("a or b and c", "(or a (and b c))"),
        ("let(1) -> let(2) -> $", "(-> (let 1) (-> (let 2) $))"),
        ("$.a?.b.c()", "(. (?. (. $ a) b) (c))"),
        ("a.[0][1]", "(#indexer (. a (#list 0)) 1)"),
        ("$.(a)", "(. $ [a])"),
        ("f(,1,, c => 4)", "(f _ 1 _ c=>4)"),
        ("{a => 1, $x => [2]}", "(#map a=>1 $x=>(#list 2))"),
        ("$1 + $01 + $2 + $", "(+ (+ (+ $ $01) $2) $)"),
        ("x.y in z mod 2", "(in (. x y) (mod z 2))"),
    ] {
        assert_eq!(parsed(text), tree, "{text}");
    }
}

#[test]
fn numbers_have_boundaries() {
    assert_eq!(parsed("007 + 1.50 + ٣"), "(+ (+ 7 1.5) 3)");
    assert_eq!(parsed("99999999999999999999"), "99999999999999999999");
    for (text, position) in [("12ab", 0), ("1.5e3", 2), ("1_0", 0), ("1 + 0x1F", 4)] {
        let error = parse(text, &ParseOptions::default()).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::Lexical, "{text}");
        assert_eq!(error.span.start, position, "{text}");
    }
}

#[test]
fn strings_are_unescaped() {
    for (text, value) in [
        (r"'it\'s \x41\u00e9\101\0\d'", "it's Aé\u{41}\0\\d"),
        (r"`a\`b\\n`", r"a`b\\n"),
        (r"'\N{euro sign}\x4'", "€\\x4"),
        ("'two\nlines'", "two\nlines"),
    ] {
        let node = parse(text, &ParseOptions::default()).unwrap();
        assert_eq!(node.constant(), Some(&value.into()), "{text}");
    }
    let error = parse(r"1 + '\xzz'", &ParseOptions::default()).unwrap_err();
    assert_eq!(error.class(), "UnicodeDecodeError");
    assert_eq!(error.span.range(), 4..10);
}

#[test]
fn positions_are_code_points_and_spans_are_bytes() {
    let error = parse("'žluť' + + )", &ParseOptions::default()).unwrap_err();
    assert!(error.message.contains("unexpected ')' at position 11"));
    assert_eq!(error.span.range(), 13..14);
    let error = parse("'é' @", &ParseOptions::default()).unwrap_err();
    assert_eq!(
        error.message,
        "Lexical error: illegal character '@' at position 4"
    );
}

#[test]
fn faults_of_grammar_come_before_later_lexical_ones() {
    let error = parse("< %", &ParseOptions::default()).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::Grammar);
}

#[test]
fn words_are_words() {
    assert!(is_word("a1") && is_word("_x") && !is_word("__x") && !is_word("1a") && !is_word("a b"));
}
