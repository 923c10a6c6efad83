//! The routes of cron triggers.

use super::{LISTING, RESOURCE, SCHEMA, create, delete, fires, index, show, update};
use crate::api::openapi::{Operation, Routes};

/// The routes of this resource.
pub(crate) fn routes() -> Routes {
    let (all, one) = ("/v2/cron_triggers", "/v2/cron_triggers/{id}");
    let body = |summary| {
        Operation::new(summary)
            .json_body("CronTriggerBody", &SCHEMA, &RESOURCE)
            .faults(&[403, 404, 409])
    };
    Routes::of("Cron triggers")
        .get(
            all,
            index,
            Operation::new("List cron triggers").list(&LISTING),
        )
        .post(
            all,
            create::create,
            body("Create a cron trigger").answers(201, &RESOURCE),
        )
        .get(
            one,
            show,
            Operation::new("A cron trigger, by name or id")
                .fields(&RESOURCE)
                .answers(200, &RESOURCE),
        )
        .put(
            one,
            update::update,
            body("Change a cron trigger")
                .about("What is not given stays.")
                .answers(200, &RESOURCE),
        )
        .delete(
            one,
            delete,
            Operation::new("Delete a cron trigger")
                .empty(204)
                .faults(&[403]),
        )
        .merge(of_fires())
}

fn of_fires() -> Routes {
    let history = Operation::new("List the starts of a cron trigger, the newest first");
    let runs = Operation::new("Start the workflow of a cron trigger now")
        .about("Whatever the schedule, the count and the overlap say.")
        .answers(201, &fires::RESOURCE)
        .faults(&[403]);
    let backfills = Operation::new("Start the workflow for each time of a period")
        .about("The end of the period is not part of it.")
        .json_body("Period", &fires::PERIOD, &fires::PERIODS)
        .answers_all(201, "fires", &fires::RESOURCE)
        .faults(&[403]);
    Routes::of("Cron triggers")
        .get(
            "/v2/cron_triggers/{id}/fires",
            fires::index,
            history.list(&fires::LISTING),
        )
        .post("/v2/cron_triggers/{id}/run", fires::run, runs)
        .post(
            "/v2/cron_triggers/{id}/backfill",
            fires::backfill,
            backfills,
        )
}
