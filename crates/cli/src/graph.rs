//! `ostro graph`: a picture of a workflow.

use language::graph::{Graph, dot, mermaid, svg};

use crate::arguments;
use crate::choose::choose;
use crate::exit::Exit;
use crate::lint;
use crate::problems::has_errors;

pub(crate) fn graph(arguments: &arguments::Graph) -> anyhow::Result<Exit> {
    let source = lint::read(&arguments.file)?;
    if has_errors(&source) {
        return Ok(Exit::Usage);
    }
    let chosen = choose(&source, arguments.workflow.as_deref())?;
    let graph = Graph::new(&chosen.spec);
    let picture = match arguments.format {
        arguments::GraphFormat::Mermaid => mermaid(&graph),
        arguments::GraphFormat::Dot => dot(&graph),
        arguments::GraphFormat::Svg => svg(&graph),
    };
    print!("{picture}");
    Ok(Exit::Success)
}
