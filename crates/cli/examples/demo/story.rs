//! What happens in the demo, step by step.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use anyhow::Context;
use cli::api::{Api, Document, Execution};
use cli::remote::Remote;
use cli::watch::{Lines, Screen, View, follow};
use serde_json::{Map, json};

use crate::Arguments;
use crate::service::Service;
use crate::stage::Stage;

const TITLE: Style = AnsiColor::Cyan.on_default().bold();

/// Plays all steps and returns the state in which the upgrade ended.
pub(crate) async fn tell(arguments: &Arguments, folder: &Path) -> anyhow::Result<String> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    title("Four servers, a gateway and a mail server on this machine");
    let stage = Stage::build(folder).await?;
    for host in stage.hosts() {
        anstream::println!(
            "  {:<8} {:<16} kernel {}",
            host.name,
            host.address(),
            host.kernel()
        );
    }
    anstream::println!("  {:<8} {}", "gateway", stage.gateway_address());
    anstream::println!("  {:<8} {}", "mail", stage.mail_address());

    title("ostro serve");
    let mut service = Service::start(&arguments.ostro, folder).await?;
    anstream::println!("  {}", service.url());
    anstream::println!("  sqlite://{}", service.database().display());
    let api = service.api()?;
    anstream::println!(
        "  uploaded: {}",
        upload(&api, &arguments.examples).await?.join(", ")
    );

    title("Upgrade all of them, through the gateway; one will fail");
    let execution = api
        .start("upgrade_kernel", stage.input(), Map::new())
        .await?;
    let mut view = view();
    let failed = watch(&api, &execution.id, &mut view).await?;
    anstream::println!(
        "  updated {}, not updated {}",
        failed.output["updated"],
        failed.output["not_updated"]
    );
    show_mail(&stage);

    title("Run the failed host again, and only that one");
    let tasks = api.tasks(&execution.id).await?;
    let task = tasks
        .iter()
        .find(|task| task.name == "upgrade")
        .context("no task 'upgrade'")?;
    anstream::println!(
        "  PUT /v2/tasks/{} {{\"state\": \"RUNNING\", \"reset\": false}}",
        task.id
    );
    api.rerun(&task.id, false).await?;
    let mended = watch(&api, &execution.id, &mut view).await?;
    for host in stage.hosts() {
        let times = match host.commands() {
            1 => "once".to_owned(),
            n => format!("{n} times"),
        };
        anstream::println!(
            "  {:<8} kernel {:<9} asked {times}",
            host.name,
            host.kernel()
        );
    }
    show_mail(&stage);

    let survivor = kill_in_the_middle(&mut service).await?;
    next_steps();
    Ok(match survivor.state.as_str() {
        "SUCCESS" => mended.state,
        _ => survivor.state,
    })
}

/// Uploads every example; returns their names.
async fn upload(api: &Api<Remote>, examples: &Path) -> anyhow::Result<Vec<String>> {
    let folders = std::fs::read_dir(examples)
        .with_context(|| format!("no examples in {}", examples.display()))?;
    let mut names = Vec::new();
    for entry in folders {
        let path = entry?.path();
        let Some(name) = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|_| path.is_dir())
        else {
            continue;
        };
        let text = std::fs::read_to_string(path.join(format!("{name}.yaml")))?;
        api.upload(Document::Workflows, &text)
            .await
            .with_context(|| name.to_owned())?;
        names.push(name.to_owned());
    }
    names.sort();
    Ok(names)
}

async fn kill_in_the_middle(service: &mut Service) -> anyhow::Result<Execution> {
    title("Kill the server in the middle of a workflow (kill -9), and start it again");
    let api = service.api()?;
    let input = Map::from_iter([("ready_after".to_owned(), json!(1))]);
    let execution = api.start("retry_and_timeout", input, Map::new()).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = api.execution(&execution.id).await?;
    anstream::println!("  {} is {} - killed", before.workflow_name, before.state);
    service.kill_and_restart().await?;
    anstream::println!("  started again at {}", service.url());
    watch(&service.api()?, &execution.id, &mut view()).await
}

fn view() -> Box<dyn View> {
    match std::io::stderr().is_terminal() {
        true => Box::new(Screen::new()),
        false => Box::new(Lines::new(anstream::stdout())),
    }
}

/// Shows the execution until it has come to rest.
async fn watch(api: &Api<Remote>, id: &str, view: &mut Box<dyn View>) -> anyhow::Result<Execution> {
    let execution = follow(api, id, view).await?;
    let why = first_line(execution.state_info.as_deref());
    anstream::println!("  {} {why}", execution.state);
    Ok(execution)
}

fn show_mail(stage: &Stage) {
    if let Some(mail) = stage.mails().last() {
        anstream::println!("\n  ┌ mail to {}", mail.recipients.join(", "));
        anstream::println!(
            "  │ Subject: {}",
            mail.header("Subject").unwrap_or_default()
        );
        for line in mail.body.trim_end().lines() {
            anstream::println!("  │ {line}");
        }
        anstream::println!("  └");
    }
}

fn next_steps() {
    title("Next");
    anstream::println!("  target/release/ostro run examples/hello/hello.yaml --input name=you");
    anstream::println!(
        "  target/release/ostro serve          then any Mistral client at http://127.0.0.1:8989/v2"
    );
    anstream::println!("  examples/README.md                  what else there is");
}

fn title(text: &str) {
    anstream::println!("\n{TITLE}{text}{TITLE:#}");
}

fn first_line(text: Option<&str>) -> &str {
    text.and_then(|text| text.lines().next())
        .unwrap_or_default()
}
