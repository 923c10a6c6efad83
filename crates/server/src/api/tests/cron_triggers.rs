//! Cron triggers.

use super::{Reply, Server};

const WORKFLOWS: &str = "
version: '2.0'
tick:
  input: [who, greeting: hi]
  output: {at: <% execution().params.scheduled_time %>, who: <% $.who %>}
  tasks: {t: {action: std.noop}}
long:
  tasks: {t: {action: std.async_noop}}
";

async fn server() -> Server {
    let server = Server::new();
    server.post("/v2/workflows", WORKFLOWS).await.expect(201);
    server
}

#[tokio::test]
async fn a_trigger_from_creation_to_deletion() {
    let server = server().await;
    let body = r#"{"name": "nightly", "workflow_name": "tick", "workflow_input": "{\"who\": \"é\"}",
        "pattern": "0 2 * * mon", "first_execution_time": null, "remaining_executions": null}"#;
    let created = server.post("/v2/cron_triggers", body).await.expect(201);
    assert_eq!(created.field("workflow_input"), r#"{"who": "\u00e9"}"#);
    assert_eq!(created.field("workflow_params"), "{}");
    assert_eq!(created.field("pattern"), "0 2 * * mon");
    assert_eq!(created.field("scope"), "private");
    assert!(created.field("next_execution_time").ends_with(" 02:00:00"));
    let text = "Duplicate entry for cron trigger ['name', 'project_id']: nightly, None";
    server
        .post("/v2/cron_triggers", body)
        .await
        .refuses(409, text);

    let id = created.field("id");
    for identifier in [id.as_str(), "nightly"] {
        let path = format!("/v2/cron_triggers/{identifier}");
        let got = server.get(&path).await.expect(200);
        assert_eq!(got.field("name"), "nightly");
    }
    let text = format!(
        "Can't delete workflow that has cron triggers associated. \
         [workflow_identifier=tick, namespace=], [cron_trigger_id(s)={id}]"
    );
    server
        .delete("/v2/workflows/tick")
        .await
        .refuses(400, &text);
    let listed = server
        .get("/v2/cron_triggers?pattern=0%202%20*%20*%20mon&workflow_name=tick")
        .await
        .expect(200);
    assert_eq!(listed.column("cron_triggers", "name"), ["nightly"]);
    for (filter, count) in [("remaining_executions=3", 0), ("enabled=true", 1)] {
        let path = format!("/v2/cron_triggers?{filter}");
        let listed = server.get(&path).await.expect(200);
        assert_eq!(listed.entries("cron_triggers").len(), count, "{filter}");
    }
    server.delete("/v2/cron_triggers/nightly").await.expect(204);
    let text = "Cron trigger not found [identifier=nightly]";
    server
        .get("/v2/cron_triggers/nightly")
        .await
        .refuses(404, text);
    server
        .delete("/v2/cron_triggers/nightly")
        .await
        .refuses(404, text);
    server.delete("/v2/workflows/tick").await.expect(204);
}

#[tokio::test]
async fn a_first_time_alone_is_one_run() {
    let server = server().await;
    let body = r#"{"name": "once", "workflow_name": "tick", "workflow_input": {"who": "me"},
        "first_execution_time": "2090-01-02 03:04"}"#;
    let created = server.post("/v2/cron_triggers", body).await.expect(201);
    assert_eq!(created.field("remaining_executions"), "1");
    assert_eq!(created.field("pattern"), "0 0 30 2 0");
    assert_eq!(created.field("next_execution_time"), "2090-01-02 03:04:00");
    let again = body.replace("once", "twice");
    let text = "Duplicate entry for cron trigger ['name', 'project_id']: twice, None";
    server
        .post("/v2/cron_triggers", &again)
        .await
        .refuses(409, text);
}

