//! Functions that the embedding program adds to the language.

use crate::eval::Scope;
use crate::{EvalError, Value};

/// The embedding program, as an expression sees it: more global functions.
///
/// They stand in the layer of the standard library, as functions only (never
/// as methods). A function of the library with the same name goes first.
pub trait Host {
    /// The functions which there are.
    fn functions(&self) -> &[HostFunction];

    /// Calls `function`, which is one of [`Host::functions`].
    ///
    /// `args` has one value for each parameter, `None` for those left out.
    ///
    /// # Errors
    /// [`EvalError::new`] for faults of the expression; [`EvalError::host`]
    /// for what is not the expression's business, it passes unchanged.
    fn call(
        &self,
        function: &HostFunction,
        args: &[Option<Value>],
        evaluation: &Evaluation<'_>,
    ) -> Result<Value, EvalError>;
}

/// A function of a [`Host`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFunction {
    /// The name, exactly as expressions write it.
    pub name: &'static str,
    /// What it takes, in order.
    pub parameters: &'static [HostParameter],
}

/// A parameter of a [`HostFunction`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostParameter {
    /// The name for `name => value`.
    pub name: &'static str,
    /// What it accepts.
    pub accepts: Accepts,
    /// Whether a call may leave it out.
    pub optional: bool,
}

/// The values that a [`HostParameter`] accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// Everything, null included.
    Any,
    /// True or false.
    Bool,
    /// A string.
    String,
}

impl Accepts {
    pub(crate) fn accepts(self, value: &Value) -> bool {
        match self {
            Accepts::Any => true,
            Accepts::Bool => value.as_bool().is_some(),
            Accepts::String => value.as_str().is_some(),
        }
    }
}

/// What a host function may ask of the running evaluation.
pub struct Evaluation<'a> {
    pub(crate) scope: Scope<'a>,
}

impl Evaluation<'_> {
    /// A value as a result would show it: iterators drained, views as data.
    ///
    /// # Errors
    /// Whatever the evaluation of lazy parts raises, and limits.
    pub fn materialize(&self, value: &Value) -> Result<Value, EvalError> {
        crate::eval::to_output(&self.scope, value.clone())
    }

    /// 64 random bits from the environment's seed.
    pub fn random(&self) -> u64 {
        self.scope.runtime.random()
    }
}
