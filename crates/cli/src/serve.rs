//! `ostro serve`: the node and its listener, until SIGTERM or Ctrl-C.

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZero;

use anyhow::Context;
use server::{App, Config, Database, Node, check_listen};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::arguments::Serve;
use crate::exit::Exit;
use crate::{logging, settings};

pub(crate) fn serve(arguments: &Serve) -> anyhow::Result<Exit> {
    // A line per request (OSTRO_LOG=info) is more than a terminal wants.
    logging::start("info,server::api=warn");
    let mut config = settings::load(&arguments.settings)?;
    if let Some(address) = arguments.listen {
        config.api.host = address.ip();
        config.api.port = address.port();
    }
    if let Some(roles) = arguments.role {
        config.cluster.roles = roles;
    }
    if !arguments.target.is_empty() {
        config.executor.targets.clone_from(&arguments.target);
    }
    config.api.allow_unauthenticated |= arguments.allow_unauthenticated;
    check_listen(config.api.host, config.api.allow_unauthenticated)?;
    let database = settings::database(arguments.database.as_ref(), &config)?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(workers())
        .enable_all()
        .build()
        .context("no runtime")?;
    runtime.block_on(run(config, database))?;
    Ok(Exit::Success)
}

/// Threads for requests and actions: a core is left to the runner's thread. Two of them on two
/// cores would wake each other for every message that could as well wait for its turn.
fn workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    cores.saturating_sub(1).max(1)
}

async fn run(config: Config, database: Database) -> anyhow::Result<()> {
    let wanted = SocketAddr::new(config.api.host, config.api.port);
    // The port first: a second server on the same address shall not touch the database.
    let listener = TcpListener::bind(wanted)
        .await
        .with_context(|| format!("cannot listen on {wanted}"))?;
    let shown = settings::shown(&database);
    let handle = tokio::runtime::Handle::current();
    let node = tokio::task::spawn_blocking(move || Node::open(config, &database, handle))
        .await?
        .with_context(|| format!("cannot use the database {shown}"))?;
    let shutdown = node.shutdown().clone();
    // Before anybody is told that there is a server to stop.
    let (terminate, interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    tokio::spawn(stop_on_signal(terminate, interrupt, shutdown.clone()));
    announce(listener.local_addr()?)?;
    server::serve(listener, App::new(node.services()), shutdown).await?;
    tokio::task::spawn_blocking(move || node.stop()).await?;
    Ok(())
}

/// Tells whoever started the server that it is ready, and where.
fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}/v2")?;
    out.flush()
}

async fn stop_on_signal(mut terminate: Signal, mut interrupt: Signal, shutdown: CancellationToken) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    shutdown.cancel();
}
