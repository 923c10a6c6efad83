//! What one method of one path does, takes and answers.

use std::collections::BTreeSet;

use store::query::Column;

use crate::api::fields::Schema;
use crate::api::list::Listing;
use crate::api::resource::Resource;

/// The description of a route.
pub(crate) struct Operation {
    pub(super) summary: &'static str,
    pub(super) about: &'static str,
    pub(super) arguments: Vec<Argument>,
    pub(super) body: Option<Body>,
    pub(super) needs_body: bool,
    pub(super) answers: Vec<Answer>,
    /// Refusals beside those that every operation of its kind has.
    pub(super) faults: BTreeSet<u16>,
    /// Answers have an `ETag`.
    pub(super) is_tagged: bool,
}

/// An argument of the query.
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) form: ArgumentForm,
    pub(super) about: &'static str,
}

#[derive(Clone, Copy)]
pub(super) enum ArgumentForm {
    Text,
    Flag,
    /// A whole number from some smallest one on.
    Integer(i64),
    /// Some of these names, with commas.
    Names(&'static Resource),
    /// Names, with commas.
    Texts,
    /// One of these.
    Word(&'static [&'static str]),
}

/// What a request brings.
pub(super) enum Body {
    /// A JSON object with the attributes of a schema; the resource explains them.
    Json {
        name: &'static str,
        schema: &'static Schema,
        resource: &'static Resource,
    },
    /// Text of some kind.
    Text(&'static str),
}

/// An answer that is no refusal.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content: Content,
}

