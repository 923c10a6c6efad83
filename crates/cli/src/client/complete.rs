//! Completion: what a shell can put where, ids and names of the service among it.
//!
//! Shells ask the program itself, so what is completed is always what it takes. The
//! service is asked with a short patience; without one only words are completed.

use std::ffi::OsStr;
use std::io;
use std::time::Duration;

use anyhow::Context;
use clap::{CommandFactory, ValueHint};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use serde_json::Value;

use super::address::Address;
use super::connection::Client;
use super::document::{entries, text};
use super::find::LAST;
use super::resource::{self, Key, Resource};
use crate::arguments::Arguments;
use crate::exit::Exit;

/// How long a shell may wait for the service.
const PATIENCE: Duration = Duration::from_millis(800);
/// How many objects are offered.
const OFFERED: &str = "50";
/// Values that name objects of a certain kind wherever they stand.
const NAMED: [(&str, &Resource); 6] = [
    ("WORKFLOW", &resource::WORKFLOWS),
    ("EXECUTION", &resource::EXECUTIONS),
    ("TASK", &resource::TASKS),
    ("ACTION", &resource::ACTIONS),
    ("ENVIRONMENT", &resource::ENVIRONMENTS),
    ("CODE_SOURCE", &resource::CODE_SOURCES),
];

/// Prints what a shell has to read to complete `ostro`.
pub(crate) fn script(shell: Shell) -> anyhow::Result<Exit> {
    let completer: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
        other => anyhow::bail!("no completion for {other}"),
    };
    completer.write_registration("COMPLETE", "ostro", "ostro", "ostro", &mut io::stdout())?;
    Ok(Exit::Success)
}

/// The command line with what completes its values.
pub(crate) fn command() -> clap::Command {
    let mut command = Arguments::command();
    for resource in resource::ALL {
        if command.find_subcommand(resource.noun).is_some() {
            command = command.mut_subcommand(resource.noun, |noun| equipped(noun, resource));
        }
    }
    command
}

fn equipped(command: clap::Command, resource: &'static Resource) -> clap::Command {
    command
        .mut_subcommands(|verb| equipped(verb, resource))
        .mut_args(|argument| {
            let name = argument.get_value_names().and_then(|names| names.first());
            let name = name.map(|name| name.to_string()).unwrap_or_default();
            match (kind(&name, resource), name.contains("FILE")) {
                (Some(kind), _) => argument.add(ArgValueCompleter::new(move |word: &OsStr| {
                    candidates(kind, word)
                })),
                (None, true) => argument.value_hint(ValueHint::AnyPath),
                (None, false) => argument,
            }
        })
}

/// What a value names, by the name of the value in the help.
fn kind(value: &str, resource: &'static Resource) -> Option<&'static Resource> {
    let found = NAMED.iter().find(|(name, _)| *name == value);
    match value {
        "ID" => Some(resource),
        _ => found.map(|(_, resource)| *resource),
    }
}

fn candidates(resource: &'static Resource, word: &OsStr) -> Vec<CompletionCandidate> {
    let word = word.to_string_lossy();
    let mut offered: Vec<CompletionCandidate> = objects(resource)
        .unwrap_or_default()
        .iter()
        .filter_map(|object| candidate(resource, object, &word))
        .collect();
    if resource.key == Key::Id && LAST.starts_with(&*word) {
        offered.insert(
            0,
            CompletionCandidate::new(LAST).help(Some("the newest".into())),
        );
    }
    offered
}

/// An object that the word begins, by its name or its id.
fn candidate(resource: &Resource, object: &Value, word: &str) -> Option<CompletionCandidate> {
    let (id, name) = (text(object, "id"), text(object, "name"));
    let value = match resource.key {
        Key::Id => id,
        Key::Name => name,
        Key::NameOrId if !name.starts_with(word) => id,
        Key::NameOrId => name,
    };
    let fields = [
        "workflow_name",
        "name",
        "state",
        "description",
        "created_at",
    ];
    let about = fields.map(|field| text(object, field)).join(" ");
    let about: Vec<&str> = about.split_whitespace().take(12).collect();
    let is_offered = !value.is_empty() && value.starts_with(word);
    is_offered.then(|| CompletionCandidate::new(value).help(Some(about.join(" ").into())))
}

fn objects(resource: &'static Resource) -> anyhow::Result<Vec<Value>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    runtime.block_on(async {
        let client = Client::from_environment()?;
        let mut address = Address::new(&[resource.collection]).with("limit", OFFERED);
        if resource.newest_first {
            address = address
                .with("sort_keys", "created_at,id")
                .with("sort_dirs", "desc,desc");
        }
        let answer = tokio::time::timeout(PATIENCE, client.get(address)).await??;
        Ok(entries(resource, answer))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(resource: &Resource, object: &Value, word: &str) -> Option<String> {
        let found = candidate(resource, object, word)?;
        Some(found.get_value().to_string_lossy().into_owned())
    }

    #[test]
    fn objects_go_by_what_names_them() {
        let object = json!({"id": "0193", "name": "hello", "state": "RUNNING"});
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(value(&resource::EXECUTIONS, &object, "01"), some("0193"));
        assert_eq!(value(&resource::EXECUTIONS, &object, "h"), None);
        assert_eq!(value(&resource::WORKFLOWS, &object, "h"), some("hello"));
        assert_eq!(value(&resource::WORKFLOWS, &object, "01"), some("0193"));
        assert_eq!(value(&resource::ENVIRONMENTS, &object, ""), some("hello"));
    }

    #[test]
    fn every_noun_of_the_table_is_a_command() {
        let command = command();
        for resource in resource::ALL {
            assert!(
                command.find_subcommand(resource.noun).is_some(),
                "{}",
                resource.noun
            );
        }
    }
}
