//! The program interface: a request a line, an answer a line, in order.
//!
//! Invariant: whatever stands in a line, there is exactly one answer to it, and
//! it is written out before the next line is read.

use std::io::{BufRead, ErrorKind, Read, Write};

use language::expression::Language;
use yaql::{Dict, Value, json};

use super::evaluator::Evaluator;
use super::request::{Request, failure};
use super::tagged::{Form, encode};
use crate::exit::Exit;

/// Longer lines are refused, in bytes.
const LONGEST_LINE: u64 = 256 << 20;

/// Answers all requests until the input ends, or nobody listens any more.
pub(super) fn answer_all(
    mut input: impl BufRead,
    mut output: impl Write,
    language: Language,
    evaluator: &Evaluator,
) -> anyhow::Result<Exit> {
    let mut line = Vec::new();
    while read_line(&mut input, &mut line)? {
        let answer = answer(&line, language, evaluator);
        let text = json::to_string(&encode(&answer.into(), Form::Stored));
        match writeln!(output, "{text}").and_then(|()| output.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    Ok(Exit::Success)
}

fn answer(line: &[u8], language: Language, evaluator: &Evaluator) -> Dict {
    if line.len() as u64 > LONGEST_LINE {
        let message = format!("the line is longer than {LONGEST_LINE} bytes");
        return refusal(&message);
    }
    let Ok(text) = std::str::from_utf8(line) else {
        return refusal("not UTF-8 text");
    };
    match Request::parse(text) {
        Ok(request) => request.answer(language, evaluator),
        Err(error) => refusal(&error.to_string()),
    }
}

fn refusal(message: &str) -> Dict {
    failure(Value::Null, "ProtocolError", message)
}

/// Reads the next line without its end; false at the end of the input. Of a
/// line that is too long, a part that is too long as well.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let read = input.take(LONGEST_LINE + 2).read_until(b'\n', line)?;
    if line.ends_with(b"\n") {
        line.pop();
    } else if read as u64 == LONGEST_LINE + 2 {
        input.skip_until(b'\n')?;
    }
    Ok(read > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(language: Language, input: &str) -> String {
        let mut output = Vec::new();
        let evaluator = Evaluator::new(Some("2024-03-21T12:00:00Z")).unwrap();
        answer_all(input.as_bytes(), &mut output, language, &evaluator).unwrap();
        String::from_utf8(output).unwrap()
    }

    fn yaql(request: &str) -> String {
        answers(Language::Yaql, request)
    }

    #[test]
    fn requests_are_answered_in_order() {
        let output = yaql(concat!(
            r#"{"id": 1, "expr": "$.a + $x", "data": {"a": 1}, "context": {"x": 2}}"#,
            "\nnonsense\n\n[1]\n",
            r#"{"id": "b", "expr": "$.b", "data": {}, "options": {}}"#,
            "\n",
            r#"{"id": null, "expr": "v=<% $ %>{{ x", "inline": true}"#,
        ));
        insta::assert_snapshot!(output, @r#"
        {"id":1,"ok":3}
        {"id":null,"error":"ProtocolError","message":"not JSON: Expecting value: line 1 column 1 (char 0)"}
        {"id":null,"error":"ProtocolError","message":"not JSON: Expecting value: line 1 column 1 (char 0)"}
        {"id":null,"error":"ProtocolError","message":"a request is an object, not a list"}
        {"id":"b","error":"KeyError","message":"'b'"}
        {"id":null,"ok":"v=None{{ x"}
        "#);
    }

    #[test]
    fn options_reach_the_language() {
        for (options, expr, answer) in [
            (
                r#""limit_iterators": 1"#,
                "[1, 2].select($)",
                "CollectionTooLargeException",
            ),
            (
                r#""memory_quota": 500"#,
                "range(100).toList()",
                "MemoryQuotaExceededException",
            ),
            (
                r#""convert_sets_to_lists": true, "typed": true"#,
                "set(1)",
                "[1]",
            ),
            (r#""typed": true"#, "set(1)", r#"{"$set":[1]}"#),
            (
                r#""typed": true, "convert_tuples_to_lists": false"#,
                "[[1], [2].select($)]",
                r#"{"$tuple":[{"$tuple":[1]},[2]]}"#,
            ),
            (
                r#""typed": true, "legacy": "full""#,
                "1 => 2",
                r#"{"$tuple":[1,2]}"#,
            ),
            (
                r#""legacy": "library""#,
                "[1, 2].as(len($) => n) -> $n",
                "2",
            ),
            (r#""delegates": true"#, "lambda($ + 1)(2)", "3"),
            (
                r#""allow_delegates": true"#,
                "lambda($ + 1)",
                "NoFunctionRegisteredException",
            ),
            (r#""keyword_operator": ":""#, "{a: 1}", r#"{"a":1}"#),
            (
                r#""iterable_dicts": true"#,
                "{a => 1}.select($)",
                r#"["a"]"#,
            ),
            (
                r#""typed": true"#,
                "now()",
                r#"{"$datetime":"2024-03-21T12:00:00.000000+00:00"}"#,
            ),
            (r#""convert_input_data": false"#, "$ = [1]", "false"),
        ] {
            let request = format!(r#"{{"expr": "{expr}", "data": [1], "options": {{{options}}}}}"#);
            let output = yaql(&request);
            assert!(
                output.contains(&format!(r#":{answer}}}"#))
                    || output.contains(&format!(r#""error":"{answer}""#)),
                "{request}\n{output}"
            );
        }
    }

    #[test]
    fn jinja_has_the_same_interface() {
        let output = answers(
            Language::Jinja,
            concat!(
                r#"{"id": 1, "expr": "_.a + x", "data": {"a": 1}, "context": {"x": 2}}"#,
                "\n",
                r#"{"id": 2, "expr": "<{{ _.a }}>", "data": {"a": null}, "inline": true}"#,
                "\n",
                r#"{"id": 3, "expr": "_.b", "data": {}}"#,
                "\n",
                r#"{"id": 4, "expr": "1 +"}"#,
                "\n",
                r#"{"id": 5, "expr": "task('a')"}"#,
            ),
        );
        insta::assert_snapshot!(output, @r#"
        {"id":1,"ok":3}
        {"id":2,"ok":"<None>"}
        {"id":3,"error":"UndefinedError","message":"'dict object' has no attribute 'b'"}
        {"id":4,"error":"TemplateSyntaxError","message":"unexpected 'end of template'"}
        {"id":5,"error":"RuntimeError","message":"task() needs a running workflow; here is only an expression"}
        "#);
    }

    #[test]
    fn requests_that_make_no_sense_are_named() {
        for (request, message) in [
            (r#"{"id": 1}"#, "'expr' is missing"),
            (r#"{"expr": 1}"#, "'expr' must be a string, not int"),
            (
                r#"{"expr": "1", "context": []}"#,
                "'context' must be an object, not list",
            ),
            (
                r#"{"expr": "1", "inline": 1}"#,
                "'inline' must be true or false, not int",
            ),
            (
                r#"{"expr": "1", "options": {"typd": true}}"#,
                "unknown option 'typd'; did you mean 'typed'?",
            ),
            (
                r#"{"expr": "1", "options": {"legacy": "x"}}"#,
                r#"'legacy' must be \"library\" or \"full\", not string"#,
            ),
            (
                r#"{"expr": "1", "data": {"$set": 1}, "options": {"typed": true}}"#,
                "bad value of $set: 1",
            ),
        ] {
            let wanted =
                format!("{{\"id\":null,\"error\":\"ProtocolError\",\"message\":\"{message}\"}}\n");
            assert_eq!(yaql(request), wanted);
        }
    }
}
