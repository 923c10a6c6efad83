//! x
use super::functions;
functions! {}
