//! What a task publishes in each end state.
//!
//! On the same name `on-complete` wins over the basic form, and that over the clause
//! of the state; dicts are merged. Scope by scope, so nothing is lost (workflow
//! language §5.3).

use yaql::{Dict, Value};

use crate::program::{Publish, Publishing, Templates};
use crate::spec::{ClauseSpec, ScopesSpec, TaskSpec, merge_deep};

/// Merges the forms of publishing of a task. Clauses of `task-defaults` publish nothing.
pub(super) fn merge(task: &TaskSpec, compile: &impl Fn(&Dict) -> Templates) -> Publishing {
    let scopes = |clause: &Option<ClauseSpec>| {
        let clause = clause.as_ref();
        clause
            .and_then(|clause| clause.publish.clone())
            .unwrap_or_default()
    };
    let complete = scopes(&task.clauses.on_complete);
    let state = |basic: &Option<Dict>, clause: &Option<ClauseSpec>| {
        publish(basic, &complete, &scopes(clause), compile)
    };
    Publishing {
        success: state(&task.publish.success, &task.clauses.on_success),
        error: state(&task.publish.error, &task.clauses.on_error),
        skip: state(&task.publish.skip, &task.clauses.on_skip),
    }
}

fn publish(
    basic: &Option<Dict>,
    complete: &ScopesSpec,
    specific: &ScopesSpec,
    compile: &impl Fn(&Dict) -> Templates,
) -> Publish {
    let scope = |basic: &Option<Dict>, complete: &Option<Dict>, specific: &Option<Dict>| {
        let mut merged = basic.clone().unwrap_or_default();
        if let Some(complete) = complete {
            merged = merge_deep(merged, complete);
        }
        if let Some(specific) = specific {
            merged = merge_under(merged, specific);
        }
        compile(&merged)
    };
    Publish {
        branch: scope(basic, &complete.branch, &specific.branch),
        global: scope(&None, &complete.global, &specific.global),
    }
}

/// Adds what the first dict does not have, in dicts inside as well.
fn merge_under(mut over: Dict, under: &Dict) -> Dict {
    for (key, value) in under {
        let merged = match (over.get_value(key), value) {
            (Some(Value::Dict(above)), Value::Dict(below)) => {
                Value::from(merge_under(above.clone(), below))
            }
            (Some(_), _) => continue,
            (None, _) => value.clone(),
        };
        over.insert(key.clone(), merged);
    }
    over
}
