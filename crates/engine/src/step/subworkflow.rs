//! Sub-workflows: children in the same tree (workflow language §10.8).

use std::sync::Arc;

use yaql::{Dict, Value};

use super::run::{StartError, Trouble};
use super::start::{Start, declares, missing, with_defaults};
use super::{Done, Halt, Step};
use crate::event::Definition;
use crate::model::{ExecutionId, Parent, State, TaskId};
use crate::signature::Mismatch;
use crate::world::NameScope;

impl Step<'_> {
    pub(super) fn start_sub_workflow(
        &mut self,
        task: TaskId,
        index: u32,
        name: &str,
        input: &Dict,
    ) -> Result<(), StartError> {
        let execution = self.node(task).task.execution;
        let running = self.running(execution);
        let (origin, depth) = (running.execution.origin.clone(), running.depth + 1);
        let namespace = running.execution.namespace();
        let scope = NameScope {
            workbook: origin.workbook.as_deref(),
            namespace: &namespace,
            project_id: &origin.project_id,
        };
        let Some(definition) = self.world.sub_workflow(name, &scope)? else {
            let text = format!("Failed to find workflow [name={name}] [namespace={namespace}]");
            return Err(Trouble::Task(text).into());
        };
        if depth > self.world.settings().sub_workflow_depth {
            let text = format!("Sub-workflows are nested more than {} deep", depth - 1);
            return Err(Trouble::Task(text).into());
        }
        let (input, params) = self.split_input(execution, &definition, input)?;
        let id = ExecutionId(self.ids.borrow_mut().next_id());
        let params = self.child_params(task, index, &namespace, &params);
        let created = self.create(Start {
            id,
            external_id: None,
            parent: Some(Parent {
                execution,
                task,
                index,
            }),
            definition,
            input,
            params,
            description: Arc::from("sub-workflow execution"),
            project_id: origin.project_id.clone(),
            depth,
        });
        match created {
            Ok(()) => {
                self.node_mut(task).children.insert(id);
                Ok(())
            }
            Err(Halt::Failed(text)) => Err(Trouble::Task(text).into()),
            Err(halt) => Err(halt.into()),
        }
    }

    /// Input that the child declares, and the rest, which becomes its parameters.
    fn split_input(
        &self,
        _caller: ExecutionId,
        definition: &Definition,
        given: &Dict,
    ) -> Result<(Dict, Dict), StartError> {
        let program = &definition.program;
        let own = |key: &Value| key.as_str().is_some_and(|name| declares(program, name));
        let (input, params): (Vec<_>, Vec<_>) = given.iter().partition(|(key, _)| own(key));
        let owned = |entries: Vec<(&Value, &Value)>| -> Dict {
            entries
                .into_iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect()
        };
        let input = owned(input);
        let missing = missing(program, &input);
        if missing.is_empty() {
            return Ok((with_defaults(program, &input), owned(params)));
        }
        let mismatch = Mismatch {
            missing,
            unexpected: Vec::new(),
        };
        Err(Trouble::Task(mismatch.text(&program.name, program.class())).into())
    }

    fn child_params(&self, task: TaskId, index: u32, namespace: &Arc<str>, extra: &Dict) -> Dict {
        let mut params: Dict = [
            ("root_execution_id", Value::from(self.root_shown())),
            ("task_execution_id", task.to_string().into()),
            ("index", i64::from(index).into()),
            ("namespace", namespace.clone().into()),
        ]
        .into_iter()
        .collect();
        let root = self.tree.root_execution();
        if let Some(notify) = root.and_then(|root| root.params.get("notify")) {
            params.insert("notify", notify.clone());
        }
        params.extend(extra.iter().map(|(k, v)| (k.clone(), v.clone())));
        params
    }

    /// A sub-workflow ended: its task hears of it.
    pub(super) fn end_child(&mut self, id: ExecutionId) -> Done {
        let running = self.running(id);
        let execution = &running.execution;
        let Some(parent) = execution.origin.parent else {
            return Ok(());
        };
        let state = execution.state;
        let output: Value = execution.output.clone().into();
        let info = execution.state_info.clone();
        if !self.node(parent.task).children.contains(&id) {
            return Ok(());
        }
        let node = self.node_mut(parent.task);
        node.children.swap_remove(&id);
        node.ended.push(id);
        let run = node.task.runtime.run;
        if node.task.runtime.items.is_some() {
            return self.item_ended(parent.task, parent.index, run, id.0, state, output);
        }
        if let crate::tree::Results::Plain(values) = &mut node.results {
            values.push(output);
        }
        let info = match (state, info) {
            (State::Success, _) => None,
            (_, Some(info)) => Some(info),
            (State::Cancelled, None) => {
                Some(format!("Cancelled subworkflow [execution_id={id}]").into())
            }
            (_, None) => Some(format!("Failed subworkflow [execution_id={id}]").into()),
        };
        self.complete_task(parent.task, state, info)
    }
}
