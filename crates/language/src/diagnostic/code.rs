//! The kinds of problem.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $text:literal,)*) => {
        /// The kind of a problem. The text form is stable: tools and people search for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The stable text form.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$variant => $text,)*
                }
            }
        }
    };
}

codes! {
    /// The text is not YAML.
    Yaml => "yaml",
    /// The version is missing, or none that is known.
    Version => "version",
    /// A document without any workflow or action.
    EmptyDocument => "empty-document",
    /// A required key is missing.
    MissingKey => "missing-key",
    /// A key that has no meaning here.
    UnknownKey => "unknown-key",
    /// A key that is no text, or no name.
    BadKey => "bad-key",
    /// The same key twice: the last one counts.
    DuplicateKey => "duplicate-key",
    /// A value of the wrong type.
    WrongType => "wrong-type",
    /// Nothing where something must be.
    EmptyValue => "empty-value",
    /// The same item twice.
    DuplicateItem => "duplicate-item",
    /// A value that is none of those that are known.
    UnknownValue => "unknown-value",
    /// A name that cannot be used.
    BadName => "bad-name",
    /// Two keys that exclude each other.
    ConflictingKeys => "conflicting-keys",
    /// A one-line call that cannot be read.
    BadCall => "bad-call",
    /// Words in a one-line call that are not understood and have no effect.
    IgnoredWords => "ignored-words",
    /// A `with-items` entry that is not `variable in list`.
    BadWithItems => "bad-with-items",
    /// An expression that cannot be parsed.
    BadExpression => "bad-expression",
    /// An expression that cannot be parsed, where nobody looks before it is evaluated.
    BadNestedExpression => "bad-nested-expression",
    /// A transition that cannot be read.
    BadTransition => "bad-transition",
    /// A task that does not exist.
    UnknownTask => "unknown-task",
    /// Every task waits for another one.
    NoStartTask => "no-start-task",
    /// A join that asks for more inbound tasks than there are.
    BadJoin => "bad-join",
    /// Tasks that require each other.
    CyclicRequires => "cyclic-requires",
    /// No path leads to the task.
    UnreachableTask => "unreachable-task",
    /// A join of which an inbound task can never arrive.
    JoinNeverCompletes => "join-never-completes",
    /// A task that has the name of an engine command.
    ShadowedByCommand => "shadowed-by-command",
    /// An action that nobody provides.
    UnknownAction => "unknown-action",
    /// The same text means something else to the original.
    DifferentUpstream => "different-upstream",
    /// Something that is accepted and has no effect.
    NoEffect => "no-effect",
    /// A function, method, filter or test that the expression language does not have.
    UnknownFunction => "unknown-function",
    /// A variable that nobody sets.
    UndefinedVariable => "undefined-variable",
    /// A variable that is set only by tasks which never run before it is read.
    VariableTooEarly => "variable-too-early",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
