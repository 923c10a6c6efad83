//! What the original shows of joins that wait, fail or are tried again.

use super::Server;

impl Server {
    /// The join `j` of a workflow: state, text, and what triggered it, by name.
    async fn join(&self, name: &str, tasks: &str, ends: bool) -> (String, String, String) {
        let definition = format!("version: '2.0'\n{name}:\n  tasks:\n{tasks}");
        let id = match ends {
            true => self.finish(name, &definition).await,
            false => self.start(name, &definition).await,
        };
        let path = format!("/v2/executions/{id}/tasks");
        let listed = self.get(&path).await.expect(200);
        let mut context = String::new();
        let (mut state, mut info) = (String::new(), String::new());
        let names = listed.column("tasks", "name");
        let ids = listed.column("tasks", "id");
        for (id, _) in ids.iter().zip(&names).filter(|(_, name)| *name == "j") {
            let join = self.get(&format!("/v2/tasks/{id}")).await.expect(200);
            state = join.field("state");
            info = join.field("state_info");
            context = join.field("runtime_context");
        }
        for (id, name) in ids.iter().zip(&names) {
            context = context.replace(id.as_str(), name);
        }
        (state, info, context)
    }
}

#[tokio::test]
async fn a_failed_join_names_those_that_did_not_trigger_it() {
    let server = Server::new();
    let silent = r#"{"triggered_by": [{"task_id": "b", "event": "not triggered"}]}"#;
    for (name, tasks, info, context) in [
        (
            "error",
            "    a: {on-success: j}\n    b: {action: std.fail, on-success: j}\n    j: {join: all}\n",
            "Failed by tasks: ['b']",
            silent,
        ),
        (
            "guard",
            "    a: {on-success: j}\n    b: {on-success: [{j: <% false %>}]}\n    j: {join: all}\n",
            "Failed by tasks: ['b']",
            silent,
        ),
        (
            "route",
            "    a: {on-success: [j, {b: <% false %>}]}\n    b: {on-success: c}\n    \
             c: {on-success: j}\n    j: {join: all}\n",
            "Failed by tasks: ['c']",
            r#"{"triggered_by": []}"#,
        ),
        (
            "both",
            "    d: {on-success: [{e: <% false %>}]}\n    \
             b: {action: std.fail, on-success: j, on-error: noop}\n    a: {on-success: j}\n    \
             e: {on-success: j}\n    j: {join: all}\n",
            "Failed by tasks: ['b', 'e']",
            silent,
        ),
        (
            "partial",
            "    a: {on-success: j}\n    b: {action: std.fail, on-success: j, on-error: noop}\n    \
             c: {action: std.fail, on-success: j, on-error: noop}\n    j: {join: 2}\n",
            "Failed by tasks: ['b', 'c']",
            r#"{"triggered_by": []}"#,
        ),
    ] {
        let found = server.join(name, tasks, true).await;
        let expected = ("ERROR".to_owned(), info.to_owned(), context.to_owned());
        assert_eq!(found, expected, "{name}");
    }
}

#[tokio::test]
async fn a_join_waits_for_its_next_try() {
    let server = Server::new();
    let info = "Delayed by 'retry' policy [delay=100]";
    for (name, tasks, triggers) in [
        (
            "failing",
            "    a: {on-success: j}\n    \
             j: {join: all, action: std.fail, retry: {count: 1, delay: 100}}\n",
            r#"{"task_id": "a", "event": "on-success"}"#,
        ),
        (
            "partial",
            "    a: {on-success: j}\n    b: {on-success: j, wait-before: 100}\n    \
             j: {join: one, action: std.fail, retry: {count: 1, delay: 100}}\n",
            r#"{"task_id": "a", "event": "on-success"}"#,
        ),
        (
            "untriggered",
            "    a: {on-success: j}\n    b: {action: std.fail, on-success: j, on-error: noop}\n    \
             j: {join: all, retry: {count: 1, delay: 100}}\n",
            r#"{"task_id": "b", "event": "not triggered"}"#,
        ),
    ] {
        let (state, text, context) = server.join(name, tasks, false).await;
        assert_eq!((state.as_str(), text.as_str()), ("WAITING", info), "{name}");
        let expected =
            format!(r#"{{"triggered_by": [{triggers}], "retry_task_policy": {{"retry_no": 1}}}}"#);
        assert_eq!(context, expected, "{name}");
    }
    let tasks = "    j: {action: std.fail, retry: {count: 1, delay: 100}}\n";
    assert_eq!(server.join("plain", tasks, false).await.0, "DELAYED");
}

#[tokio::test]
async fn a_join_that_is_tried_again_ends() {
    let server = Server::new();
    for tasks in [
        "    a: {on-success: j}\n    j: {join: all, action: std.fail, retry: {count: 2, delay: 0}}\n",
        "    a: {on-success: j}\n    b: {action: std.fail, on-success: j, on-error: noop}\n    \
         j: {join: all, retry: {count: 1, delay: 0}}\n",
    ] {
        let name = format!("w{}", tasks.len());
        let (state, _, context) = server.join(&name, tasks, true).await;
        assert_eq!(state, "ERROR", "{context}");
    }
}