/// What an answer holds.
pub(super) enum Content {
    Nothing,
    Resource(&'static Resource),
    /// `{collection: [...]}`, with the address of the next page if there may be one.
    List {
        collection: &'static str,
        entry: &'static Resource,
        has_pages: bool,
    },
    /// Any JSON object.
    Json,
    /// A media type that is not described any further.
    Text(&'static str),
}

impl Operation {
    /// An operation without arguments.
    pub(crate) fn new(summary: &'static str) -> Self {
        Self {
            summary,
            about: "",
            arguments: Vec::new(),
            body: None,
            needs_body: true,
            answers: Vec::new(),
            faults: BTreeSet::new(),
            is_tagged: false,
        }
    }

    /// More about it.
    pub(crate) fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    fn argument(mut self, name: &'static str, form: ArgumentForm, about: &'static str) -> Self {
        self.arguments.push(Argument { name, form, about });
        self
    }

    /// An argument that is a text.
    pub(crate) fn text_argument(self, name: &'static str, about: &'static str) -> Self {
        self.argument(name, ArgumentForm::Text, about)
    }

    /// An argument that is a boolean.
    pub(crate) fn flag(self, name: &'static str, about: &'static str) -> Self {
        self.argument(name, ArgumentForm::Flag, about)
    }

    /// An argument that is a whole number.
    pub(crate) fn integer(self, name: &'static str, smallest: i64, about: &'static str) -> Self {
        self.argument(name, ArgumentForm::Integer(smallest), about)
    }

    /// The argument `namespace`.
    pub(crate) fn namespace(self) -> Self {
        self.text_argument("namespace", "The default one is the empty text.")
    }

    /// The argument `scope`.
    pub(crate) fn scope(self) -> Self {
        let words = ArgumentForm::Word(crate::api::resource::SCOPES);
        self.argument(
            "scope",
            words,
            "`private` unless given, for updates too; `public` is for administrators.",
        )
        .faults(&[403])
    }

    /// The argument `fields` of a single get.
    pub(crate) fn fields(self, resource: &'static Resource) -> Self {
        let names = ArgumentForm::Names(resource);
        self.argument("fields", names, "The attributes to send; all unless given.")
    }

    /// The arguments and the answer of a list.
    pub(crate) fn list<C: Column>(self, listing: &Listing<C>) -> Self {
        let mut this = self.pages().argument(
            "fields",
            ArgumentForm::Names(listing.resource),
            "The attributes to send.",
        );
        for column in listing.filters {
            this = this.text_argument(column.name(), FILTER);
        }
        for flag in listing.flags {
            this = this.argument(flag, flag_form(flag), flag_about(flag));
        }
        if listing.has_tags {
            this = this.argument("tags", ArgumentForm::Texts, "All of these tags.");
        }
        if listing.has_nulls {
            let about = "Columns that are null.";
            this = this.argument("nulls", ArgumentForm::Texts, about);
        }
        if listing.flags.contains(&"all_projects") {
            this.faults.insert(403);
        }
        this.faults(&[404]).entries(Content::List {
            collection: listing.collection,
            entry: listing.resource,
            has_pages: true,
        })
    }

    /// The arguments of pages and their order.
    pub(crate) fn pages(self) -> Self {
        self.integer("limit", 1, "The largest number of entries.")
            .text_argument(
                "marker",
                "The id or name of the last entry of the page before.",
            )
            .argument(
                "sort_keys",
                ArgumentForm::Texts,
                "Attributes to sort by; `created_at` unless given.",
            )
            .argument(
                "sort_dirs",
                ArgumentForm::Texts,
                "`asc` or `desc` for each sort key.",
            )
    }

    /// A filter of a list.
    pub(crate) fn filter(self, name: &'static str) -> Self {
        self.text_argument(name, FILTER)
    }

    /// The body is a JSON object.
    pub(crate) fn json_body(
        self,
        name: &'static str,
        schema: &'static Schema,
        resource: &'static Resource,
    ) -> Self {
        let body = Body::Json {
            name,
            schema,
            resource,
        };
        Self {
            body: Some(body),
            ..self
        }
    }

    /// The body may be missing.
    pub(crate) fn optional_body(self) -> Self {
        Self {
            needs_body: false,
            ..self
        }
    }

    /// The body is a text, such as a definition.
    pub(crate) fn text_body(self, about: &'static str) -> Self {
        Self {
            body: Some(Body::Text(about)),
            ..self
        }
    }

    fn answer(mut self, status: u16, content: Content) -> Self {
        self.answers.push(Answer { status, content });
        self
    }

    fn entries(self, content: Content) -> Self {
        self.answer(200, content)
    }

    /// Answers a resource.
    pub(crate) fn answers(self, status: u16, resource: &'static Resource) -> Self {
        self.answer(status, Content::Resource(resource))
    }

    /// Answers resources, all of them.
    pub(crate) fn answers_all(
        self,
        status: u16,
        collection: &'static str,
        entry: &'static Resource,
    ) -> Self {
        let has_pages = false;
        self.answer(
            status,
            Content::List {
                collection,
                entry,
                has_pages,
            },
        )
    }

    /// Answers resources, page by page.
    pub(crate) fn answers_pages(self, collection: &'static str, entry: &'static Resource) -> Self {
        self.entries(Content::List {
            collection,
            entry,
            has_pages: true,
        })
    }

    /// Answers an object of which nothing is known here.
    pub(crate) fn any_json(self, status: u16) -> Self {
        self.answer(status, Content::Json)
    }

    /// Answers a text of some media type.
    pub(crate) fn text(self, status: u16, media_type: &'static str) -> Self {
        self.answer(status, Content::Text(media_type))
    }

    /// Answers nothing but a status.
    pub(crate) fn empty(self, status: u16) -> Self {
        self.answer(status, Content::Nothing)
    }

    /// May refuse with these, too.
    pub(crate) fn faults(mut self, statuses: &[u16]) -> Self {
        self.faults.extend(statuses);
        self
    }

    /// Administrators only.
    pub(crate) fn admin(self) -> Self {
        self.faults(&[403])
    }

    /// Its answers have an `ETag`.
    pub(crate) fn tagged(self) -> Self {
        Self {
            is_tagged: true,
            ..self
        }
    }
}

const FILTER: &str = "A filter: `VALUE` or `OPERATOR:VALUE`.";

fn flag_form(name: &str) -> ArgumentForm {
    match name {
        "include" => ArgumentForm::Word(&["result"]),
        _ => ArgumentForm::Flag,
    }
}

fn flag_about(name: &str) -> &'static str {
    match name {
        "include" => "Entries carry their results.",
        "include_output" => "Entries carry their output.",
        "all_projects" => "Those of all projects; for administrators.",
        _ => "",
    }
}
