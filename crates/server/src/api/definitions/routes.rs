//! The routes of all kinds of definitions.

use axum::handler::Handler;

use super::{Defined, handlers};
use crate::api::openapi::{Operation, Routes};
use crate::api::resource::{Field, Form, Resource};
use crate::api::state::App;

/// The words that describe the routes of a kind.
pub(crate) struct Words {
    /// The part of the document.
    pub(crate) tag: &'static str,
    pub(crate) list: &'static str,
    pub(crate) create: &'static str,
    pub(crate) update: &'static str,
    pub(crate) validate: &'static str,
    pub(crate) one: &'static str,
    pub(crate) delete: &'static str,
}

/// What a write answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The definition.
    One,
    /// `{"workflows": [...]}`
    List,
}

/// What `…/validate` says.
static VERDICT: Resource = Resource {
    name: "Verdict",
    about: "Whether a text is a valid definition.",
    fields: &[
        Field::flag("valid", ""),
        Field::text("error", "The first problem.").or_none(),
        Field::new("problems", Form::Many(&PROBLEM), "All problems.").or_none(),
        Field::new(
            "warnings",
            Form::Many(&PROBLEM),
            "What may be meant otherwise.",
        )
        .or_none(),
    ],
    is_partial: false,
};

static PROBLEM: Resource = Resource {
    name: "Problem",
    about: "A problem of a definition, with its place.",
    fields: &[
        Field::integer("line", "From 1."),
        Field::integer("column", "From 1."),
        Field::word("severity", &["error", "warning"], ""),
        Field::text("code", ""),
        Field::text("message", ""),
        Field::text("help", "What to write instead.").or_null(),
    ],
    is_partial: false,
};

/// What all kinds have. The list is a handler of its own.
pub(crate) fn routes<D, H, T>(index: H, list: Operation) -> Routes
where
    D: Defined,
    H: Handler<T, App>,
    T: 'static,
{
    let words = &D::WORDS;
    let all = format!("/v2/{}", D::PLURAL);
    let one = format!("{all}/{{id}}");
    let validate = Operation::new(words.validate)
        .about("A text that is not valid is no refusal.")
        .text_body("YAML.")
        .answers(200, &VERDICT);
    Routes::of(words.tag)
        .get(&all, index, list.tagged())
        .post(&all, handlers::create::<D>, upload::<D>(words.create, 201))
        .put(
            &all,
            handlers::update::<D>,
            upload::<D>(words.update, 200).faults(&[404]),
        )
        .post(
            &format!("{all}/validate"),
            handlers::validate::<D>,
            validate,
        )
        .get(&one, handlers::show::<D>, single::<D>().namespace())
        .delete(&one, handlers::delete::<D>, delete::<D>().namespace())
}

/// An update of the one that the path names; its answer is `written`.
pub(crate) fn update_one<D: Defined>(summary: &'static str, written: Shape) -> Routes {
    let operation = text(summary).faults(&[409]);
    Routes::of(D::WORDS.tag).put(
        &format!("/v2/{}/{{id}}", D::PLURAL),
        handlers::update_one::<D>,
        answered::<D>(operation, 200, written),
    )
}

/// The namespace as the last part of the path.
pub(crate) fn in_namespace<D: Defined>() -> Routes {
    let path = format!("/v2/{}/{{id}}/{{namespace}}", D::PLURAL);
    Routes::of(D::WORDS.tag)
        .get(&path, handlers::show_in::<D>, single::<D>())
        .delete(&path, handlers::delete_in::<D>, delete::<D>())
}

fn upload<D: Defined>(summary: &'static str, status: u16) -> Operation {
    let operation = text(summary)
        .about("All that the text defines is stored, or nothing of it.")
        .faults(&[409]);
    answered::<D>(operation, status, D::WRITTEN)
}

fn text(summary: &'static str) -> Operation {
    Operation::new(summary)
        .scope()
        .namespace()
        .flag(
            "skip_validation",
            "Has no effect: definitions are always checked.",
        )
        .text_body("YAML.")
}

fn answered<D: Defined>(operation: Operation, status: u16, written: Shape) -> Operation {
    match written {
        Shape::One => operation.answers(status, D::RESOURCE),
        Shape::List => operation.answers_all(status, D::PLURAL, D::RESOURCE),
    }
}

fn single<D: Defined>() -> Operation {
    Operation::new(D::WORDS.one)
        .fields(D::RESOURCE)
        .answers(200, D::RESOURCE)
        .tagged()
}

fn delete<D: Defined>() -> Operation {
    Operation::new(D::WORDS.delete).empty(204).faults(&[403])
}
