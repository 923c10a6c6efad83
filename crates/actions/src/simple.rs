//! The actions that touch nothing outside: noop, async_noop, echo, fail, sleep
//! and test_dict. What they answer is decided in `engine::pure`; here they only
//! wait as long as that says.

use engine::pure::{self, Outcome};
use engine::signature::Signature;
use futures_util::future::BoxFuture;
use yaql::{Dict, Value};

use crate::action::{Action, ActionContext};
use crate::parameters::{nullable, optional, required};

/// An action whose outcome is a function of its input.
struct Simple {
    name: &'static str,
    description: &'static str,
    signature: Signature,
}

/// All actions of this kind.
pub(crate) fn actions() -> impl Iterator<Item = impl Action + 'static> {
    [
        ("std.noop", "Does nothing.", Signature::new([])),
        (
            "std.async_noop",
            "Does nothing and waits until its result is reported.",
            Signature {
                is_sync: false,
                ..Signature::new([])
            },
        ),
        (
            "std.echo",
            "Answers what it is given, after an optional delay in seconds.",
            Signature::new([required("output"), optional("delay", 0)]),
        ),
        (
            "std.fail",
            "Fails, with the given error data if there is any.",
            Signature::new([nullable("error_data")]),
        ),
        (
            "std.sleep",
            "Waits for a whole number of seconds.",
            Signature::new([optional("seconds", 1)]),
        ),
        (
            "std.test_dict",
            "Makes a dictionary of a given size, for tests of large data.",
            Signature::new([
                optional("size", 0),
                optional("key_prefix", ""),
                optional("val", ""),
            ]),
        ),
    ]
    .into_iter()
    .map(|(name, description, signature)| Simple {
        name,
        description,
        signature,
    })
}

impl Action for Simple {
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
            let id = context.action_execution_id.as_deref();
            let Some(answer) = pure::run(self.name, &input, id) else {
                return Outcome::Success(Value::Null);
            };
            if !answer.delay.is_zero() {
                tokio::time::sleep(answer.delay).await;
            }
            answer.outcome
        })
    }
}
