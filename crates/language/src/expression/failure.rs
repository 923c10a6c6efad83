//! Errors inside of an evaluation, with the class and text that Python would give.

use yaql::Limit;

use super::scope::Interrupt;

/// Why an evaluation ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// An error of the expression.
    Raised {
        /// The name of the exception class.
        class: &'static str,
        /// Its text.
        message: String,
    },
    /// A function of the host wants the evaluation to stop; not an error.
    Interrupted(Interrupt),
}

/// The result of a part of an evaluation.
pub(super) type Outcome<T> = Result<T, Failure>;

/// An error of a class.
pub(super) fn raise(class: &'static str, message: impl Into<String>) -> Failure {
    Failure::Raised {
        class,
        message: message.into(),
    }
}

/// A `TypeError`.
pub(super) fn type_error(message: impl Into<String>) -> Failure {
    raise("TypeError", message)
}

/// A `ValueError`.
pub(super) fn value_error(message: impl Into<String>) -> Failure {
    raise("ValueError", message)
}

/// An `UndefinedError`.
pub(super) fn undefined_error(message: impl Into<String>) -> Failure {
    raise("UndefinedError", message)
}

/// An `OverflowError`.
pub(super) fn overflow_error(message: impl Into<String>) -> Failure {
    raise("OverflowError", message)
}

/// A limit of the evaluation was reached; classes and texts are those of YAQL.
pub(super) fn limit_error(limit: Limit) -> Failure {
    match limit {
        Limit::Time => raise(
            "TimeLimitExceededException",
            "Expression took too much time",
        ),
        Limit::Iterations => raise(
            "IterationLimitExceededException",
            "Expression took too many iterations",
        ),
        Limit::Memory => raise(
            "MemoryQuotaExceededException",
            "Expression consumed too much memory",
        ),
        Limit::Depth => raise("RecursionError", "maximum recursion depth exceeded"),
    }
}
