//! The demo: upgrades the kernel of four throw-away servers through a gateway.
//! One of them fails, a mail says so, a rerun of that host alone mends it - and the
//! server is killed in the middle of another workflow, which ends all the same.
//!
//! Everything listens on free loopback ports and lives in a temporary folder.

mod service;
mod stage;
mod story;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

/// Shows Ostro at work on throw-away servers.
#[derive(Debug, Parser)]
struct Arguments {
    /// The program to show
    #[arg(long, default_value = "target/release/ostro")]
    ostro: PathBuf,
    /// The folder of the example workflows
    #[arg(long, default_value = "examples")]
    examples: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match play(&arguments) {
        Ok(state) => {
            anstream::println!("\nFinal state: {state}");
            match state.as_str() {
                "SUCCESS" => ExitCode::SUCCESS,
                _ => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            anstream::eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn play(arguments: &Arguments) -> anyhow::Result<String> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no runtime")?;
    runtime.block_on(story::tell(arguments, folder.path()))
}
