//! Calls: from a call in the source to a built-in, a host's or a user's
//! function (YAQL §5).

use std::sync::Arc;

use super::context::{Context, Positional};
use super::lambda::Lambda;
use super::overload::Argument;
use super::plan::{Arguments, Candidate, Layers, Plan, Ready, Refusal, Shape, Shapes, shapes_of};
use super::{Result, Runtime, Scope, advice, raise};
use crate::host::{Evaluation, HostFunction};
use crate::syntax::ast::{Arg, Call, Node};
use crate::{EvalError, Value};

/// How a function gets an argument.
#[derive(Clone, Copy)]
enum Passing {
    Value,
    Lambda,
    /// Both sides of `=>` as lambdas.
    Rule,
}

/// Named values.
pub(crate) type Named = Vec<(Arc<str>, Value)>;

impl Runtime<'_> {
    /// Calls a function which the source names.
    pub(crate) fn call(&self, call: &Call, context: &Context) -> Result<Value> {
        if context.has_functions()
            && let Some((body, scope)) = context.function(plain(&call.name))
        {
            return self.call_user(call, &body, &scope, context);
        }
        let plan = call.plan.get_or_init(|| {
            Plan::of_source(self.functions(&call.name), &call.args, None, self.options())
        });
        match plan {
            Plan::Ready(ready) => self.run_source(ready, call, None, context),
            Plan::Unknown => self.call_host(call, context),
            other => Err(self.refused(other, &call.name, &call.args, None)),
        }
    }

    /// Calls a method which the source names.
    pub(crate) fn call_method(
        &self,
        receiver: Value,
        call: &Call,
        context: &Context,
    ) -> Result<Value> {
        let layers = self.methods(&call.name);
        let plan = call.plan.get_or_init(|| {
            Plan::of_source(layers, &call.args, Some(Shape::Unknown), self.options())
        });
        match plan {
            Plan::Ready(ready) => self.run_source(ready, call, Some(receiver), context),
            // With the receiver's type known, the overloads may agree.
            Plan::Ambiguous => {
                let known = Some(Shape::Known(&receiver));
                let plan = Plan::of_source(layers, &call.args, known, self.options());
                match &plan {
                    Plan::Ready(ready) => self.run_source(ready, call, Some(receiver), context),
                    other => Err(self.refused(other, &call.name, &call.args, Some(&receiver))),
                }
            }
            other => Err(self.refused(other, &call.name, &call.args, Some(&receiver))),
        }
    }

    fn run_source(
        &self,
        ready: &Ready,
        call: &Call,
        receiver: Option<Value>,
        context: &Context,
    ) -> Result<Value> {
        let is_method = receiver.is_some();
        let mut args: Arguments = receiver.into_iter().map(Argument::Value).collect();
        for arg in &call.args {
            let lazy = ready.lazy[args.len()];
            let passing = match (lazy, ready.keeps_rules) {
                (false, _) => Passing::Value,
                (true, false) => Passing::Lambda,
                (true, true) => Passing::Rule,
            };
            args.push(self.argument(arg, passing, context)?);
        }
        let chosen = ready.choose(&args, self.options());
        match chosen {
            Ok(candidate) => self.run(candidate, &mut args, context),
            Err(refusal) => Err(self.refusal(&refusal, &call.name, &args, is_method)),
        }
    }

    /// An argument of the source, evaluated unless it is lazy.
    fn argument(&self, arg: &Arg, passing: Passing, context: &Context) -> Result<Argument> {
        let lambda = |node| Lambda::new(node, context);
        Ok(match (arg, passing) {
            (Arg::Skipped, _) => Argument::Missing,
            (Arg::Mapping(key, value), Passing::Rule) => {
                Argument::Rule(Box::new((lambda(key), lambda(value))))
            }
            (Arg::Positional(node) | Arg::Mapping(_, node), Passing::Value) => {
                Argument::Value(self.evaluate(node, context)?)
            }
            (Arg::Positional(node) | Arg::Mapping(_, node), _) => Argument::Lambda(lambda(node)),
        })
    }

    /// Runs an overload that accepts the arguments.
    fn run(&self, candidate: &Candidate, args: &mut Arguments, context: &Context) -> Result<Value> {
        candidate.arrange(args);
        let scope = Scope {
            runtime: self,
            context,
        };
        let result = (candidate.overload.run)(&scope, args)?;
        self.account(&result)?;
        Ok(result)
    }

    /// Calls a function with values, as `call(name, args)` does and as
    /// functions do that work through others.
    pub(crate) fn call_named(
        &self,
        name: &str,
        receiver: Option<Value>,
        positional: Vec<Value>,
        named: Named,
        context: &Context,
    ) -> Result<Value> {
        let is_method = receiver.is_some();
        if !is_method
            && context.has_functions()
            && let Some((body, scope)) = context.function(plain(name))
        {
            let body = Lambda::new(&body, &scope);
            return self.nested(|| body.call_with(self, positional.into(), named));
        }
        let layers = if is_method {
            self.methods(name)
        } else {
            self.functions(name)
        };
        let values: Vec<Value> = receiver.into_iter().chain(positional).collect();
        let Some(layers) = layers else {
            if !is_method && let Some(function) = self.host_function(name) {
                return self.run_host(function, &values, &named, context);
            }
            return Err(self.refused(
                &Plan::Unknown,
                name,
                &[],
                values.first().filter(|_| is_method),
            ));
        };
        self.call_values(layers, name, values, named, is_method, context)
    }

    fn call_values(
        &self,
        layers: &'static Layers,
        name: &str,
        values: Vec<Value>,
        named: Named,
        is_method: bool,
        context: &Context,
    ) -> Result<Value> {
        let plan = {
            let named = named.iter().map(|(n, v)| (n.clone(), Shape::Known(v)));
            let shapes = Shapes {
                positional: values.iter().map(Shape::Known).collect(),
                named: named.collect(),
            };
            Plan::of(layers, &shapes, self.options())
        };
        let Plan::Ready(ready) = &plan else {
            return Err(self.refused(&plan, name, &[], values.first().filter(|_| is_method)));
        };
        let given = named.into_iter().map(|(_, value)| value);
        let args = values.into_iter().chain(given);
        let mut args: Arguments = args.map(Argument::Value).collect();
        match ready.choose(&args, self.options()) {
            Ok(candidate) => self.nested(|| self.run(candidate, &mut args, context)),
            Err(refusal) => Err(self.refusal(&refusal, name, &args, is_method)),
        }
    }

    /// Calls a function made by `def`: it takes any arguments, evaluated.
    fn call_user(
        &self,
        call: &Call,
        body: &Arc<Node>,
        scope: &Context,
        context: &Context,
    ) -> Result<Value> {
        let Some(_) = shapes_of(&call.args, None, false) else {
            return Err(raise::bad_mapping());
        };
        self.check_hidden(call)?;
        let mut positional = Positional::new();
        let mut named = Named::new();
        for arg in &call.args {
            match arg {
                Arg::Positional(node) => positional.push(self.evaluate(node, context)?),
                Arg::Skipped => positional.push(Value::Null),
                Arg::Mapping(key, value) => {
                    if let Some(Value::String(name)) = key.word() {
                        named.push((name.clone(), self.evaluate(value, context)?));
                    }
                }
            }
        }
        Lambda::new(body, scope).call_with(self, positional, named)
    }

    /// A user's function evaluates all its arguments; a function of the library
    /// that it hides and that would not makes the call ambiguous.
    fn check_hidden(&self, call: &Call) -> Result<()> {
        let Some(layers) = self.functions(&call.name) else {
            return Ok(());
        };
        let clashes = match shapes_of(&call.args, None, false) {
            Some(shapes) => match Plan::of(layers, &shapes, self.options()) {
                Plan::Ready(ready) => ready.lazy.contains(&true),
                Plan::Ambiguous => true,
                _ => false,
            },
            None => true,
        };
        match clashes {
            true => Err(raise::ambiguous(&call.name, None)),
            false => Ok(()),
        }
    }

    fn host_function(&self, name: &str) -> Option<&HostFunction> {
        let host = self.environment.host?;
        let name = plain(name);
        host.functions()
            .iter()
            .find(|function| function.name == name)
    }

    fn call_host(&self, call: &Call, context: &Context) -> Result<Value> {
        let Some(function) = self.host_function(&call.name) else {
            return Err(self.refused(&Plan::Unknown, &call.name, &[], None));
        };
        let mut positional = Vec::new();
        let mut named = Named::new();
        if shapes_of(&call.args, None, false).is_none() {
            return Err(raise::bad_mapping());
        }
        for arg in &call.args {
            match arg {
                Arg::Positional(node) => positional.push(self.evaluate(node, context)?),
                Arg::Skipped => return Err(raise::no_match(&call.name, None)),
                Arg::Mapping(key, value) => {
                    if let Some(Value::String(name)) = key.word() {
                        named.push((name.clone(), self.evaluate(value, context)?));
                    }
                }
            }
        }
        self.run_host(function, &positional, &named, context)
    }

    fn run_host(
        &self,
        function: &HostFunction,
        positional: &[Value],
        named: &[(Arc<str>, Value)],
        context: &Context,
    ) -> Result<Value> {
        let mut args = vec![None; function.parameters.len()];
        let refuse = || raise::no_match(function.name, None).with_help(advice::host(function));
        let by_position = positional.iter().enumerate();
        let by_name = named.iter().map(|(name, value)| {
            let mut names = function.parameters.iter();
            let at = names.position(|parameter| parameter.name == &**name);
            (at.unwrap_or(usize::MAX), value)
        });
        for (at, value) in by_position.chain(by_name) {
            let slot = args.get_mut(at).filter(|slot| slot.is_none());
            *slot.ok_or_else(refuse)? = Some(value.clone());
        }
        for (arg, parameter) in args.iter().zip(function.parameters) {
            let fits = match arg {
                Some(value) => {
                    parameter.accepts.accepts(value) || parameter.optional && value.is_null()
                }
                None => parameter.optional,
            };
            if !fits {
                return Err(refuse());
            }
        }
        let Some(host) = self.environment.host else {
            return Err(raise::unknown_function(function.name));
        };
        let scope = Scope {
            runtime: self,
            context,
        };
        let result = host.call(function, &args, &Evaluation { scope })?;
        self.account(&result)?;
        Ok(result)
    }

    #[cold]
    fn refused(
        &self,
        plan: &Plan,
        name: &str,
        args: &[Arg],
        receiver: Option<&Value>,
    ) -> EvalError {
        match (plan, receiver) {
            (Plan::BadMapping, _) => raise::bad_mapping(),
            (Plan::Ambiguous, _) => raise::ambiguous(name, receiver),
            (Plan::Unknown, None) => {
                advice::unknown(raise::unknown_function(name), self, name, false)
            }
            (Plan::Unknown, Some(value)) => {
                advice::unknown(raise::unknown_method(name, value), self, name, true)
            }
            _ => {
                let found = advice::found_in_source(args, receiver);
                advice::no_match(
                    raise::no_match(name, receiver),
                    self,
                    name,
                    &found,
                    receiver,
                )
            }
        }
    }

    #[cold]
    fn refusal(
        &self,
        refusal: &Refusal,
        name: &str,
        args: &[Argument],
        is_method: bool,
    ) -> EvalError {
        let receiver = match args.first() {
            Some(Argument::Value(value)) if is_method => Some(value),
            _ => None,
        };
        match refusal {
            Refusal::Ambiguous => raise::ambiguous(name, receiver),
            Refusal::NoMatch => {
                let found = advice::found(args);
                advice::no_match(
                    raise::no_match(name, receiver),
                    self,
                    name,
                    &found,
                    receiver,
                )
            }
        }
    }
}

/// A name as functions are looked up: without trailing underscores.
pub(crate) fn plain(name: &str) -> &str {
    name.trim_end_matches('_')
}
