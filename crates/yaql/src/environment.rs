//! All that an evaluation sees besides the expression.

use std::sync::Arc;

use crate::{DateTime, Host, Limits, Value};

/// The options of the original's engine (YAQL §10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The most items that a collection may have; `None`: no such limit.
    pub limit_iterators: Option<usize>,
    /// Bytes that one value may take in CPython; `None`: no such limit.
    pub memory_quota: Option<u64>,
    /// Whether `$` and variables are frozen before.
    pub convert_input_data: bool,
    /// Whether results become plain data.
    pub convert_output_data: bool,
    /// Whether tuples in results (frozen lists) become lists. If not, what is no
    /// tuple comes out as [`List::mutable`](crate::List::mutable).
    pub convert_tuples_to_lists: bool,
    /// Whether sets in results become lists.
    pub convert_sets_to_lists: bool,
    /// Whether dicts count as collections of their keys.
    pub iterable_dicts: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            limit_iterators: None,
            memory_quota: None,
            convert_input_data: true,
            convert_output_data: true,
            convert_tuples_to_lists: true,
            convert_sets_to_lists: false,
            iterable_dicts: false,
        }
    }
}

/// All that an evaluation sees besides the expression: data, variables, host,
/// limits, the time and a seed for random numbers.
///
/// An evaluation in the same environment always gives the same, as long as its
/// host does.
///
/// ```
/// use yaql::{Environment, Expression, Value};
///
/// let expression = Expression::parse("$ + $x")?;
/// let environment = Environment::new(40).variable("x", 2);
/// assert_eq!(expression.evaluate(&environment)?, Value::from(42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Environment<'a> {
    pub(crate) data: Value,
    pub(crate) variables: Vec<(Arc<str>, Value)>,
    pub(crate) options: Options,
    pub(crate) limits: Limits,
    pub(crate) host: Option<&'a dyn Host>,
    pub(crate) now: DateTime,
    pub(crate) seed: u64,
    pub(crate) expired: Option<&'a dyn Fn() -> bool>,
}

impl<'a> Environment<'a> {
    /// An environment whose `$` is `data`; without a host, at the epoch, with
    /// seed 0, default options and limits, and no deadline.
    pub fn new(data: impl Into<Value>) -> Self {
        Environment {
            data: data.into(),
            variables: Vec::new(),
            options: Options::default(),
            limits: Limits::default(),
            host: None,
            now: DateTime::EPOCH,
            seed: 0,
            expired: None,
        }
    }

    /// Adds the variable `$name`. Of equal names the last wins.
    #[must_use]
    pub fn variable(mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Sets the engine options.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds the functions of a host.
    #[must_use]
    pub fn host(mut self, host: &'a dyn Host) -> Self {
        self.host = Some(host);
        self
    }

    /// Sets the time that `now()` tells.
    #[must_use]
    pub fn now(mut self, now: DateTime) -> Self {
        self.now = now;
        self
    }

    /// Sets the seed of `random()` and of [`Evaluation::random`](crate::Evaluation::random).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets what tells that the time is over; it is asked about every
    /// thousand steps.
    #[must_use]
    pub fn deadline(mut self, expired: &'a dyn Fn() -> bool) -> Self {
        self.expired = Some(expired);
        self
    }
}
