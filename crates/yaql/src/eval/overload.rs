//! Overloads: built-in functions with the types of their parameters.
//!
//! A built-in is an ordinary Rust function. The types of its parameters tell
//! what YAQL may pass: [`Parameter`] is the bridge.

use std::sync::Arc;

use super::types::Type;
use super::{Result, Scope, lambda::Lambda};
use crate::Value;

/// An argument on its way into a built-in function.
#[derive(Clone, Default)]
pub(crate) enum Argument {
    Value(Value),
    Lambda(Lambda),
    /// `key => value`
    Rule(Box<(Lambda, Lambda)>),
    /// Not given, and without a default value.
    #[default]
    Missing,
    /// All the positional arguments that are left.
    Rest(Vec<Argument>),
    /// All the named arguments that are left.
    Named(Vec<(Arc<str>, Argument)>),
}

impl Argument {
    /// The value; null for what has none.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Argument::Value(value) => value,
            _ => Value::Null,
        }
    }
}

/// How many arguments a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    /// All positional arguments that are left.
    Rest,
    /// All named arguments that are left.
    Named,
}

/// A Rust type that can be a parameter of a built-in function.
pub(crate) trait Parameter: Sized {
    /// What it accepts.
    const TYPE: Type;
    /// Whether it accepts null, whatever its type.
    const NULLABLE: bool = false;
    const PRESENCE: Presence = Presence::Required;

    /// Converts an argument; its type was checked before.
    fn take(argument: Argument, scope: &Scope<'_>) -> Result<Self>;
}

/// A parameter of an overload.
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) ty: Type,
    pub(crate) nullable: bool,
    pub(crate) presence: Presence,
    pub(crate) default: Option<Value>,
    /// Follows a rest parameter, so it can only be given by name.
    pub(crate) keyword_only: bool,
}

impl Param {
    pub(crate) fn is_required(&self) -> bool {
        self.presence == Presence::Required && self.default.is_none()
    }

    /// What the body gets when the argument is left out.
    pub(crate) fn absent(&self) -> Argument {
        match &self.default {
            Some(value) => Argument::Value(value.clone()),
            None => Argument::Missing,
        }
    }
}

/// How a function may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `name(x)`
    Function,
    /// `x.name()`
    Method,
    Both,
}

impl Form {
    pub(crate) fn is_function(self) -> bool {
        self != Form::Method
    }

    pub(crate) fn is_method(self) -> bool {
        self != Form::Function
    }
}

type Run = dyn Fn(&Scope<'_>, &mut [Argument]) -> Result<Value> + Send + Sync;

/// What is said about an overload, for humans.
#[derive(Clone, Copy)]
pub(crate) struct About {
    /// The path of the module that declares it.
    pub(crate) subject: &'static str,
    pub(crate) doc: &'static str,
}

impl About {
    /// The module's own name.
    pub(crate) fn subject(&self) -> &'static str {
        self.subject.rsplit("::").next().unwrap_or(self.subject)
    }
}

/// One way to call a function.
pub(crate) struct Overload {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) params: Vec<Param>,
    pub(crate) about: About,
    pub(crate) run: Box<Run>,
}

