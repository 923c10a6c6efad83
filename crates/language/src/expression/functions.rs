//! The functions that both languages have (workflow language §7.3).
//!
//! YAQL calls parameters in camelCase, Jinja in snake_case; everything else is
//! the same.

use yaql::{Dict, List, Value, json, python};

use super::failure::{Failure, Outcome, raise, type_error};
use super::scope::{ExecutionsFilter, FunctionError, Interrupt, Scope, TasksFilter};
use crate::yaml;

/// A function of the workflow language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// `env()`
    Env,
    /// `execution()`
    Execution,
    /// `executions(…)`
    Executions,
    /// `global(name)`
    Global,
    /// `json_parse(text)`
    JsonParse,
    /// `json_dump(data)`
    JsonDump,
    /// `task(name)`
    Task,
    /// `tasks(…)`
    Tasks,
    /// `uuid()`
    Uuid,
    /// `yaml_parse(text)`
    YamlParse,
    /// `yaml_dump(data)`
    YamlDump,
}

/// A parameter under its two names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    /// In YAQL.
    pub(super) yaql: &'static str,
    /// In Jinja.
    pub(super) jinja: &'static str,
    /// Whether a call must give it.
    pub(super) required: bool,
    /// Whether it must be true or false.
    pub(super) is_flag: bool,
}

const fn optional(yaql: &'static str, jinja: &'static str) -> Parameter {
    Parameter {
        yaql,
        jinja,
        required: false,
        is_flag: false,
    }
}

const fn flag(name: &'static str) -> Parameter {
    Parameter {
        is_flag: true,
        ..optional(name, name)
    }
}

const fn required(yaql: &'static str, jinja: &'static str) -> Parameter {
    Parameter {
        required: true,
        ..optional(yaql, jinja)
    }
}

const DATA: &[Parameter] = &[required("data", "data")];
const GLOBAL: &[Parameter] = &[required("varName", "var_name")];
const TASK: &[Parameter] = &[optional("taskName", "task_name")];
const TASKS: &[Parameter] = &[
    optional("workflowExecutionId", "workflow_execution_id"),
    flag("recursive"),
    optional("state", "state"),
    flag("flat"),
];
const EXECUTIONS: &[Parameter] = &[
    optional("id", "id"),
    optional("rootExecutionId", "root_execution_id"),
    optional("state", "state"),
    optional("fromTime", "from_time"),
    optional("toTime", "to_time"),
];

impl Function {
    /// All of them.
    pub(super) const ALL: [Self; 11] = [
        Self::Env,
        Self::Execution,
        Self::Executions,
        Self::Global,
        Self::JsonParse,
        Self::JsonDump,
        Self::Task,
        Self::Tasks,
        Self::Uuid,
        Self::YamlParse,
        Self::YamlDump,
    ];

