//! The YAQL language: values, parser, evaluator and standard library.