#[tokio::test]
async fn refusals() {
    let server = server().await;
    let cases = [
        (
            r#""workflow_name": "tick""#,
            "Pattern or first_execution_time must be specified.",
        ),
        (
            r#""workflow_name": "tick", "first_execution_time": "2001-01-01 01:01""#,
            "first_execution_time must be at least 1 minute in the future.",
        ),
        (
            r#""workflow_name": "tick", "first_execution_time": "soon""#,
            "time data 'soon' does not match format '%Y-%m-%d %H:%M'",
        ),
        (
            r#""workflow_name": "tick", "first_execution_time": "2090-01-01 01:01",
               "remaining_executions": 2"#,
            "Pattern must be provided if count is superior to 1.",
        ),
        (
            r#""workflow_name": "tick", "pattern": "* * * *""#,
            "The specified pattern is not valid: * * * *",
        ),
        (
            r#""workflow_name": "tick", "pattern": "* * * * *", "remaining_executions": 0"#,
            "Invalid input for field/attribute remaining_executions. Value: '0'. \
             Value should be greater or equal to 1",
        ),
        (
            r#""workflow_name": "tick", "pattern": "* * * * *", "timezone": "Mars/Olympus""#,
            "There is no time zone 'Mars/Olympus'. Write a name of the IANA database \
             like Europe/Vienna.",
        ),
        (
            r#""workflow_name": "tick", "pattern": "* * * * *", "workflow_input": {"whom": 1}"#,
            "Invalid input [name=tick, class=DirectWorkflowSpec, missing=['who'], \
             unexpected=['whom']]",
        ),
        (
            r#""workflow_name": "tick", "pattern": "* * * * *", "foo": 1"#,
            "Unknown attribute for argument cron_trigger: foo",
        ),
    ];
    for (body, text) in cases {
        let body = format!(r#"{{"name": "n", {body}}}"#);
        let reply = server.post("/v2/cron_triggers", &body).await;
        reply.refuses(400, text);
    }
    let text = "Workflow not found [workflow_identifier=none, namespace=]";
    let body = r#"{"name": "n", "workflow_name": "none", "pattern": "* * * * *"}"#;
    server
        .post("/v2/cron_triggers", body)
        .await
        .refuses(404, text);
}

#[tokio::test]
async fn it_fires_to_the_second_counts_down_and_goes() {
    let server = server().await;
    let body = r#"{"name": "often", "workflow_name": "tick", "workflow_input": {"who": "me"},
        "pattern": "* * * * * *", "remaining_executions": 2}"#;
    let id = server
        .post("/v2/cron_triggers", body)
        .await
        .expect(201)
        .field("id");
    let executions = server
        .until("/v2/executions?include_output=true", |reply| {
            let states = reply.column("executions", "state");
            states.len() >= 2 && states.iter().all(|state| state == "SUCCESS")
        })
        .await;
    assert_eq!(executions.entries("executions").len(), 2);
    let description =
        format!(r#"{{"description": "Workflow execution created by cron trigger '({id})'.", "#)
            + &format!(r#""triggered_by": {{"type": "cron_trigger", "id": "{id}"}}}}"#);
    assert_eq!(
        executions.column("executions", "description"),
        [&*description; 2]
    );
    let outputs = executions.column("executions", "output");
    let created = executions.column("executions", "created_at");
    for (output, created) in outputs.iter().zip(created) {
        assert!(
            output.contains(&format!(r#""at": "{created}""#)),
            "{output} {created}"
        );
    }
    let text = "Cron trigger not found [identifier=often]";
    server
        .get("/v2/cron_triggers/often")
        .await
        .refuses(404, text);
}

#[tokio::test]
async fn changes_run_now_backfill_and_history() {
    let server = server().await;
    let body = r#"{"name": "c", "workflow_name": "tick", "workflow_input": {"who": "me"},
        "pattern": "0 2 * * *", "timezone": "Europe/Vienna", "catch_up": 3600,
        "overlap": "skip", "jitter": 5}"#;
    let created = server.post("/v2/cron_triggers", body).await.expect(201);
    assert_eq!(created.field("catch_up"), "3600");
    let next = created.field("next_execution_time");
    assert!(
        next.ends_with(" 01:00:00") || next.ends_with(" 00:00:00"),
        "{next}"
    );

    let off = server
        .put("/v2/cron_triggers/c", r#"{"enabled": false}"#)
        .await
        .expect(200);
    assert_eq!(off.field("next_execution_time"), "None");
    assert_eq!(off.field("timezone"), "Europe/Vienna");
    let on = r#"{"enabled": "true", "pattern": "30 5 * * *", "timezone": null}"#;
    let on = server.put("/v2/cron_triggers/c", on).await.expect(200);
    assert!(on.field("next_execution_time").ends_with(" 05:30:00"));

    let run = server.post("/v2/cron_triggers/c/run", "").await.expect(201);
    assert_eq!(run.field("state"), "STARTED");
    let path = format!("/v2/executions/{}", run.field("execution_id"));
    assert_eq!(
        server.get(&path).await.expect(200).field("workflow_name"),
        "tick"
    );

    let period = r#"{"from": "2026-01-01 00:00:00", "to": "2026-01-04 05:30:00"}"#;
    let filled = server
        .post("/v2/cron_triggers/c/backfill", period)
        .await
        .expect(201);
    assert_eq!(
        filled.column("fires", "scheduled_time"),
        [
            "2026-01-01 05:30:00",
            "2026-01-02 05:30:00",
            "2026-01-03 05:30:00"
        ]
    );
    let fires = server
        .until("/v2/cron_triggers/c/fires", |reply| {
            let states = reply.column("fires", "state");
            states.len() == 4 && states.iter().all(|state| state == "STARTED")
        })
        .await;
    let kinds = ["backfill", "backfill", "backfill", "run"];
    assert_eq!(fires.column("fires", "kind"), kinds);
    let path = "/v2/cron_triggers/c/fires?kind=run&fields=execution_id";
    let one = server.get(path).await.expect(200);
    assert_eq!(
        one.column("fires", "execution_id"),
        [run.field("execution_id")]
    );
    let empty = r#"{"from": "2026-01-01 06:00", "to": "2026-01-01 07:00"}"#;
    let text = "The pattern of the trigger has no time in this period.";
    server
        .post("/v2/cron_triggers/c/backfill", empty)
        .await
        .refuses(400, text);
}

#[tokio::test]
async fn overlapping_runs() {
    let server = server().await;
    for overlap in ["skip", "buffer_one", "cancel_previous"] {
        let body = format!(
            r#"{{"name": "{overlap}", "workflow_name": "long", "pattern": "* * * * * *",
                "overlap": "{overlap}"}}"#
        );
        server.post("/v2/cron_triggers", &body).await.expect(201);
    }
    let states = |fires: &Reply| fires.column("fires", "state");
    let skipped = server
        .until("/v2/cron_triggers/skip/fires?sort_keys=id", |fires| {
            states(fires).len() >= 3
        })
        .await;
    assert_eq!(states(&skipped)[..3], ["STARTED", "SKIPPED", "SKIPPED"]);

    let path = "/v2/cron_triggers/buffer_one/fires?sort_keys=id";
    let buffered = server.until(path, |fires| states(fires).len() >= 3).await;
    let last = states(&buffered).len() - 1;
    assert_eq!(states(&buffered)[last], "BUFFERED");
    assert_eq!(states(&buffered)[0], "STARTED");
    let off = r#"{"enabled": false}"#;
    server
        .put("/v2/cron_triggers/buffer_one", off)
        .await
        .expect(200);
    let first = &buffered.column("fires", "execution_id")[0];
    let cancel = r#"{"state": "CANCELLED"}"#;
    server
        .put(&format!("/v2/executions/{first}"), cancel)
        .await
        .expect(200);
    server
        .until(path, |fires| {
            states(fires).last().is_some_and(|state| state == "STARTED")
        })
        .await;

    let path = "/v2/cron_triggers/cancel_previous/fires?sort_keys=id";
    let all = server
        .until(path, |fires| {
            states(fires)
                .iter()
                .filter(|state| *state == "STARTED")
                .count()
                >= 2
        })
        .await;
    let first = format!("/v2/executions/{}", all.column("fires", "execution_id")[0]);
    server
        .until(&first, |reply| reply.field("state") == "CANCELLED")
        .await;
}

#[tokio::test]
async fn a_workflow_that_is_gone_is_told_in_the_history() {
    let server = server().await;
    let body = r#"{"name": "c", "workflow_name": "long", "pattern": "0 0 1 1 *"}"#;
    server.post("/v2/cron_triggers", body).await.expect(201);
    let update = "version: '2.0'\nlong:\n  input: [must]\n  tasks: {t: {action: std.noop}}";
    server.put("/v2/workflows", update).await.expect(200);
    let reply = server.post("/v2/cron_triggers/c/run", "").await;
    let text = "Invalid input [name=long, class=DirectWorkflowSpec, missing=['must']]";
    reply.refuses(400, text);
    let fires = server.get("/v2/cron_triggers/c/fires").await.expect(200);
    assert_eq!(fires.column("fires", "state"), ["REFUSED"]);
    assert_eq!(fires.column("fires", "reason"), [text]);
}
