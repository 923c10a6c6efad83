//! The routes of event triggers, of events and of web hooks, and what they answer.

use super::{LISTING, RESOURCE, SCHEMA, change, delete, fires, hooks, index, publish, show};
use crate::api::cron_triggers::fires as starts;
use crate::api::openapi::{Operation, Routes};
use crate::api::resource::{Field, Form, Resource};

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    let (all, one) = ("/v2/event_triggers", "/v2/event_triggers/{id}");
    let body = |summary| {
        Operation::new(summary)
            .json_body("EventTriggerBody", &SCHEMA, &RESOURCE)
            .faults(&[403, 404, 409])
    };
    Routes::of("Event triggers")
        .get(
            all,
            index,
            Operation::new("List event triggers").list(&LISTING),
        )
        .post(
            all,
            change::create,
            body("Create an event trigger").answers(201, &RESOURCE),
        )
        .get(
            one,
            show,
            Operation::new("An event trigger")
                .fields(&RESOURCE)
                .answers(200, &RESOURCE),
        )
        .put(
            one,
            change::update,
            body("Change an event trigger")
                .about("What is not given stays; exchange, topic and event always do.")
                .answers(200, &RESOURCE),
        )
        .delete(
            one,
            delete,
            Operation::new("Delete an event trigger")
                .empty(204)
                .faults(&[403]),
        )
        .get(
            "/v2/event_triggers/{id}/fires",
            fires,
            Operation::new("List the starts of an event trigger, the newest first")
                .list(&starts::LISTING),
        )
        .merge(of_events())
}

fn of_events() -> Routes {
    let path = "/v2/event_triggers/{id}/hook";
    let opens = Operation::new("Give a trigger a web hook, or its web hook another secret")
        .about("The secret is shown this once; one is made unless the body has one.")
        .json_body("HookBody", &hooks::SCHEMA, &HOOK)
        .optional_body()
        .answers(201, &HOOK)
        .faults(&[403]);
    let closes = Operation::new("Close the web hook of a trigger")
        .empty(204)
        .faults(&[403]);
    let receives = Operation::new("Send an event by a web hook")
        .about(
            "`X-Hub-Signature-256` proves that the sender has the secret: `sha256=` and the HMAC of \
             the body in hex.",
        )
        .text_body("The event.")
        .answers(202, &ARRIVED)
        .faults(&[401]);
    let publishes = Operation::new("Publish an event")
        .about("Starts the workflows of all triggers of its exchange, topic and type.")
        .json_body("EventBody", &publish::SCHEMA, &EVENT)
        .answers(202, &ARRIVED);
    Routes::of("Event triggers")
        .post(path, hooks::open, opens)
        .delete(path, hooks::close, closes)
        .post("/v2/hooks/{id}", hooks::receive, receives)
        .post("/v2/events/publish", publish::publish, publishes)
}

static HOOK: Resource = Resource {
    name: "Hook",
    about: "The web hook of a trigger.",
    fields: &[
        Field::text("url", "Where to send events."),
        Field::text("secret", "16 to 256 bytes."),
        Field::text("header", "The header that holds the signature."),
    ],
    is_partial: false,
};

static ARRIVED: Resource = Resource {
    name: "Arrived",
    about: "What an event started.",
    fields: &[
        Field::flag("repeated", "Whether it came before."),
        Field::new("started", Form::Many(&STARTED), ""),
    ],
    is_partial: false,
};

static STARTED: Resource = Resource {
    name: "Started",
    about: "What a trigger made of an event.",
    fields: &[
        Field::text("event_trigger_id", ""),
        Field::text("execution_id", "").or_null(),
        Field::text("reason", "Why nothing was started.").or_null(),
    ],
    is_partial: false,
};

/// What explains the body of `…/publish`.
static EVENT: Resource = Resource {
    name: "Event",
    about: "",
    fields: &[
        Field::text("exchange", "Needed."),
        Field::text("topic", "Needed."),
        Field::text("event_type", "Needed."),
        Field::any("payload", ""),
        Field::text("publisher", "The service that it is of."),
        Field::text("timestamp", ""),
        Field::any("context", "Such as `project_id` and `user_id`."),
        Field::text(
            "message_id",
            "A repetition with the same id starts nothing.",
        ),
    ],
    is_partial: false,
};
