//! The command line: every option, and the texts of `--help`.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use server::{Database, Roles};

use crate::client::Noun;
use crate::db::Db;
use crate::expr::Expr;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// A durable workflow service that speaks OpenStack Mistral's language and API.
#[derive(Debug, Parser)]
#[command(
    name = "ostro",
    version,
    styles = STYLES,
    max_term_width = 100,
    args_override_self = true,
    after_help = "\
Start with:
  ostro run examples/hello/hello.yaml      run a workflow at once, without a server
  ostro lint my_workflow.yaml              all problems of a definition, with hints
  ostro serve                              the service, for these commands and other clients
  ostro workflow create hello.yaml         then, as its client: upload a workflow,
  ostro execution create hello --watch     run it and watch it,
  ostro execution list                     and see what has run"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(Serve),
    Run(Run),
    Lint(Lint),
    Graph(Graph),
    Expr(Expr),
    Db(Db),
    #[command(flatten)]
    Client(Noun),
    /// Print the JSON Schema of definitions
    ///
    /// Editors with a YAML language server complete and check definitions with it. Keep it in a file
    /// and name that in the first line of a definition:
    ///   ostro schema > ostro.schema.json
    ///   # yaml-language-server: $schema=ostro.schema.json
    #[command(verbatim_doc_comment)]
    Schema,
    /// Print the completion script of a shell
    ///
    /// Completes commands, options, and the names and ids that the service knows (OSTRO_URL).
    ///   bash:  ostro completion bash > ~/.local/share/bash-completion/completions/ostro
    ///   zsh:   ostro completion zsh > ~/.zfunc/_ostro
    ///   fish:  ostro completion fish > ~/.config/fish/completions/ostro.fish
    #[command(verbatim_doc_comment)]
    Completion {
        /// Which shell
        shell: Shell,
    },
}

/// Run the service: REST API, engine, scheduler and executor in one process
///
/// Prints `listening on http://HOST:PORT/v2` on standard output when it is ready; logs go to
/// standard error (OSTRO_LOG=info adds a line per request, OSTRO_LOG=debug more). SIGTERM and Ctrl-C stop it gracefully, and nothing is
/// lost if it is killed: acknowledged executions go on at the next start.
#[derive(Debug, Args)]
#[command(after_help = "\
Settings come from the file, the environment, --set and the flags above; the later one wins:
  [api]                      in the file given by --config (TOML)
  max_limit = 500
  OSTRO_API__MAX_LIMIT=500   in the environment
  --set api.max_limit=500    on the command line

Examples:
  ostro serve
  ostro serve --listen 127.0.0.1:0 --database sqlite:///var/lib/ostro/ostro.db
  ostro serve --database postgres://ostro@db/ostro --role executor --target gpu
  ostro serve --set 'action_std_http.denied_cidrs=[]'     let std.http reach loopback addresses")]
pub(crate) struct Serve {
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8989]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// Where the data is kept: sqlite://PATH, three slashes for an absolute path, or
    /// postgres://USER@HOST/NAME, which several nodes may share [default: ostro.db in the user's
    /// data directory]
    #[arg(long, value_name = "URL", value_parser = DatabaseUrl::parse)]
    pub(crate) database: Option<DatabaseUrl>,
    /// What this node of several does: some of api, engine, executor, with commas. Without engine it
    /// decides nothing, without executor it runs no actions, without api it serves health, metrics and
    /// the list of nodes alone. SQLite has one node, with all roles [default: all]
    #[arg(long, value_name = "ROLE,…")]
    pub(crate) role: Option<Roles>,
    /// Run actions of tasks with this `target` here, beside those that name the node
    /// (cluster.node_name); may be repeated. SQLite has one node, which runs them all
    #[arg(long, value_name = "NAME")]
    pub(crate) target: Vec<String>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Listen beyond loopback although anybody who can connect may do everything
    #[arg(long)]
    pub(crate) allow_unauthenticated: bool,
}

/// Run a workflow of a file at once, without a server
///
/// Shows the tasks while they run and prints the output as JSON. Nothing is kept unless --database
/// says where. Ctrl-C cancels the workflow, a second one ends the program at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  SUCCESS    1  ERROR    2  bad usage or bad definition    3  cancelled or paused

Examples:
  ostro run hello.yaml --input name=Riga
  ostro run deploy.yaml --workflow main --input @input.json --input 'hosts=[\"a\", \"b\"]'
  ostro run report.yaml --json | jq .output")]
