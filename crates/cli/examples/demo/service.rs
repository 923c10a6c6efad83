//! `ostro serve` as a child process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use cli::api::Api;
use cli::remote::Remote;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The server has this long to say that it is ready.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; it is killed when this is dropped.
pub(crate) struct Service {
    process: Child,
    program: PathBuf,
    database: PathBuf,
    url: String,
}

impl Service {
    /// Starts a server on a free port with a database in the folder.
    pub(crate) async fn start(program: &Path, folder: &Path) -> anyhow::Result<Self> {
        let database = folder.join("ostro.db");
        let (process, url) = launch(program, &database).await?;
        Ok(Self {
            process,
            program: program.to_owned(),
            database,
            url,
        })
    }

    /// Kills it without a farewell (SIGKILL) and starts it again.
    pub(crate) async fn kill_and_restart(&mut self) -> anyhow::Result<()> {
        self.process
            .kill()
            .await
            .context("the server cannot be killed")?;
        (self.process, self.url) = launch(&self.program, &self.database).await?;
        Ok(())
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn database(&self) -> &Path {
        &self.database
    }

    pub(crate) fn api(&self) -> anyhow::Result<Api<Remote>> {
        Ok(Api::new(Remote::new(&self.url)?))
    }
}

async fn launch(program: &Path, database: &Path) -> anyhow::Result<(Child, String)> {
    let mut process = Command::new(program)
        .args(["serve", "--listen", "127.0.0.1:0", "--database"])
        .arg(format!("sqlite://{}", database.display()))
        .env("OSTRO_LOG", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| {
            format!(
                "cannot run {}; `cargo build --release` makes it",
                program.display()
            )
        })?;
    let stdout = process
        .stdout
        .take()
        .context("the server has no standard output")?;
    let mut line = String::new();
    let mut reader = BufReader::new(stdout);
    timeout(PATIENCE, reader.read_line(&mut line))
        .await
        .context("the server does not get ready")??;
    match line.trim().strip_prefix("listening on ") {
        Some(url) => Ok((process, url.to_owned())),
        None => bail!("the server did not start"),
    }
}