    /// The name in both languages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::Execution => "execution",
            Self::Executions => "executions",
            Self::Global => "global",
            Self::JsonParse => "json_parse",
            Self::JsonDump => "json_dump",
            Self::Task => "task",
            Self::Tasks => "tasks",
            Self::Uuid => "uuid",
            Self::YamlParse => "yaml_parse",
            Self::YamlDump => "yaml_dump",
        }
    }

    /// What it gives.
    pub(super) const fn doc(self) -> &'static str {
        match self {
            Self::Env => "The environment of the root execution, a dict.",
            Self::Execution => {
                "The workflow execution: `id`, `name`, `spec`, `input`, `params`, `created_at`, \
                 `updated_at`, `root_execution_id`."
            }
            Self::Executions => {
                "The executions of the project that all conditions let pass; `fromTime` counts, \
                 `toTime` does not."
            }
            Self::Global => {
                "A variable of the workflow: global ones and `vars`; null if there is none."
            }
            Self::JsonParse => "What a JSON text says.",
            Self::JsonDump => "The JSON text of a value, indented by four.",
            Self::Task => {
                "A task of this execution, by default the present one, or null: `id`, `name`, \
                 `spec`, `state`, `state_info`, `result`, `published`, `type`, \
                 `workflow_execution_id`, `created_at`, `updated_at`."
            }
            Self::Tasks => {
                "The tasks of an execution, or of the whole project, with what `task` gives; \
                 `recursive` adds those of sub-workflows, `flat` leaves out those that only stand \
                 for a sub-workflow of the same state."
            }
            Self::Uuid => "A random UUID.",
            Self::YamlParse => "What a YAML text says; anchors and aliases are plain text.",
            Self::YamlDump => "The YAML text of a value, keys sorted.",
        }
    }

    /// The function of a name.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|function| function.name() == name)
    }

    /// What it takes, in order.
    pub(super) const fn parameters(self) -> &'static [Parameter] {
        match self {
            Self::Env | Self::Execution | Self::Uuid => &[],
            Self::Executions => EXECUTIONS,
            Self::Global => GLOBAL,
            Self::Task => TASK,
            Self::Tasks => TASKS,
            Self::JsonParse | Self::JsonDump | Self::YamlParse | Self::YamlDump => DATA,
        }
    }

    /// Calls it with one value per parameter, plain data.
    pub(super) fn call(self, arguments: &[Option<Value>], scope: &Scope<'_>) -> Outcome<Value> {
        let given = |index: usize| arguments.get(index).and_then(Option::as_ref);
        let text = |index| given(index).and_then(text);
        let flag = |index| given(index).is_some_and(Value::is_truthy);
        let data = given(0).unwrap_or(&Value::Null);
        let functions = scope.functions;
        match self {
            Self::Env => functions.env().map_err(failure),
            Self::Execution => functions.execution().map_err(failure),
            Self::Executions => functions
                .executions(ExecutionsFilter {
                    id: text(0),
                    root_execution_id: text(1),
                    state: text(2),
                    from_time: text(3),
                    to_time: text(4),
                })
                .map_err(failure),
            Self::Global => functions.global(&python::str(data)).map_err(failure),
            Self::Task => functions.task(text(0).as_deref()).map_err(failure),
            Self::Tasks => functions
                .tasks(TasksFilter {
                    workflow_execution_id: text(0),
                    recursive: flag(1),
                    state: text(2),
                    flat: flag(3),
                })
                .map_err(failure),
            Self::Uuid => Ok(scope.random.uuid().into()),
            Self::JsonParse => json_parse(data),
            Self::JsonDump => json_dump(data),
            Self::YamlParse => yaml_parse(data),
            Self::YamlDump => yaml_dump(data),
        }
    }
}

/// The text of an argument; null is as if it were not given.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        value => Some(python::str(value)),
    }
}

fn failure(interrupt: Interrupt) -> Failure {
    match interrupt.downcast::<FunctionError>() {
        Ok(error) => raise("RuntimeError", error.message),
        Err(interrupt) => Failure::Interrupted(interrupt),
    }
}

fn json_parse(data: &Value) -> Outcome<Value> {
    let Some(text) = data.as_str() else {
        let message = format!("<class '{}'> can't be decoded", python::class_name(data));
        return Err(type_error(message));
    };
    json::parse(text).map_err(|error| raise("JSONDecodeError", error.to_string()))
}

fn json_dump(data: &Value) -> Outcome<Value> {
    json::check_storable(data).map_err(|error| raise("ValueError", error.to_string()))?;
    Ok(json::to_pretty_string(data).into())
}

fn yaml_parse(data: &Value) -> Outcome<Value> {
    let Some(text) = data.as_str() else {
        let message = format!(
            "'{}' object can't be read as YAML",
            python::class_name(data)
        );
        return Err(raise("AttributeError", message));
    };
    match yaml::load(text, &yaml::Limits::default()) {
        Ok(node) => Ok(node.map_or(Value::Null, |node| yaml::to_value(&node))),
        Err(error) => Err(raise(yaml_class(error.kind), error.to_string())),
    }
}

fn yaml_class(kind: yaml::YamlErrorKind) -> &'static str {
    match kind {
        yaml::YamlErrorKind::Reader => "ReaderError",
        yaml::YamlErrorKind::Scanner => "ScannerError",
        yaml::YamlErrorKind::Parser => "ParserError",
        yaml::YamlErrorKind::Composer => "ComposerError",
        yaml::YamlErrorKind::Constructor => "ConstructorError",
        yaml::YamlErrorKind::Limit => "LimitExceeded",
    }
}

fn yaml_dump(data: &Value) -> Outcome<Value> {
    let text = yaml::dump(data, yaml::KeyOrder::Sorted);
    text.map(Value::from)
        .map_err(|error| raise("RepresenterError", error.to_string()))
}

/// Lists and dicts of the kind that Python functions give: unequal to YAQL's
/// own lists (YAQL §14).
pub(super) fn mutable(value: Value) -> Value {
    match value {
        Value::List(list) => {
            let items = list.into_vec().into_iter().map(mutable).collect();
            List::mutable(items).into()
        }
        Value::Dict(dict) => {
            let entries = dict
                .iter()
                .map(|(key, value)| (key, mutable(value.clone())));
            entries.collect::<Dict>().into_mutable().into()
        }
        scalar => scalar,
    }
}
