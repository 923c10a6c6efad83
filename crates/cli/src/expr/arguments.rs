//! The command line of `ostro expr`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use language::expression::Language;

/// Try expressions
#[derive(Debug, Args)]
pub(crate) struct Expr {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Eval(Eval),
}

/// Evaluate an expression and print its value as JSON
///
/// An expression may stand by itself or, as in definitions, between delimiters and inside of text.
/// The functions that need a running workflow (task, execution, …) are errors here; env() is the
/// data's `__env`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  evaluated    1  the expression is wrong or failed    2  bad usage, unreadable data

Examples:
  ostro expr eval '[3, 1, 2].orderBy($)'
  ostro expr eval '$.servers.where($.ram > 8).name' --data inventory.json
  ostro expr eval --lang jinja '_.name | upper' --data - < person.json
  ostro expr eval 'Hello <% $.name %>' --data person.json

For programs: with --jsonl each line of standard input is a request
  {\"id\": 1, \"expr\": \"$.a + $x\", \"data\": {\"a\": 1}, \"context\": {\"x\": 2}}
and gets one line on standard output, in order and at once
  {\"id\":1,\"ok\":3}   or   {\"id\":1,\"error\":\"KeyError\",\"message\":\"'b'\"}
More keys of a request: inline (true: expr is text with delimiters) and options.")]
pub(super) struct Eval {
    /// The expression
    #[arg(required_unless_present = "jsonl", allow_hyphen_values = true)]
    pub(super) expression: Option<String>,
    /// The language of an expression without delimiters
    #[arg(long, value_enum, default_value_t = Lang::Yaql)]
    pub(super) lang: Lang,
    /// A file of JSON, or - for standard input: `$` in YAQL, `_` in Jinja [default: null]
    #[arg(long, value_name = "FILE|-")]
    pub(super) data: Option<PathBuf>,
    /// Answer requests on standard input, one a line
    #[arg(long, conflicts_with_all = ["expression", "data"])]
    pub(super) jsonl: bool,
    /// What now() gives, as 2024-03-21T12:00:00Z [default: the time of each evaluation]
    #[arg(long, value_name = "TIME", env = "OSTRO_EXPR_NOW")]
    pub(super) now: Option<String>,
}

/// The languages by their names on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    /// <% … %>
    Yaql,
    /// {{ … }}
    Jinja,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Yaql => Self::Yaql,
            Lang::Jinja => Self::Jinja,
        }
    }
}
