//! The YAQL language: values, parser, evaluator and standard library.
//!
//! An [`Expression`] is parsed once and evaluated any number of times, each
//! time in an [`Environment`]: data, variables, a [`Host`] with more functions,
//! limits, the time and a seed. The crate itself does no input or output, knows
//! no clock and no source of random numbers, so evaluations are repeatable.
//!
//! ```
//! use yaql::{Environment, Expression, json};
//!
//! let expression = Expression::parse("$.people.orderBy($.age).name")?;
//! let data = json::parse(r#"{"people": [{"name": "Eva", "age": 31}, {"name": "Bob", "age": 25}]}"#)?;
//! let names = expression.evaluate(&Environment::new(data))?;
//! assert_eq!(json::to_string(&names), r#"["Bob","Eva"]"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod environment;
mod error;
mod eval;
mod expression;
mod host;
mod inspect;
mod library;
mod limits;
mod regex;
mod syntax;
mod value;

pub use environment::{Environment, Options};
pub use error::EvalError;
pub use expression::Expression;
pub use host::{Accepts, Evaluation, Host, HostFunction, HostParameter};
pub use inspect::{ArgumentSite, CallSite, Read};
pub use library::{FunctionInfo, reference};
pub use limits::{Limit, Limits};
pub use syntax::{Delegates, Legacy, ParseError, ParseErrorKind, ParseOptions, Span};
pub use value::{
    DateTime, Dict, DictIter, List, MAX_DEPTH, Opaque, Set, Timespan, Value, json, python,
};
