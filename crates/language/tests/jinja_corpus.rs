//! The expression corpora against what the real Jinja2 and YAQL give under
//! Mistral's settings. They lie beside the project; without them the tests skip.

use std::path::PathBuf;

use language::expression::{
    ExecutionsFilter, ExpressionError, Functions, Interrupt, Languages, Limits, Random, Scope,
    TasksFilter, Template,
};
use yaql::{DateTime, Value, json};

/// Jinja cases in which this implementation differs on purpose.
const JINJA_DIFFERENCES: &[(&str, &str)] = &[
    ("jinja-native-0078", METHOD),
    ("jinja-native-0080", METHOD),
    ("jinja-methods-0077", METHOD),
    (
        "jinja-filters-0072",
        "a list of undefined values can't be stored: an error that names the attribute",
    ),
    (
        "jinja-blocks-0001",
        "a template of blocks alone is rendered (workflow language §7.1)",
    ),
];

const METHOD: &str = "a method that was not called can't be stored: an error that says so";

/// Inline YAQL cases in which this implementation differs on purpose.
const YAQL_DIFFERENCES: &[(&str, &str)] = &[];

/// The data functions need nothing else; the engine's are tested with the engine.
struct OnlyEnv(Value);

impl Functions for OnlyEnv {
    fn env(&self) -> Result<Value, Interrupt> {
        Ok(self.0.clone())
    }

    fn execution(&self) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn executions(&self, _: ExecutionsFilter) -> Result<Value, Interrupt> {
        Ok(Value::from(Vec::new()))
    }

    fn global(&self, _: &str) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn task(&self, _: Option<&str>) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn tasks(&self, _: TasksFilter) -> Result<Value, Interrupt> {
        Ok(Value::from(Vec::new()))
    }
}

/// A value, or the class and text of an error.
type Answer = Result<Value, (String, String)>;

fn answer(text: &str, data: &Value) -> Answer {
    let template = Template::compile(&text.into(), &Languages::default())
        .map_err(|error| (error.cause.to_owned(), error.detail))?;
    let env = data.as_dict().and_then(|data| data.get("__env")).cloned();
    let scope = Scope {
        view: data.clone(),
        functions: &OnlyEnv(env.unwrap_or_default()),
        now: DateTime::EPOCH,
        random: &Random::seeded(1),
        limits: &Limits::default(),
        expired: None,
    };
    template.evaluate(&scope).map_err(|error| match error {
        ExpressionError::Evaluation { class, message, .. } => (class, message),
        ExpressionError::Interrupted(interrupt) => ("Interrupted".into(), interrupt.to_string()),
    })
}

fn text<'c>(case: &'c Value, field: &str) -> Option<&'c str> {
    case.as_dict()?.get(field)?.as_str()
}

/// Why an answer is not what the corpus has.
fn mismatch(case: &Value, answer: &Answer) -> Option<String> {
    let fields = case.as_dict()?;
    let differs = match (answer, fields.get("ok"), text(case, "error")) {
        (Ok(value), Some(wanted), _) => !same(wanted, value, fields.get("unordered")),
        (Ok(_), None, Some(_)) => true,
        (Ok(_), None, None) => false,
        (Err((class, _)), _, Some(wanted)) => class != wanted,
        (Err(_), _, None) => true,
    };
    let wanted = fields.get("ok").map_or_else(|| "?".into(), json::to_string);
    let wanted = text(case, "error").map_or(wanted, str::to_owned);
    let got = answer.as_ref().map(json::to_string);
    differs.then(|| {
        format!(
            "{}\n  want {wanted}\n  got  {got:?}",
            text(case, "expr").unwrap_or("")
        )
    })
}

/// JSON equality with types; arrays made of sets have no order.
fn same(wanted: &Value, got: &Value, unordered: Option<&Value>) -> bool {
    let sorted = |value: &Value| {
        let mut items: Vec<_> = value.as_list()?.iter().map(json::to_string).collect();
        items.sort();
        Some(items)
    };
    match unordered {
        Some(_) => sorted(wanted) == sorted(got),
        // NaN and infinities are written as an object by the corpus.
        None => match wanted.as_dict().and_then(|wanted| wanted.get("$float")) {
            Some(shown) => shown.as_str() == Some(&*yaql::python::str(got)),
            None => wanted == got && json::to_string(wanted).len() == json::to_string(got).len(),
        },
    }
}

fn cases(file: &str) -> Option<Vec<Value>> {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "../../../shared/conformance",
        file,
    ]
    .iter()
    .collect();
    let Ok(corpus) = std::fs::read_to_string(path) else {
        eprintln!("skipped: there is no corpus {file} beside the project");
        return None;
    };
    Some(
        corpus
            .lines()
            .map(|line| json::parse(line).expect("a line of the corpus is JSON"))
            .collect(),
    )
}

/// Runs cases; each must agree unless it is listed, and listed ones must not.
fn check(cases: &[Value], differences: &[(&str, &str)]) {
    let mut unexpected = Vec::new();
    let (mut messages, mut errors) = (0, 0);
    for case in cases {
        let id = text(case, "id").expect("a case has an id");
        let answer = answer(
            text(case, "expr").expect("a case has an expression"),
            case.as_dict()
                .and_then(|case| case.get("data"))
                .expect("a case has data"),
        );
        let listed = differences.iter().any(|(known, _)| *known == id);
        match (mismatch(case, &answer), listed) {
            (Some(mismatch), false) => unexpected.push(format!("{id}: {mismatch}")),
            (None, true) => unexpected.push(format!("{id} is listed, but agrees")),
            _ => {}
        }
        if let (Err((_, message)), Some(wanted)) = (&answer, text(case, "message")) {
            errors += 1;
            messages += usize::from(message == wanted);
            if message != wanted && std::env::var_os("SHOW_MESSAGES").is_some() {
                println!(
                    "{id}: {:?}\n  want {wanted}\n  got  {message}",
                    text(case, "expr")
                );
            }
        }
    }
    println!(
        "{} of {} agree; {messages} of {errors} error texts are the same",
        cases.len() - differences.len() - unexpected.len(),
        cases.len()
    );
    assert!(
        unexpected.is_empty(),
        "{} differ:\n{}",
        unexpected.len(),
        unexpected.join("\n")
    );
}

#[test]
fn jinja() {
    if let Some(cases) = cases("jinja.jsonl") {
        check(&cases, JINJA_DIFFERENCES);
    }
}

#[test]
fn inline_yaql() {
    let inline = |case: &Value| {
        let fields = case.as_dict().unwrap();
        fields.get("inline").is_some_and(Value::is_truthy) && fields.get("options").is_none()
    };
    if let Some(mut cases) = cases("yaql.jsonl") {
        cases.retain(inline);
        check(&cases, YAQL_DIFFERENCES);
    }
}
