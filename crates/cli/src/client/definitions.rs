//! Documents with definitions: uploaded, replaced, checked, given back.

use clap::Args;
use serde_json::{Value, json};

use super::address::Address;
use super::connection::Client;
use super::document::{decoded, entries, text};
use super::objects::Namespace;
use super::resource::Resource;
use super::trouble::failed;
use crate::api::{ApiError, Body};
use crate::exit::Exit;
use crate::{input, out};

/// Documents to upload.
#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    documents: Documents,
    /// Replace those that are there already
    #[arg(long)]
    or_update: bool,
}

/// Documents that replace others.
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    documents: Documents,
    /// Replace this one, which may take another name by that
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Documents {
    /// Definitions in YAML; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    namespace: Namespace,
    /// Let all projects use them
    #[arg(long)]
    public: bool,
}

/// Documents to check.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// Definitions in YAML; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

pub(crate) async fn create(
    client: &Client,
    resource: &Resource,
    create: &Create,
) -> anyhow::Result<()> {
    let mut made = Vec::new();
    for file in &create.documents.files {
        let document = input::text(file)?;
        let send = |method| {
            upload(
                client,
                resource,
                method,
                None,
                &create.documents,
                document.clone(),
            )
        };
        let answer = match send("POST").await {
            Err(ApiError::Refused { status: 409, .. }) if create.or_update => send("PUT")
                .await
                .map_err(failed("update", resource, file))?,
            other => other.map_err(failed("create", resource, file))?,
        };
        made.extend(stored(resource, answer));
    }
    Ok(client.output.list(resource, &made, None)?)
}

pub(crate) async fn update(
    client: &Client,
    resource: &Resource,
    update: &Update,
) -> anyhow::Result<()> {
    let mut made = Vec::new();
    for file in &update.documents.files {
        let document = input::text(file)?;
        let answer = upload(
            client,
            resource,
            "PUT",
            update.id.as_deref(),
            &update.documents,
            document,
        )
        .await
        .map_err(failed("update", resource, file))?;
        made.extend(stored(resource, answer));
    }
    Ok(client.output.list(resource, &made, None)?)
}

async fn upload(
    client: &Client,
    resource: &Resource,
    method: &'static str,
    id: Option<&str>,
    documents: &Documents,
    text: String,
) -> Result<Value, ApiError> {
    let segments = [Some(resource.collection), id];
    let segments: Vec<&str> = segments.into_iter().flatten().collect();
    let scope = if documents.public {
        "public"
    } else {
        "private"
    };
    let address = Address::new(&segments)
        .with("scope", scope)
        .with_some("namespace", documents.namespace.namespace.as_deref());
    client.api.call(method, address, Body::Text(text)).await
}

/// What an upload answers: a list, or a bare object.
fn stored(resource: &Resource, answer: Value) -> Vec<Value> {
    match answer.get(resource.collection) {
        Some(_) => entries(resource, answer),
        None => vec![decoded(resource, answer)],
    }
}

/// Checks documents as the service sees them; 1 if one is not valid.
pub(crate) async fn validate(
    client: &Client,
    resource: &Resource,
    validate: &Validate,
) -> anyhow::Result<Exit> {
    let mut verdicts = Vec::new();
    for file in &validate.files {
        let document = input::text(file)?;
        let address = Address::new(&[resource.collection, "validate"]);
        let mut verdict = client
            .api
            .call("POST", address, Body::Text(document))
            .await
            .map_err(failed("validate", resource, file))?;
        if let Some(verdict) = verdict.as_object_mut() {
            verdict.insert("file".to_owned(), json!(file));
        }
        if !client.output.json {
            out::line(&described(file, &verdict))?;
        }
        verdicts.push(verdict);
    }
    if client.output.json {
        out::json(&verdicts)?;
    }
    Ok(match verdicts.iter().all(is_valid) {
        true => Exit::Success,
        false => Exit::Failure,
    })
}

