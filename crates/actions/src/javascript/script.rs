//! One script in an engine of its own: from text to text, within limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rquickjs::context::EvalOptions;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Exception, Function, Runtime, Value};

/// How much of its thread's stack the engine may use, in bytes; a thread has 2 MiB.
const STACK_BYTES: usize = 512 << 10;

/// The name of the script in the engine's own messages.
const FILE: &str = "script";

/// What a run may use.
pub(super) struct Limits {
    /// When it is stopped.
    pub(super) deadline: Instant,
    /// The same as a number of seconds, for the message.
    pub(super) seconds: u64,
    /// Bytes of memory, `context` included.
    pub(super) memory: usize,
    /// Bytes of the result as JSON.
    pub(super) result: usize,
}

/// Tells a running script to stop.
#[derive(Clone, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A script and what it is given.
pub(super) struct Script {
    /// The body of a function.
    pub(super) source: String,
    /// The value of `$`, as JSON.
    pub(super) context: String,
    pub(super) limits: Limits,
    pub(super) stop: Stop,
}

impl Script {
    /// Runs the script; gives its result as JSON.
    pub(super) fn run(&self) -> Result<String, String> {
        let broken = |error: rquickjs::Error| format!("the engine does not start: {error}");
        let runtime = Runtime::new().map_err(broken)?;
        runtime.set_memory_limit(self.limits.memory);
        runtime.set_max_stack_size(STACK_BYTES);
        let (stop, deadline) = (self.stop.clone(), self.limits.deadline);
        let is_over = move || stop.is_set() || Instant::now() >= deadline;
        runtime.set_interrupt_handler(Some(Box::new(is_over)));
        let context = Context::full(&runtime).map_err(broken)?;
        context.with(|js| {
            self.result(&js)
                .catch(&js)
                .map_err(|error| self.told(&error))
        })?
    }

    /// The outer error is the script's, the inner one is about its result.
    fn result(&self, js: &Ctx<'_>) -> rquickjs::Result<Result<String, String>> {
        js.globals()
            .set("$", js.json_parse(self.context.as_str())?)?;
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(FILE.to_owned());
        // The script begins on the first line, so that lines are counted as its author does.
        let wrapped = format!("(function () {{ {}\n}})", self.source);
        let function: Function<'_> = js.eval_with_options(wrapped, options)?;
        let mut value: Value<'_> = function.call(())?;
        if let Some(promise) = value.as_promise() {
            value = match promise.finish() {
                Err(rquickjs::Error::WouldBlock) => {
                    let text = "the script returned a promise that nothing will fulfil";
                    return Ok(Err(text.to_owned()));
                }
                other => other?,
            };
        }
        self.as_json(js, value)
    }

    fn as_json<'js>(
        &self,
        js: &Ctx<'js>,
        value: Value<'js>,
    ) -> rquickjs::Result<Result<String, String>> {
        if value.is_undefined() {
            return Ok(Ok("null".to_owned()));
        }
        let kind = value.type_name();
        let Some(text) = js.json_stringify(value)? else {
            return Ok(Err(format!(
                "the result is a {kind}, which has no JSON form"
            )));
        };
        let text = text.to_string()?;
        if text.len() > self.limits.result {
            let (found, limit) = (text.len(), self.limits.result);
            return Ok(Err(format!(
                "the result has {found} bytes, the limit is {limit}"
            )));
        }
        Ok(Ok(text))
    }

    /// What went wrong, in one line with its place.
    fn told(&self, error: &CaughtError<'_>) -> String {
        if self.stop.is_set() {
            return "stopped".to_owned();
        }
        if Instant::now() >= self.limits.deadline {
            let seconds = self.limits.seconds;
            return format!("the script has run for {seconds} seconds, which is its limit");
        }
        match error {
            CaughtError::Exception(exception) => self.exception(exception),
            // An engine without memory has none for an exception either.
            CaughtError::Value(value) if value.is_null() => {
                format!("null was thrown, or {}", self.out_of_memory())
            }
            CaughtError::Error(rquickjs::Error::Allocation) => self.out_of_memory(),
            CaughtError::Value(value) => format!("{} was thrown", shown(value)),
            CaughtError::Error(error) => error.to_string(),
        }
    }

    fn exception(&self, exception: &Exception<'_>) -> String {
        let name: Option<String> = exception.get("name").ok();
        let message = exception.message().unwrap_or_default();
        match (name.as_deref().unwrap_or("Error"), message.as_str()) {
            ("InternalError", "out of memory") => self.out_of_memory(),
            (name, message) => {
                let line = exception.stack().and_then(|stack| line(&stack));
                let place = line.map_or_else(String::new, |line| format!(" (line {line})"));
                format!("{name}: {message}{place}")
            }
        }
    }

    fn out_of_memory(&self) -> String {
        let limit = self.limits.memory;
        format!("the script needs more than {limit} bytes of memory, which is its limit")
    }
}

/// A thrown value that is no exception.
fn shown(value: &Value<'_>) -> String {
    let text = value.ctx().json_stringify(value.clone()).ok().flatten();
    let text = text.and_then(|text| text.to_string().ok());
    text.unwrap_or_else(|| value.type_name().to_owned())
}

/// The line of the innermost frame that is the script's own: `… (script:3:7)`.
fn line(stack: &str) -> Option<u32> {
    let frames = stack.lines().filter_map(|frame| {
        let (_, place) = frame.rsplit_once(&format!("{FILE}:"))?;
        let digits = place.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    });
    frames.into_iter().next()
}
