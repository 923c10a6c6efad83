//! The standard library (YAQL §13).
//!
//! Each module declares its functions in a table: how they are called, their
//! names, the names and default values of their parameters, and the Rust
//! function that does the work. Types come from the Rust function.

#![expect(
    clippy::needless_pass_by_value,
    reason = "built-in functions own their arguments, as the evaluator passes them"
)]

mod boolean;
mod branching;
mod builder;
mod characters;
mod collections;
mod combine;
mod dicts;
mod folds;
mod generate;
mod grouping;
mod legacy;
mod lists;
mod math;
mod numeric;
pub(crate) mod order;
mod partition;
mod queries;
mod regex;
mod sets;
mod slices;
mod strings;
mod system;
#[cfg(test)]
mod tests;
mod time;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

pub(crate) use self::builder::Builder;
use crate::eval::Layers;
use crate::eval::overload::{Form, Overload, Presence};
use crate::eval::types::Type;
use crate::syntax::ast::Arg;
use crate::{Delegates, Legacy, ParseOptions};

/// Declares functions of the library.
///
/// ```text
/// functions! {
///     /// What it does.
///     function round(number, ndigits = 0) = round;
///     method where | filter(collection, predicate) = filter;
///     both "#operator_+"(left, right) = add;
/// }
/// ```
macro_rules! functions {
    ($(
        $(#[doc = $doc:literal])+
        $form:ident $name:tt $(| $alias:tt)* ($($param:tt $(= $default:expr)?),* $(,)?) = $body:expr;
    )*) => {
        /// Adds the functions of this module.
        pub(in $crate::library) fn declare(library: &mut $crate::library::Builder) {
            use $crate::eval::overload::Form;
            $(
                for name in [stringify!($name) $(, stringify!($alias))*] {
                    let form = $crate::library::functions!(@form $form);
                    let params = vec![$($crate::library::functions!(@param $param $($default)?)),*];
                    let about = $crate::eval::overload::About {
                        subject: module_path!(),
                        doc: concat!($($doc, "\n"),+),
                    };
                    library.add(form, name, params, about, $body);
                }
            )*
        }
    };
    (@form function) => { Form::Function };
    (@form method) => { Form::Method };
    (@form both) => { Form::Both };
    (@param $name:tt) => { (stringify!($name), None) };
    (@param $name:tt $default:expr) => { (stringify!($name), Some($crate::Value::from($default))) };
}
pub(crate) use functions;

/// All functions of a dialect.
pub(crate) struct Library {
    functions: Table,
    methods: Table,
    legacy: bool,
}

/// Overloads by name, nearest layer first.
type Table = HashMap<&'static str, Vec<Vec<Arc<Overload>>>>;

impl Library {
    /// The library for a dialect; made once.
    pub(crate) fn of(syntax: &ParseOptions) -> &'static Library {
        static LIBRARIES: [OnceLock<Library>; 4] = [const { OnceLock::new() }; 4];
        let delegates = syntax.delegates == Delegates::On;
        let legacy = syntax.legacy != Legacy::Off;
        let index = usize::from(delegates) + 2 * usize::from(legacy);
        LIBRARIES[index].get_or_init(|| Library::build(delegates, legacy))
    }

    fn build(delegates: bool, legacy: bool) -> Library {
        let mut library = Builder::default();
        for declare in [
            boolean::declare,
            branching::declare,
            characters::declare,
            collections::declare,
            combine::declare,
            dicts::declare,
            folds::declare,
            generate::declare,
            grouping::declare,
            lists::declare,
            math::declare,
            numeric::declare,
            order::declare,
            partition::declare,
            queries::declare,
            regex::declare,
            sets::declare,
            strings::declare,
            system::declare,
            time::declare,
            time::declare_timespans,
        ] {
            declare(&mut library);
        }
        if delegates {
            system::delegates::declare(&mut library);
        }
        if legacy {
            library.share(&legacy::BOTH);
            library.hide(&legacy::HIDDEN);
            library.next_layer();
            legacy::declare(&mut library);
        }
        library.finish(legacy)
    }

    pub(crate) fn functions(&self, name: &str) -> Option<&Layers> {
        self.functions.get(name).map(Vec::as_slice)
    }

    pub(crate) fn methods(&self, name: &str) -> Option<&Layers> {
        self.methods.get(name).map(Vec::as_slice)
    }

    pub(crate) fn is_legacy(&self) -> bool {
        self.legacy
    }

    /// The names that can be written in an expression.
    pub(crate) fn names(&self, methods: bool) -> Vec<&'static str> {
        let table = if methods {
            &self.methods
        } else {
            &self.functions
        };
        let written = table.keys().copied();
        written
            .filter(|name| !name.starts_with(['#', '*']))
            .collect()
    }
}

/// Whether an argument of a call is evaluated by the called function, with
/// another `$`, rather than before the call.
pub(crate) fn rebinds_dollar(name: &str, is_method: bool, index: usize, arg: &Arg) -> bool {
    let library = Library::of(&ParseOptions::default());
    let layers = match is_method {
        true => library.methods(crate::eval::plain(name)),
        false => library.functions(crate::eval::plain(name)),
    };
    let overloads = layers.unwrap_or_default().iter().flatten();
    let position = index + usize::from(is_method);
    let lazy = |overload: &Arc<Overload>| {
        let param = match arg {
            Arg::Mapping(key, _) if !overload.takes_rules() => {
                let name = key.word().and_then(crate::Value::as_str);
                overload
                    .params
                    .iter()
                    .find(|param| Some(param.name) == name)
            }
            _ => overload.params.get(position).or_else(|| {
                let last = overload.params.last();
                last.filter(|param| param.presence == Presence::Rest)
            }),
        };
        param.is_some_and(|param| param.ty == Type::Lambda)
    };
    overloads.into_iter().any(lazy)
}

/// A function of the library, for a reference or an editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// The name.
    pub name: &'static str,
    /// Whether `name(x)` works.
    pub is_function: bool,
    /// Whether `x.name()` works.
    pub is_method: bool,
    /// Parameters with types and default values: `round(number: number, ndigits: int = 0)`.
    pub signature: String,
    /// What it does.
    pub doc: &'static str,
    /// What it is about: `strings`, `queries`, …
    pub subject: &'static str,
}

/// The functions and methods of the standard library, by name; operators and
/// internal functions are left out.
///
/// ```
/// let round = yaql::reference().into_iter().find(|f| f.name == "round").unwrap();
/// assert_eq!(round.signature, "round(number: number, ndigits: int = 0)");
/// ```
pub fn reference() -> Vec<FunctionInfo> {
    let library = Library::of(&ParseOptions::default());
    let functions = library.functions.values().flatten().flatten();
    let methods = library.methods.values().flatten().flatten();
    let methods = methods.filter(|overload| overload.form == Form::Method);
    let written = functions
        .chain(methods)
        .filter(|overload| !overload.name.starts_with(['#', '*']));
    let mut all: Vec<FunctionInfo> = written
        .map(|overload| FunctionInfo {
            name: overload.name,
            is_function: overload.form.is_function(),
            is_method: overload.form.is_method(),
            signature: overload.signature(),
            doc: overload.about.doc.trim(),
            subject: overload.about.subject(),
        })
        .collect();
    all.sort_by(|a, b| (a.name, &a.signature).cmp(&(b.name, &b.signature)));
    all
}
