//! Evaluating a syntax tree.

mod call;
mod expression;
mod macros;
mod place;
mod statement;
