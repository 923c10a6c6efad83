//! Runs the conformance corpus: what the original gives for thousands of
//! expressions. It lies beside the project; without it the test says so and
//! passes.

mod host;
mod inline;
mod verdict;

use std::collections::BTreeMap;
use std::path::PathBuf;

use host::TestHost;
use verdict::{Outcome, Verdict};
use yaql::{
    DateTime, Delegates, Dict, Environment, Expression, Legacy, Options, ParseOptions, Timespan,
    Value, json,
};

/// Cases in which the original is wrong by any measure, with the reason.
const DEFECTS: [(&str, &str); 0] = [];

/// The share of cases that may be called defects.
const MOST_DEFECTS: f64 = 0.005;

struct Case {
    id: String,
    group: String,
    expr: String,
    fields: Dict,
}

impl Case {
    fn parse(line: &str) -> Case {
        let value = json::parse(line).expect("a line of JSON");
        let fields = value.as_dict().expect("an object").clone();
        let text = |name: &str| {
            fields
                .get(name)
                .and_then(Value::as_str)
                .expect(name)
                .to_string()
        };
        Case {
            id: text("id"),
            group: text("group"),
            expr: text("expr"),
            fields,
        }
    }

    /// Functions on YAML and Jinja belong to the embedding program.
    fn is_foreign(&self) -> bool {
        let is_inline = self.fields.contains_key("inline");
        self.expr.contains("yaml_") || is_inline && self.expr.contains("{{")
    }

    fn option(&self, name: &str) -> Option<&Value> {
        self.fields.get("options")?.as_dict()?.get(name)
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        self.option(name)
            .and_then(Value::as_bool)
            .unwrap_or(default)
    }

    fn number(&self, name: &str) -> Option<u64> {
        u64::try_from(self.option(name)?.as_i64()?).ok()
    }

    fn options(&self) -> Options {
        Options {
            limit_iterators: self.number("limit_iterators").map(|n| n as usize),
            memory_quota: self.number("memory_quota"),
            convert_input_data: self.flag("convert_input_data", true),
            convert_output_data: self.flag("convert_output_data", true),
            convert_tuples_to_lists: self.flag("convert_tuples_to_lists", true),
            convert_sets_to_lists: self.flag("convert_sets_to_lists", false),
            iterable_dicts: self.flag("iterable_dicts", false),
        }
    }

    fn syntax(&self) -> ParseOptions {
        let mapping = self.option("keyword_operator").and_then(Value::as_str);
        ParseOptions {
            keyword_operator: mapping.unwrap_or("=>").into(),
            delegates: match self.flag("allow_delegates", false) {
                true => Delegates::ParseOnly,
                false => Delegates::Off,
            },
            legacy: Legacy::Off,
        }
    }

    fn run(&self) -> Outcome {
        match self.fields.get("inline").and_then(Value::as_bool) {
            Some(true) => inline::evaluate(&self.expr, |expr| self.evaluate(expr)),
            _ => self.evaluate(&self.expr),
        }
    }

    fn evaluate(&self, expr: &str) -> Outcome {
        let data = self.fields.get("data").cloned().unwrap_or_default();
        let host = TestHost::new(&data);
        let mut environment = Environment::new(data.clone())
            .options(self.options())
            .host(&host)
            .seed(7)
            .now(now());
        for name in ["__env", "__execution", "__task_execution"] {
            if let Some(data) = data.as_dict() {
                environment = environment.variable(name, data.get(name).cloned());
            }
        }
        if let Some(vars) = self.fields.get("vars").and_then(Value::as_dict) {
            for (name, value) in vars {
                environment = environment.variable(name.as_str().expect("a name"), value);
            }
        }
        let expression = match Expression::parse_with(expr.trim(), self.syntax()) {
            Ok(expression) => expression,
            Err(error) => return Outcome::error(error.class(), &error.message),
        };
        match expression.evaluate(&environment) {
            Ok(value) => Outcome::Value(value),
            Err(error) => Outcome::error(error.class(), &error.message()),
        }
    }
}

/// 2024-03-21T12:00:00 UTC: the corpus was made on a 21st, and one case shows it.
fn now() -> DateTime {
    DateTime::from_unix_micros(1_711_022_400_000_000, Timespan::ZERO).expect("in range")
}

fn cases() -> Option<Vec<Case>> {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/yaql.jsonl");
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.lines().map(Case::parse).collect())
}

#[test]
fn every_case_gives_what_the_original_gives() {
    let Some(cases) = cases() else {
        eprintln!("skipped: the conformance corpus is not there");
        return;
    };
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut failures, mut messages, mut foreign) = (Vec::new(), Vec::new(), 0);
    for case in &cases {
        if case.is_foreign() {
            foreign += 1;
            continue;
        }
        let outcome = case.run();
        let (good, total) = groups.entry(case.group.clone()).or_default();
        *total += 1;
        match verdict::judge(&case.fields, &outcome) {
            Verdict::Same => *good += 1,
            Verdict::OtherMessage { want, got } => {
                *good += 1;
                messages.push(format!(
                    "{}  {}\n   want {want}\n   got  {got}",
                    case.id, case.expr
                ));
            }
            Verdict::Different(why) if !is_defect(&case.id) => {
                failures.push(format!("{}  {}\n   {why}", case.id, case.expr));
            }
            Verdict::Different(_) => {}
        }
    }
    for (group, (good, total)) in &groups {
        println!("{good:6} / {total:<6} {group}");
    }
    println!(
        "{} messages differ, {foreign} cases are of the embedding program",
        messages.len()
    );
    if std::env::var_os("SHOW_MESSAGES").is_some() {
        println!("{}", messages.join("\n"));
    }
    assert!(DEFECTS.len() as f64 <= cases.len() as f64 * MOST_DEFECTS);
    assert!(
        failures.is_empty(),
        "{} fail:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn is_defect(id: &str) -> bool {
    DEFECTS.iter().any(|(defect, _)| *defect == id)
}
