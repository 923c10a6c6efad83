//! The arguments of a call, and binding them to parameters as Python does.

use std::sync::Arc;

use super::super::failure::{Outcome, type_error};
use super::value::Value;

/// Evaluated arguments.
#[derive(Clone, Debug, Default)]
pub(super) struct Arguments {
    /// By position.
    pub(super) positional: Vec<Value>,
    /// By name.
    pub(super) keywords: Vec<(Arc<str>, Value)>,
}

impl Arguments {
    /// Arguments by position only.
    pub(super) fn positional(values: Vec<Value>) -> Self {
        Self {
            positional: values,
            keywords: Vec::new(),
        }
    }

    /// One value for each parameter of `function`; the first `required` ones
    /// must be given.
    pub(super) fn bind<const N: usize>(
        self,
        function: &str,
        parameters: [&str; N],
        required: usize,
    ) -> Outcome<[Option<Value>; N]> {
        let mut bound = [const { None }; N];
        self.bind_into(function, &parameters, required, &mut bound)?;
        Ok(bound)
    }

    /// As [`Arguments::bind`], for a number of parameters known at run time.
    pub(super) fn bind_into(
        self,
        function: &str,
        parameters: &[&str],
        required: usize,
        bound: &mut [Option<Value>],
    ) -> Outcome<()> {
        let given = self.positional.len();
        if given > parameters.len() {
            let most = parameters.len();
            let message = format!(
                "{function}() takes {most} positional argument{} but {given} {} given",
                plural(most),
                if given == 1 { "was" } else { "were" }
            );
            return Err(type_error(message));
        }
        for (place, value) in bound.iter_mut().zip(self.positional) {
            *place = Some(value);
        }
        for (name, value) in self.keywords {
            let Some(index) = parameters.iter().position(|parameter| **parameter == *name) else {
                let message = format!("{function}() got an unexpected keyword argument '{name}'");
                return Err(type_error(message));
            };
            if bound[index].replace(value).is_some() {
                let message = format!("{function}() got multiple values for argument '{name}'");
                return Err(type_error(message));
            }
        }
        missing(function, parameters, required, bound)
    }

    /// Refuses any argument.
    pub(super) fn none(self, function: &str) -> Outcome<()> {
        self.bind(function, [], 0).map(|[]| ())
    }

    /// The one required argument.
    pub(super) fn one(self, function: &str, name: &str) -> Outcome<Value> {
        let [value] = self.bind(function, [name], 1)?;
        Ok(value.unwrap_or(Value::NONE))
    }
}

fn missing(
    function: &str,
    parameters: &[&str],
    required: usize,
    bound: &[Option<Value>],
) -> Outcome<()> {
    let missing: Vec<_> = parameters[..required]
        .iter()
        .zip(bound)
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| format!("'{name}'"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{function}() missing {} required positional argument{}: {}",
        missing.len(),
        plural(missing.len()),
        missing.join(" and ")
    );
    Err(type_error(message))
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::super::super::failure::Failure;
    use super::*;

    fn message(arguments: Arguments) -> String {
        match arguments.bind("f", ["a", "b"], 1) {
            Err(Failure::Raised { message, .. }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn errors_are_those_of_python() {
        let one = || Arguments::positional(vec![Value::NONE]);
        let keyword = |name: &str| Arguments {
            keywords: vec![(name.into(), Value::NONE)],
            ..one()
        };
        assert_eq!(
            message(Arguments::default()),
            "f() missing 1 required positional argument: 'a'"
        );
        assert_eq!(
            message(keyword("a")),
            "f() got multiple values for argument 'a'"
        );
        assert_eq!(
            message(keyword("c")),
            "f() got an unexpected keyword argument 'c'"
        );
        let three = Arguments::positional(vec![Value::NONE; 3]);
        assert_eq!(
            message(three),
            "f() takes 2 positional arguments but 3 were given"
        );
    }
}
