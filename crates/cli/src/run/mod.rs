//! `ostro run`: a workflow of a file, at once, in an embedded service.

mod interrupt;
pub(crate) mod outcome;

use std::io::IsTerminal;

use anyhow::Context;
use language::Source;

use crate::api::{Api, ApiError, Execution, Transport};
use crate::arguments::Run;
use crate::choose::{Chosen, choose};
use crate::embedded::Embedded;
use crate::exit::Exit;
use crate::problems::has_errors;
use crate::watch::{Lines, Screen, View, follow};
use crate::{input, lint, logging, settings};

pub(crate) fn run(arguments: &Run) -> anyhow::Result<Exit> {
    let source = lint::read(&arguments.file)?;
    if has_errors(&source) {
        return Ok(Exit::Usage);
    }
    let chosen = choose(&source, arguments.workflow.as_deref())?;
    logging::start("warn");
    let runtime = tokio::runtime::Runtime::new().context("no runtime")?;
    runtime.block_on(perform(arguments, &source, &chosen))
}

async fn perform(arguments: &Run, source: &Source, chosen: &Chosen) -> anyhow::Result<Exit> {
    let input = input::object(&arguments.input)?;
    let env = input::object(&arguments.env)?;
    let config = settings::load(&arguments.settings)?;
    let database = arguments.database.as_ref().map(|url| &url.0);
    let service = Embedded::start(config, database)?;
    let api = Api::new(service.transport());
    api.upload(chosen.document, source.text()).await?;
    let started = api.start(&chosen.workflow, input, env).await?;
    let ended = watch(&api, &started.id).await?;
    match arguments.json {
        true => outcome::print_json(&api, &ended).await?,
        false => outcome::print_output(&ended),
    }
    service.stop().await;
    Ok(outcome::exit(&ended.state))
}

/// Shows the execution until it has come to rest; Ctrl-C cancels it.
async fn watch<T: Transport>(api: &Api<T>, id: &str) -> Result<Execution, ApiError> {
    let mut view: Box<dyn View> = match std::io::stderr().is_terminal() {
        true => Box::new(Screen::new()),
        false => Box::new(Lines::new(std::io::stderr())),
    };
    tokio::select! {
        ended = follow(api, id, &mut view) => return ended,
        () = interrupt::first() => {}
    }
    api.set_state(id, "CANCELLED").await?;
    follow(api, id, &mut view).await
}
