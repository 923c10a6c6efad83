//! What the resources look like in answers: one table each.
//!
//! The same table says which attributes `fields` may choose, in which order they are
//! sent, and what the OpenAPI document tells about them.

/// A resource, or a part of one.
#[derive(Debug)]
pub(crate) struct Resource {
    /// Its name in the OpenAPI document.
    pub(crate) name: &'static str,
    /// What it is, in a sentence.
    pub(crate) about: &'static str,
    /// Its attributes, in the order in which they are sent.
    pub(crate) fields: &'static [Field],
    /// Whether answers may hold some of the attributes only: the `fields` argument,
    /// and attributes that lists leave out.
    pub(crate) is_partial: bool,
}

/// One attribute in answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// What it means; empty where the name says it.
    pub(crate) about: &'static str,
    pub(crate) is_nullable: bool,
    pub(crate) is_optional: bool,
}

/// The form of an attribute in answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// A string.
    Text,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    Time,
    /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`, in own additions.
    Instant,
    /// A boolean.
    Flag,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// One of some words.
    Word(&'static [&'static str]),
    /// An array of strings.
    Texts,
    /// A JSON object as text.
    ObjectText,
    /// Any JSON as text.
    JsonText,
    /// [`Form::ObjectText`] that is an object in answers to writes.
    Interface,
    /// Any JSON.
    Any,
    /// Another resource.
    One(&'static Resource),
    /// An array of other resources.
    Many(&'static Resource),
}

impl Resource {
    /// The names of the attributes.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.fields.iter().map(|field| field.name)
    }

    /// Whether there is an attribute of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// The attribute of that name.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

macro_rules! constructors {
    ($($name:ident => $form:expr;)*) => {
        impl Field {
            $(pub(crate) const fn $name(name: &'static str, about: &'static str) -> Self {
                Self::new(name, $form, about)
            })*
        }
    };
}

constructors! {
    text => Form::Text;
    time => Form::Time;
    instant => Form::Instant;
    flag => Form::Flag;
    integer => Form::Integer;
    number => Form::Number;
    texts => Form::Texts;
    object_text => Form::ObjectText;
    json_text => Form::JsonText;
    interface => Form::Interface;
    any => Form::Any;
}

impl Field {
    /// An attribute that is always there and never null.
    pub(crate) const fn new(name: &'static str, form: Form, about: &'static str) -> Self {
        Self {
            name,
            form,
            about,
            is_nullable: false,
            is_optional: false,
        }
    }

    /// One of some words.
    pub(crate) const fn word(
        name: &'static str,
        words: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self::new(name, Form::Word(words), about)
    }

    /// It may be null.
    pub(crate) const fn or_null(self) -> Self {
        Self {
            is_nullable: true,
            ..self
        }
    }

    /// It may be missing.
    pub(crate) const fn or_none(self) -> Self {
        Self {
            is_optional: true,
            ..self
        }
    }
}

/// The words of `scope`.
pub(crate) const SCOPES: &[&str] = &["private", "public"];

/// The states of executions.
pub(crate) const EXECUTION_STATES: &[&str] =
    &["IDLE", "RUNNING", "SUCCESS", "ERROR", "PAUSED", "CANCELLED"];

/// The states of tasks and actions.
pub(crate) const STATES: &[&str] = &[
    "IDLE",
    "WAITING",
    "RUNNING",
    "DELAYED",
    "PAUSED",
    "SUCCESS",
    "ERROR",
    "CANCELLED",
    "SKIPPED",
];