fn is_valid(verdict: &Value) -> bool {
    verdict
        .get("valid")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// A line if it is valid; otherwise all problems, as far as the service tells them.
fn described(file: &str, verdict: &Value) -> String {
    if is_valid(verdict) {
        return format!("{file}: valid");
    }
    let problems = verdict.get("problems").and_then(Value::as_array);
    let lines: Vec<String> = match problems {
        Some(problems) => problems
            .iter()
            .map(|problem| problem_line(file, problem))
            .collect(),
        None => vec![format!("{file}: {}", text(verdict, "error"))],
    };
    lines.join("\n")
}

fn problem_line(file: &str, problem: &Value) -> String {
    let number = |field| {
        problem
            .get(field)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    let (line, column) = (number("line"), number("column"));
    let help = match text(problem, "help") {
        "" => String::new(),
        help => format!("\n  help: {help}"),
    };
    let (severity, message) = (text(problem, "severity"), text(problem, "message"));
    format!("{file}:{line}:{column}: {severity}: {message}{help}")
}

#[cfg(test)]
mod tests {
    use super::super::resource::{ACTIONS, WORKFLOWS};
    use super::super::scripted::Scripted;
    use super::*;

    fn documents(text: &str) -> (tempfile::TempDir, Documents) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("w.yaml");
        std::fs::write(&file, text).unwrap();
        let documents = Documents {
            files: vec![file.display().to_string()],
            namespace: Namespace::default(),
            public: true,
        };
        (folder, documents)
    }

    #[tokio::test]
    async fn what_is_there_is_replaced_if_that_is_wanted() {
        let (_folder, documents) = documents("text");
        let client = Scripted::new()
            .answer("POST", 409, &json!({"faultstring": "Duplicate entry"}))
            .answer("PUT", 200, &json!({"workflows": [{"name": "w"}]}))
            .client()
            .await;
        let wanted = Create {
            documents,
            or_update: true,
        };
        create(&client, &WORKFLOWS, &wanted).await.unwrap();
        let expected = [
            "POST /v2/workflows?scope=public",
            "PUT /v2/workflows?scope=public",
        ];
        assert_eq!(client.asked(), expected);
    }

    #[tokio::test]
    async fn otherwise_the_way_is_shown() {
        let (_folder, documents) = documents("text");
        let client = Scripted::new()
            .answer("POST", 409, &json!({"faultstring": "Duplicate entry"}))
            .client()
            .await;
        let wanted = Create {
            documents,
            or_update: false,
        };
        let error = create(&client, &WORKFLOWS, &wanted).await.unwrap_err();
        assert!(
            error.to_string().contains("`ostro workflow update`"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_bare_answer_is_one_object() {
        let (_folder, documents) = documents("text");
        let client = Scripted::new()
            .answer("PUT", 200, &json!({"name": "w"}))
            .client()
            .await;
        let wanted = Update {
            documents,
            id: Some("a b".to_owned()),
        };
        update(&client, &ACTIONS, &wanted).await.unwrap();
        assert_eq!(client.asked(), ["PUT /v2/actions/a%20b?scope=public"]);
    }

    #[test]
    fn verdicts() {
        assert_eq!(described("f", &json!({"valid": true})), "f: valid");
        let original = json!({"valid": false, "error": "Invalid DSL: x"});
        assert_eq!(described("f", &original), "f: Invalid DSL: x");
        let ours = json!({"valid": false, "error": "x", "problems": [
            {"line": 3, "column": 7, "severity": "error", "message": "unknown key", "help": "did you mean 'a'?"},
            {"line": 4, "column": 1, "severity": "warning", "message": "unused", "help": null},
        ]});
        let expected =
            "f:3:7: error: unknown key\n  help: did you mean 'a'?\nf:4:1: warning: unused";
        assert_eq!(described("f", &ours), expected);
    }
}
