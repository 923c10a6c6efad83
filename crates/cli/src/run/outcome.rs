//! What `ostro run` leaves behind: the output or one JSON object, and the exit code.

use serde_json::{Value, json};

use crate::api::{Api, ApiError, Execution, Transport};
use crate::exit::Exit;

/// The exit code of a state.
pub(crate) fn exit(state: &str) -> Exit {
    match state {
        "SUCCESS" => Exit::Success,
        "ERROR" => Exit::Failure,
        _ => Exit::Interrupted,
    }
}

/// The output for people: JSON on standard output; what went wrong on standard error.
pub(crate) fn print_output(execution: &Execution) {
    if execution.state != "SUCCESS" {
        let why = execution.state_info.as_deref().unwrap_or_default();
        anstream::eprintln!("{} {}", execution.state, why.trim_end());
    }
    println!("{:#}", execution.output);
}

/// The one object for programs.
pub(super) async fn print_json<T: Transport>(
    api: &Api<T>,
    execution: &Execution,
) -> Result<(), ApiError> {
    let mut tasks = Vec::new();
    for task in api.tasks(&execution.id).await? {
        let task = api.task(&task.id).await?;
        tasks.push(json!({"name": task.name, "state": task.state, "result": task.result}));
    }
    let object = json!({
        "id": execution.id,
        "state": execution.state,
        "state_info": execution.state_info,
        "output": execution.output,
        "tasks": Value::Array(tasks),
    });
    println!("{object}");
    Ok(())
}
