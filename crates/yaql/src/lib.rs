//! The YAQL language: values, parser, evaluator and standard library.

mod value;

pub use value::{DateTime, Dict, List, MAX_DEPTH, Opaque, Set, Timespan, Value, json, python};
