use serde_json::json;

use super::*;
use crate::registry::Registry;

fn small() -> JavaScriptConfig {
    JavaScriptConfig {
        time_limit: 1,
        memory_limit_bytes: 16 << 20,
        max_result_bytes: 1000,
        max_parallel_scripts: 2,
    }
}

async fn run(script: &str, context: serde_json::Value) -> Outcome {
    let input = json!({"script": script, "context": context}).to_string();
    let input = json::parse(&input).unwrap().as_dict().unwrap().clone();
    let action = actions(&small()).next().unwrap();
    action.run(input, ActionContext::default()).await
}

async fn result(script: &str, context: serde_json::Value) -> String {
    match run(script, context).await {
        Outcome::Success(value) => json::to_string(&value),
        Outcome::Error(error) => panic!("{script}: {error}"),
    }
}

async fn reason(script: &str) -> String {
    let Outcome::Error(error) = run(script, json!({"n": 1})).await else {
        panic!("{script}: no error");
    };
    let text = error.to_string();
    let (_, reason) = text.split_once("msg='JavaScriptAction failed: ").unwrap();
    reason.strip_suffix("']").unwrap().to_owned()
}

#[tokio::test]
async fn both_names_are_registered_with_the_signature_of_the_contract() {
    let registry = Registry::standard(&crate::Config::default());
    for name in ["std.javascript", "std.js"] {
        let action = registry.get(name).unwrap();
        assert_eq!(action.signature().text(), "script, context=null");
        assert!(action.is_sync());
    }
}

#[tokio::test]
async fn the_context_is_the_global_dollar() {
    let context = json!({"a": [1, 2.5, "ü"], "b": {"c": null, "d": true}});
    assert_eq!(
        result("return [$.a, globalThis.$.b, this.$ === $]", context).await,
        r#"[[1,2.5,"ü"],{"c":null,"d":true},true]"#
    );
    assert_eq!(result("return $", json!(null)).await, "null");
}

#[tokio::test]
async fn results_are_converted_as_json_does() {
    for (script, expected) in [
        ("return 1 + 1", "2"),
        ("return 7 / 2", "3.5"),
        ("return 3.0", "3"),
        ("return", "null"),
        ("return undefined", "null"),
        ("return NaN", "null"),
        ("return new Date(0)", r#""1970-01-01T00:00:00.000Z""#),
        (
            "return {a: undefined, b: [undefined], c: () => 1}",
            r#"{"b":[null]}"#,
        ),
        ("return {toJSON() { return 'own' }}", r#""own""#),
        ("return '\\u{1F600}'", "\"\u{1F600}\""),
        ("return new Map([[1, 2]])", "{}"),
        (
            "const f = async () => { await null; return 5 }; return f()",
            "5",
        ),
        ("return 1 // and a remark", "1"),
    ] {
        assert_eq!(result(script, json!({})).await, expected, "{script}");
    }
}

#[tokio::test]
async fn errors_say_what_and_where() {
    let mut told = Vec::new();
    for script in [
        "let a = 1;\nreturn missing",
        "let a = 1;\nlet b = ;",
        "\n\nthrow new TypeError('my own')",
        "function f() {\n  return $.missing.x\n}\nreturn f()",
        "throw {code: 7}",
        "throw null",
        "return () => 1",
        "return 10n",
        "const a = {}; a.a = a; return a",
        "return new Promise(() => {})",
        "return Promise.reject(new Error('no'))",
        "return require('fs')",
        "return import('fs')",
        "return 'x'.repeat(2000)",
    ] {
        told.push(format!("{script:?}\n  {}", reason(script).await));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn time_memory_and_depth_are_bounded() {
    let over = "the script has run for 1 seconds, which is its limit";
    assert_eq!(reason("for (;;) {}").await, over);
    assert_eq!(
        reason("for (;;) { try { for (;;) {} } catch {} }").await,
        over
    );
    assert_eq!(reason("return /(a*)*b/.test('a'.repeat(40))").await, over);
    let memory = "the script needs more than 16777216 bytes of memory, which is its limit";
    for script in [
        "const a = []; for (;;) { a.push('x'.repeat(1e6)) }",
        "const a = []; for (;;) { a.push({}) }",
        "return new Uint8Array(1e9)",
    ] {
        let told = reason(script).await;
        assert!(told.ends_with(memory), "{script}: {told}");
    }
    let deep = reason("const f = () => f() + 1; return f()").await;
    assert!(
        deep.starts_with("RangeError: Maximum call stack size"),
        "{deep}"
    );
    let nested = reason("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a").await;
    assert!(
        nested.starts_with("RangeError: Maximum call stack size"),
        "{nested}"
    );
}

#[tokio::test]
async fn nothing_is_left_of_an_earlier_script() {
    result("globalThis.left = 1; Array.prototype.left = 1", json!({})).await;
    assert_eq!(
        result("return [typeof left, [].left]", json!({})).await,
        r#"["undefined",null]"#
    );
}

#[tokio::test]
async fn dropping_a_run_stops_its_script() {
    let config = JavaScriptConfig {
        time_limit: 3600,
        max_parallel_scripts: 1,
        ..small()
    };
    let action = actions(&config).next().unwrap();
    let input: Dict = [("script", "for (;;) {}")].into_iter().collect();
    let endless = action.run(input, ActionContext::default());
    let soon = Duration::from_millis(50);
    assert!(tokio::time::timeout(soon, endless).await.is_err());
    // Its slot is free as soon as its thread has ended.
    let input: Dict = [("script", "return 1")].into_iter().collect();
    let next = action.run(input, ActionContext::default());
    let next = tokio::time::timeout(Duration::from_secs(20), next).await;
    assert_eq!(next.unwrap(), Outcome::Success(Value::from(1)));
}
