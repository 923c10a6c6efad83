//! The `ostro` program: its command line, and the parts of it that the demo uses too.
//!
//! Commands read their arguments, call the crates below and print. Exit codes and
//! streams are decided here: results go to standard output, everything about the
//! way there to standard error.

pub mod api;
mod arguments;
mod choose;
mod client;
mod db;
mod embedded;
mod exit;
mod expr;
mod graph;
mod input;
mod lint;
mod logging;
mod out;
mod problems;
pub mod remote;
mod run;
mod schema;
mod serve;
mod settings;
pub mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use clap_complete::CompleteEnv;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    // Only if a shell asks for completions; the process ends then.
    CompleteEnv::with_factory(client::complete::command).complete();
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let done = match arguments.command {
        Command::Serve(serve) => serve::serve(&serve),
        Command::Run(run) => run::run(&run),
        Command::Db(db) => db::db(&db),
        Command::Lint(lint) => lint::lint(&lint),
        Command::Graph(graph) => graph::graph(&graph),
        Command::Schema => schema::schema(),
        Command::Expr(expr) => expr::expr(&expr),
        Command::Client(noun) => client::run(&noun),
        Command::Completion { shell } => client::complete::script(shell),
    };
    let exit = done.unwrap_or_else(|error| {
        if out::reader_is_gone(&error) {
            return Exit::Success;
        }
        anstream::eprintln!("ostro: {error:#}");
        Exit::Usage
    });
    exit.into()
}