pub(crate) struct Run {
    /// A workflow list or a workbook
    pub(crate) file: PathBuf,
    /// The workflow to run, if the file holds several that no other one calls
    #[arg(long, short, value_name = "NAME")]
    pub(crate) workflow: Option<String>,
    /// Input: NAME=VALUE (a JSON value, else a text) or @FILE (a JSON object); may be repeated, the
    /// later one wins
    #[arg(long, short, value_name = "NAME=VALUE|@FILE")]
    pub(crate) input: Vec<String>,
    /// Environment variables of the workflow, in the same forms
    #[arg(long, short, value_name = "NAME=VALUE|@FILE")]
    pub(crate) env: Vec<String>,
    /// Print one JSON object: {id, state, state_info, output, tasks: [{name, state, result}]}
    #[arg(long)]
    pub(crate) json: bool,
    /// Keep everything in this database: sqlite://PATH
    #[arg(long, value_name = "URL", value_parser = DatabaseUrl::parse)]
    pub(crate) database: Option<DatabaseUrl>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Check definitions and show all problems at once
///
/// Each problem has its place in the file and a hint. The exit code is 1 if there are errors, 2 if a
/// file cannot be read; warnings alone are fine.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro lint workflows/*.yaml
  ostro lint --format json shop.yaml")]
pub(crate) struct Lint {
    /// Workflow lists, workbooks or ad-hoc action lists
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How to print the problems
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    pub(crate) format: LintFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// For people: the lines with carets below them
    Text,
    /// For programs: [{file, line, column, code, severity, message, help}]
    Json,
}

/// Draw a workflow: its tasks, what leads where, and under which condition
///
/// Solid lines are taken on success, dashed ones on errors, thick ones on completion, dotted ones on
/// skip; joins, sub-workflows and engine commands have shapes of their own. The same definition
/// always gives the same picture.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro graph shop.yaml                                  for Markdown, between ```mermaid and ```
  ostro graph shop.yaml --format svg > shop.svg
  ostro graph shop.yaml --workflow main --format dot | dot -Tpdf > main.pdf")]
pub(crate) struct Graph {
    /// A workflow list or a workbook
    pub(crate) file: PathBuf,
    /// The workflow to draw, if the file holds several that no other one calls
    #[arg(long, short, value_name = "NAME")]
    pub(crate) workflow: Option<String>,
    /// The form of the picture
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub(crate) format: GraphFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A Mermaid flowchart
    Mermaid,
    /// The language of Graphviz
    Dot,
    /// A picture that browsers show
    Svg,
}

/// Where settings come from.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// A TOML file of settings
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// One setting; may be repeated
    #[arg(long = "set", value_name = "SECTION.OPTION=VALUE")]
    pub(crate) set: Vec<String>,
}

/// A database by its address: `sqlite://PATH` or `postgres://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DatabaseUrl(pub(crate) Database);

impl DatabaseUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self(Database::Postgres(text.to_owned())));
        }
        match text.strip_prefix("sqlite://") {
            None => Err("write it as sqlite://PATH or postgres://USER@HOST/NAME".to_owned()),
            Some("") => Err("the path is missing: sqlite://PATH".to_owned()),
            Some(path) => Ok(Self(Database::Sqlite(PathBuf::from(path)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn database_addresses() {
        let parse = |text| DatabaseUrl::parse(text).map(|url| url.0);
        let file = |path: &str| Ok(Database::Sqlite(PathBuf::from(path)));
        assert_eq!(parse("sqlite:///var/o.db"), file("/var/o.db"));
        assert_eq!(parse("sqlite://o.db"), file("o.db"));
        assert!(parse("sqlite://").is_err());
        assert!(parse("mysql://localhost/o").is_err());
        let url = "postgresql://localhost/o";
        assert_eq!(parse(url), Ok(Database::Postgres(url.to_owned())));
    }

    fn help(path: &[&str]) -> String {
        let mut program = Arguments::command();
        program.build();
        let found = path.iter().fold(&mut program, |command, name| {
            command.find_subcommand_mut(name).unwrap()
        });
        found.clone().term_width(100).render_long_help().to_string()
    }

    #[test]
    fn help_texts() {
        insta::assert_snapshot!("help_serve", help(&["serve"]));
        insta::assert_snapshot!("help_run", help(&["run"]));
        insta::assert_snapshot!("help_lint", help(&["lint"]));
        insta::assert_snapshot!("help_graph", help(&["graph"]));
        insta::assert_snapshot!("help_schema", help(&["schema"]));
    }

    #[test]
    fn help_texts_of_the_client() {
        insta::assert_snapshot!("help", help(&[]));
        insta::assert_snapshot!("help_execution", help(&["execution"]));
        for verb in ["list", "create", "rerun", "logs", "graph"] {
            insta::assert_snapshot!(format!("help_execution_{verb}"), help(&["execution", verb]));
        }
        insta::assert_snapshot!("help_workflow", help(&["workflow"]));
        insta::assert_snapshot!("help_task_list", help(&["task", "list"]));
        insta::assert_snapshot!("help_action_run", help(&["action", "run"]));
        insta::assert_snapshot!("help_cron_create", help(&["cron", "create"]));
        insta::assert_snapshot!("help_env_update", help(&["env", "update"]));
    }

    #[test]
    fn every_command_says_what_it_does() {
        let mut open = vec![Arguments::command()];
        while let Some(mut command) = open.pop() {
            command.build();
            let name = command.get_bin_name().unwrap_or("ostro").to_owned();
            assert!(command.get_about().is_some(), "{name} says nothing");
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{name}: {} says nothing",
                    argument.get_id()
                );
            }
            open.extend(command.get_subcommands().cloned());
        }
    }
}
