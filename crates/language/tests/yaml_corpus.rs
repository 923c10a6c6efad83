//! The reader against what PyYAML, as Mistral sets it up, makes of 97 documents.

use std::path::Path;

use language::yaml::{self, Content, Data, Limits, Node, YamlErrorKind};
use serde_json::{Value as Json, json};

/// The tree with a tag on each value, so that types show.
fn tagged(node: &Node) -> Json {
    match &node.content {
        Content::Scalar(scalar) => tagged_scalar(&scalar.data),
        Content::Sequence(sequence) => {
            json!({ "L": sequence.items.iter().map(tagged).collect::<Vec<_>>() })
        }
        Content::Set(members) => json!({ "S": members.iter().map(tagged).collect::<Vec<_>>() }),
        Content::Mapping(mapping) => {
            let entries = mapping.entries.iter();
            let entries: Vec<_> = entries
                .map(|(k, v)| json!([tagged(k), tagged(v)]))
                .collect();
            json!({ "M": entries })
        }
    }
}

fn tagged_scalar(data: &Data) -> Json {
    let value = match data {
        Data::Date(date) => return json!({ "d": date.to_string() }),
        Data::Timestamp(timestamp) => return json!({ "t": timestamp.to_string() }),
        Data::Binary(bytes) => {
            return json!({ "B": bytes.iter().map(|b| format!("{b:02x}")).collect::<String>() });
        }
        Data::Value(value) => value,
    };
    let text = yaql::python::str(value);
    match value {
        yaql::Value::Null => json!({ "n": 0 }),
        yaql::Value::Bool(b) => json!({ "b": b }),
        yaql::Value::Float(_) => json!({ "f": text }),
        yaql::Value::String(_) => json!({ "s": text }),
        _ => json!({ "i": text }),
    }
}

fn kind_name(kind: YamlErrorKind) -> String {
    format!("{kind:?}Error")
}

fn outcome(text: &str) -> Json {
    match yaml::load(text, &Limits::default()) {
        Ok(Some(node)) => json!({ "ok": tagged(&node) }),
        Ok(None) => json!({ "ok": { "n": 0 } }),
        Err(error) => json!({ "error": kind_name(error.kind), "problem": error.problem }),
    }
}

#[test]
fn corpus() {
    let corpus =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/yaml.jsonl");
    let Ok(cases) = std::fs::read_to_string(&corpus) else {
        eprintln!("skipped: no corpus at {}", corpus.display());
        return;
    };
    let mut wrong = Vec::new();
    for line in cases.lines() {
        let mut case: Json = serde_json::from_str(line).expect("the corpus is JSON lines");
        let fields = case.as_object_mut().expect("a case is an object");
        let id = fields.remove("id");
        let text = fields.remove("text").expect("a case has a text");
        let found = outcome(text.as_str().expect("the text is a string"));
        if found != case {
            wrong.push(format!(
                "{id:?} {text}\n  expected {case}\n  found    {found}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
