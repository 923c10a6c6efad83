//! `ostro schema`: the JSON Schema of definitions, for editors.

use crate::exit::Exit;

pub(crate) fn schema() -> anyhow::Result<Exit> {
    println!("{}", serde_json::to_string_pretty(&language::schema())?);
    Ok(Exit::Success)
}
