//! `--input` and `--env`: `name=value` texts and `@file`s become one JSON object.

use std::path::PathBuf;

use serde_json::{Map, Value};

/// Arguments that do not make an object.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// Neither form.
    #[error("'{0}' is neither NAME=VALUE nor @FILE")]
    Form(String),
    /// The file of an `@FILE`.
    #[error("cannot read {}: {reason}", file.display())]
    Unreadable {
        file: PathBuf,
        reason: std::io::Error,
    },
    /// Its content.
    #[error("{} is not a JSON object: {reason}", file.display())]
    NotAnObject {
        file: PathBuf,
        reason: serde_json::Error,
    },
}

/// Merges the arguments in order; the later one of two with the same name wins.
pub(crate) fn object(arguments: &[String]) -> Result<Map<String, Value>, InputError> {
    let mut object = Map::new();
    for argument in arguments {
        match argument.strip_prefix('@') {
            Some(file) => object.extend(read(PathBuf::from(file))?),
            None => {
                let (name, text) = split(argument)?;
                object.insert(name.to_owned(), value(text));
            }
        }
    }
    Ok(object)
}

fn split(argument: &str) -> Result<(&str, &str), InputError> {
    match argument.split_once('=') {
        Some((name, text)) if !name.is_empty() => Ok((name, text)),
        _ => Err(InputError::Form(argument.to_owned())),
    }
}

/// JSON if it is JSON, the text itself otherwise: `n=3` is a number, `name=Riga` a text.
fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn read(file: PathBuf) -> Result<Map<String, Value>, InputError> {
    match std::fs::read(&file) {
        Err(reason) => Err(InputError::Unreadable { file, reason }),
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|reason| InputError::NotAnObject { file, reason }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_arguments(arguments: &[&str]) -> Result<Value, String> {
        let owned: Vec<_> = arguments.iter().map(|a| (*a).to_owned()).collect();
        object(&owned)
            .map(Value::Object)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_json_or_text() {
        let arguments = [
            "n=3",
            "name=Riga",
            "list=[1, \"a\"]",
            "quoted=\"3\"",
            "equation=a=b",
            "empty=",
        ];
        let expected = json!({
            "n": 3, "name": "Riga", "list": [1, "a"], "quoted": "3", "equation": "a=b", "empty": "",
        });
        assert_eq!(read_arguments(&arguments), Ok(expected));
    }

    #[test]
    fn files_and_values_merge_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("input.json");
        std::fs::write(&file, r#"{"a": 1, "b": 2}"#).unwrap();
        let at = format!("@{}", file.display());
        assert_eq!(
            read_arguments(&["a=0", &at, "b=3"]),
            Ok(json!({"a": 1, "b": 3}))
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(
            read_arguments(&["nonsense"]),
            Err("'nonsense' is neither NAME=VALUE nor @FILE".to_owned())
        );
        assert!(read_arguments(&["=1"]).is_err());
        assert!(
            read_arguments(&["@/no/such/file"])
                .unwrap_err()
                .starts_with("cannot read /no/such/file")
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list.json");
        std::fs::write(&file, "[1]").unwrap();
        assert!(
            read_arguments(&[&format!("@{}", file.display())])
                .unwrap_err()
                .contains("is not a JSON object")
        );
    }
}
