//! The `ostro` program: its command line, and the parts of it that the demo uses too.
//!
//! Commands read their arguments, call the crates below and print. Exit codes and
//! streams are decided here: results go to standard output, everything about the
//! way there to standard error.

pub mod api;
mod arguments;
mod embedded;
mod exit;
mod expr;
mod lint;
mod logging;
mod problems;
mod run;
mod serve;
mod settings;
pub mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve(serve) => serve::serve(&serve),
        Command::Run(run) => run::run(&run),
        Command::Lint(lint) => lint::lint(&lint),
        Command::Expr(expr) => expr::expr(&expr),
        Command::Completion { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(shell, &mut command, "ostro", &mut std::io::stdout());
            Ok(Exit::Success)
        }
    };
    let exit = done.unwrap_or_else(|error| {
        anstream::eprintln!("ostro: {error:#}");
        Exit::Usage
    });
    exit.into()
}
