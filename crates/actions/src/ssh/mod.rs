//! `std.ssh` and `std.ssh_proxied`: one command on one or several hosts.
//!
//! `parameters` reads the input, `route` finds the way to a host, `session` logs
//! in and runs the command; here the results are put together.

mod key;
mod parameters;
mod process;
mod route;
mod session;
mod stream;

use engine::pure::Outcome;
use engine::signature::Signature;
use futures_util::future::BoxFuture;
use futures_util::stream::{StreamExt as _, iter};
use yaql::{Dict, Value, python};

use self::parameters::Job;
use self::session::{Output, SshError};
use crate::action::{Action, ActionContext, Failure, outcome};
use crate::config::SshConfig;
use crate::parameters::{nullable, optional, required};
use crate::target::Target;

const DEFAULT_PORT: u16 = 22;

/// So much of a failed command's last words is shown.
const SHOWN_STDERR_CHARS: usize = 500;

pub(crate) fn actions(config: &SshConfig) -> [impl Action + 'static; 2] {
    let action = |name, description, signature| SshAction {
        name,
        description,
        signature,
        config: config.clone(),
    };
    [
        action(
            "std.ssh",
            "Runs a command on one host or a list of hosts over SSH; the result is what it wrote.",
            direct_signature(),
        ),
        action(
            "std.ssh_proxied",
            "Runs a command over SSH on hosts that are reached through a gateway host.",
            proxied_signature(),
        ),
    ]
}

fn direct_signature() -> Signature {
    Signature::new([
        required("cmd"),
        required("host"),
        required("username"),
        optional("password", ""),
        nullable("private_key_filename"),
        nullable("private_key"),
        optional("return_result_on_error", false),
        optional("port", i64::from(DEFAULT_PORT)),
    ])
}

fn proxied_signature() -> Signature {
    Signature::new([
        required("cmd"),
        required("host"),
        required("username"),
        required("private_key_filename"),
        required("gateway_host"),
        nullable("gateway_username"),
        nullable("password"),
        nullable("proxy_command"),
        nullable("private_key"),
        optional("port", i64::from(DEFAULT_PORT)),
        optional("gateway_port", i64::from(DEFAULT_PORT)),
    ])
}

struct SshAction {
    name: &'static str,
    description: &'static str,
    signature: Signature,
    config: SshConfig,
}

impl SshAction {
    async fn perform(&self, input: &Dict) -> Result<Value, Failure> {
        let job = parameters::read(input, &self.config).await?;
        let runs = (0..job.targets.len()).map(|index| self.run_on(&job, &job.targets[index]));
        let results: Vec<_> = iter(runs)
            .buffered(self.config.max_parallel_hosts.max(1))
            .collect()
            .await;
        combine(&job, results)
    }

    async fn run_on(&self, job: &Job, target: &Target) -> Result<Output, SshError> {
        let session = route::open(job, target, &self.config).await?;
        let output = session
            .run(&job.command, self.config.max_output_bytes)
            .await;
        session.close().await;
        output
    }
}

impl Action for SshAction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn description(&self) -> &str {
        self.description
    }

    fn run(&self, input: Dict, context: ActionContext) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            let result = self.perform(&input).await;
            outcome(self.name, &context, result)
        })
    }
}

/// One host gives its value, several give a list. Every host is worked on even
/// if one fails; then all failures are told.
fn combine(job: &Job, results: Vec<Result<Output, SshError>>) -> Result<Value, Failure> {
    let mut values = Vec::with_capacity(results.len());
    let mut failures = Vec::new();
    for (target, result) in job.targets.iter().zip(results) {
        match result.and_then(|output| value_of(&output, job.returns_result_on_error)) {
            Ok(value) => values.push(value),
            Err(error) => failures.push(format!("{target}: {error}")),
        }
    }
    if !failures.is_empty() {
        let hosts: Vec<_> = job
            .targets
            .iter()
            .map(|t| python::repr(&t.given()))
            .collect();
        return Err(Failure::Raised(format!(
            "Failed to execute ssh cmd '{}' on [{}]: {}",
            job.command,
            hosts.join(", "),
            failures.join("; ")
        )));
    }
    match <[Value; 1]>::try_from(values) {
        Ok([value]) => Ok(value),
        Err(values) => Ok(Value::from(values)),
    }
}

fn value_of(output: &Output, returns_result_on_error: bool) -> Result<Value, SshError> {
    if returns_result_on_error {
        let entries = [
            ("stdout", Value::from(text(&output.stdout))),
            ("stderr", Value::from(text(&output.stderr))),
            ("exit_code", Value::from(output.exit_code)),
        ];
        return Ok(Value::Dict(entries.into_iter().collect()));
    }
    if output.exit_code != 0 {
        return Err(SshError::Failed {
            exit_code: output.exit_code,
            stderr: last_words(&text(&output.stderr)),
        });
    }
    Ok(Value::from(text(&output.stdout)))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn last_words(stderr: &str) -> String {
    let stderr = stderr.trim();
    let skipped = stderr.chars().count().saturating_sub(SHOWN_STDERR_CHARS);
    stderr.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_the_last() {
        let long = format!("first{}last\n", "é".repeat(SHOWN_STDERR_CHARS));
        let shown = last_words(&long);
        assert_eq!(shown.chars().count(), SHOWN_STDERR_CHARS);
        assert!(shown.ends_with("last"), "{shown}");
    }
}
