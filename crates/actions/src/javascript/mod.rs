//! `std.javascript` and `std.js`: a script that computes the result.
//!
//! A script has no way out of its engine: no files, no network, no modules. Each
//! run has an engine of its own on a blocking thread, bounded in time, memory and
//! depth; what a script does to its engine ends with it.

mod script;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::pure::Outcome;
use engine::signature::Signature;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use yaql::{Dict, Value, json};

use crate::action::{Action, ActionContext, Failure, outcome};
use crate::config::JavaScriptConfig;
use crate::parameters::{Input, nullable, required};

use self::script::{Limits, Script, Stop};

/// Both names of the action.
pub(crate) fn actions(config: &JavaScriptConfig) -> impl Iterator<Item = impl Action + 'static> {
    let slots = Arc::new(Semaphore::new(config.max_parallel_scripts.max(1)));
    let config = config.clone();
    ["std.javascript", "std.js"]
        .into_iter()
        .map(move |name| JavaScript {
            name,
            signature: Signature::new([required("script"), nullable("context")]),
            config: config.clone(),
            slots: Arc::clone(&slots),
        })
}

struct JavaScript {
    name: &'static str,
    signature: Signature,
    config: JavaScriptConfig,
    /// Scripts keep a processor busy, so only so many run at a time.
    slots: Arc<Semaphore>,
}

impl JavaScript {
    async fn perform(&self, input: &Dict) -> Result<Value, Failure> {
        let input = Input(input);
        let source = input.required_text("script")?;
        let context = json::to_string(input.value("context").unwrap_or(&Value::Null));
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.map_err(|error| Failure::raised(&error))?;
        let stop = StopOnDrop(Stop::default());
        let script = Script {
            source,
            context,
            limits: self.limits(),
            stop: stop.0.clone(),
        };
        let run = tokio::task::spawn_blocking(move || {
            let result = script.run();
            drop(slot);
            result
        });
        let result = run.await.map_err(|error| Failure::raised(&error))?;
        let text = result.map_err(|reason| failed(&reason))?;
        json::parse(&text).map_err(|error| failed(&error.to_string()))
    }

    fn limits(&self) -> Limits {
        let seconds = self.config.time_limit.max(1);
        Limits {
            deadline: Instant::now() + Duration::from_secs(seconds),
            seconds,
            memory: self.config.memory_limit_bytes,
            result: self.config.max_result_bytes,
        }
    }
}

fn failed(reason: &str) -> Failure {
    Failure::Raised(format!("JavaScriptAction failed: {reason}"))
}

/// Stops the script when the run of the action is dropped.
struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Action for JavaScript {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn description(&self) -> &'static str {
        "Runs the body of a JavaScript function; '$' is its context."
    }

    fn run(&self, input: Dict, context: ActionContext) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            let result = self.perform(&input).await;
            outcome(self.name, &context, result)
        })
    }
}
