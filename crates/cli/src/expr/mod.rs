//! `ostro expr eval`: expressions without a workflow, for people and for programs.

mod arguments;
mod evaluator;
mod lines;
mod playground;
mod request;
mod tagged;

pub(crate) use self::arguments::Expr;
use self::arguments::{Command, Eval};
use self::evaluator::Evaluator;
use crate::exit::Exit;

pub(crate) fn expr(arguments: &Expr) -> anyhow::Result<Exit> {
    match &arguments.command {
        Command::Eval(eval) => evaluate(eval),
    }
}

fn evaluate(arguments: &Eval) -> anyhow::Result<Exit> {
    let evaluator = Evaluator::new(arguments.now.as_deref())?;
    match &arguments.expression {
        Some(text) if !arguments.jsonl => playground::show(text, arguments, &evaluator),
        _ => lines::answer_all(
            std::io::stdin().lock(),
            std::io::stdout().lock(),
            arguments.lang.into(),
            &evaluator,
        ),
    }
}