impl Overload {
    /// Makes an overload of a Rust function, given names and defaults of its
    /// parameters.
    pub(crate) fn new<M, F: Builtin<M>>(
        name: &'static str,
        form: Form,
        names: Vec<(&'static str, Option<Value>)>,
        about: About,
        function: F,
    ) -> Self {
        let shapes = F::shapes();
        debug_assert_eq!(shapes.len(), names.len(), "parameters of {name}");
        let mut keyword_only = false;
        let params = names.into_iter().zip(shapes);
        let params = params.map(|((name, default), (ty, nullable, presence))| {
            let param = Param {
                name,
                ty,
                nullable,
                presence,
                default,
                keyword_only,
            };
            keyword_only |= presence == Presence::Rest;
            param
        });
        Overload {
            name,
            form,
            params: params.collect(),
            about,
            run: Box::new(move |scope, args| function.run(scope, args)),
        }
    }

    /// Whether `=>` arguments stay mappings, rather than name parameters.
    pub(crate) fn takes_rules(&self) -> bool {
        let mut types = self.params.iter().map(|param| param.ty);
        types.any(|ty| matches!(ty, Type::Rule | Type::Case))
    }

    /// The signature for humans: `round(number: number, ndigits: int = 0)`.
    pub(crate) fn signature(&self) -> String {
        let params = self.params.iter().map(|param| {
            let ty = param.ty.name();
            match (&param.default, param.presence) {
                (_, Presence::Rest) => format!("*{}: {ty}", param.name),
                (_, Presence::Named) => format!("**{}: {ty}", param.name),
                (Some(default), _) => {
                    let default = crate::json::to_string(default);
                    format!("{}: {ty} = {default}", param.name)
                }
                (None, Presence::Optional) => format!("{}: {ty}?", param.name),
                (None, Presence::Required) => format!("{}: {ty}", param.name),
            }
        });
        let params: Vec<String> = params.collect();
        format!("{}({})", self.name, params.join(", "))
    }
}

/// What a built-in function may return.
pub(crate) trait Outcome {
    fn into_result(self) -> Result<Value>;
}

impl<T: Outcome> Outcome for Result<T> {
    fn into_result(self) -> Result<Value> {
        self?.into_result()
    }
}

/// Rust functions whose parameters and result YAQL knows. `M` only tells apart
/// functions with and without a [`Scope`] before their parameters.
pub(crate) trait Builtin<M>: Send + Sync + 'static {
    fn shapes() -> Vec<(Type, bool, Presence)>;
    fn run(&self, scope: &Scope<'_>, args: &mut [Argument]) -> Result<Value>;
}

/// Marks functions that do not ask for the scope.
pub(crate) struct Pure;
/// Marks functions that take the scope first.
pub(crate) struct Scoped;

macro_rules! builtin {
    ($($P:ident $i:tt),*) => {
        impl<F, R, $($P),*> Builtin<(Pure, $($P,)*)> for F
        where
            F: Fn($($P),*) -> R + Send + Sync + 'static,
            R: Outcome,
            $($P: Parameter,)*
        {
            fn shapes() -> Vec<(Type, bool, Presence)> {
                vec![$(($P::TYPE, $P::NULLABLE, $P::PRESENCE)),*]
            }

            fn run(&self, scope: &Scope<'_>, args: &mut [Argument]) -> Result<Value> {
                let _ = (scope, &args);
                self($($P::take(std::mem::take(&mut args[$i]), scope)?),*).into_result()
            }
        }

        impl<F, R, $($P),*> Builtin<(Scoped, $($P,)*)> for F
        where
            F: Fn(&Scope<'_>, $($P),*) -> R + Send + Sync + 'static,
            R: Outcome,
            $($P: Parameter,)*
        {
            fn shapes() -> Vec<(Type, bool, Presence)> {
                vec![$(($P::TYPE, $P::NULLABLE, $P::PRESENCE)),*]
            }

            fn run(&self, scope: &Scope<'_>, args: &mut [Argument]) -> Result<Value> {
                let _ = &args;
                self(scope, $($P::take(std::mem::take(&mut args[$i]), scope)?),*).into_result()
            }
        }
    };
}

builtin!();
builtin!(A 0);
builtin!(A 0, B 1);
builtin!(A 0, B 1, C 2);
builtin!(A 0, B 1, C 2, D 3);
builtin!(A 0, B 1, C 2, D 3, E 4);
builtin!(A 0, B 1, C 2, D 3, E 4, G 5);
builtin!(A 0, B 1, C 2, D 3, E 4, G 5, H 6);
builtin!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7);
builtin!(A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8);
