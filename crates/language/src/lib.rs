//! Mistral workflow language v2: YAML with spans, specifications, checked programs and expressions.

pub mod expression;
pub mod program;
