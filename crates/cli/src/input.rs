//! `--input`, `--env` and their like: values, files and documents become one JSON object.

use std::io::Read;
use std::path::PathBuf;

use serde_json::{Map, Value};

/// Arguments that do not make an object.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// No form that is known.
    #[error("'{0}' is neither NAME=VALUE nor a JSON object nor a file")]
    Form(String),
    /// A file, or standard input.
    #[error("cannot read {name}: {reason}")]
    Unreadable {
        name: String,
        reason: std::io::Error,
    },
    /// Its content.
    #[error("{name} is not a JSON or YAML object{reason}")]
    NotAnObject { name: String, reason: String },
}

/// Merges the arguments in order; the later one of two with the same name wins.
pub(crate) fn object(arguments: &[String]) -> Result<Map<String, Value>, InputError> {
    let mut object = Map::new();
    for argument in arguments {
        object.extend(one(argument)?);
    }
    Ok(object)
}

fn one(argument: &str) -> Result<Map<String, Value>, InputError> {
    if argument.starts_with('{') {
        return document("the argument", argument);
    }
    if let Some(file) = argument.strip_prefix('@') {
        return read(file);
    }
    match argument.split_once('=') {
        Some((name, text)) if !name.is_empty() => {
            Ok(Map::from_iter([(name.to_owned(), value(text))]))
        }
        None if argument == "-" || PathBuf::from(argument).is_file() => read(argument),
        _ => Err(InputError::Form(argument.to_owned())),
    }
}

/// JSON if it is JSON, the text itself otherwise: `n=3` is a number, `name=Riga` a text.
pub(crate) fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// The object in a file; `-` is standard input.
pub(crate) fn read(file: &str) -> Result<Map<String, Value>, InputError> {
    document(file, &text(file)?)
}

/// The text of a file; `-` is standard input.
pub(crate) fn text(file: &str) -> Result<String, InputError> {
    let mut text = String::new();
    let done = match file {
        "-" => std::io::stdin().read_to_string(&mut text).map(drop),
        path => std::fs::read_to_string(path).map(|read| text = read),
    };
    let name = match file {
        "-" => "standard input",
        path => path,
    };
    done.map(|()| text)
        .map_err(|reason| InputError::Unreadable {
            name: name.to_owned(),
            reason,
        })
}

/// The object that a text is, in JSON or YAML.
pub(crate) fn document(name: &str, text: &str) -> Result<Map<String, Value>, InputError> {
    let wrong = |reason: String| InputError::NotAnObject {
        name: name.to_owned(),
        reason,
    };
    let json = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(reason) if text.trim_start().starts_with('{') => {
            return Err(wrong(format!(": {reason}")));
        }
        Err(_) => yaml(text).map_err(|reason| wrong(format!(": {reason}")))?,
    };
    match json {
        Value::Object(object) => Ok(object),
        _ => Err(wrong(String::new())),
    }
}

fn yaml(text: &str) -> Result<Value, String> {
    let node = language::yaml::load(text, &language::yaml::Limits::default())
        .map_err(|error| error.to_string())?;
    let value = node
        .as_ref()
        .map(language::yaml::to_value)
        .unwrap_or_default();
    serde_json::to_value(value).map_err(|error| error.to_string())
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
        std::fs::write(&file, "a: yes\nc: [1, x]\n").unwrap();
        assert_eq!(
            read_arguments(&[file.to_str().unwrap(), "{\"b\": 3}"]),
            Ok(json!({"a": true, "c": [1, "x"], "b": 3}))
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(
            read_arguments(&["nonsense"]),
            Err("'nonsense' is neither NAME=VALUE nor a JSON object nor a file".to_owned())
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
                .contains("is not a JSON or YAML object")
        );
        let broken = read_arguments(&["{\"a\": }"]).unwrap_err();
        assert!(broken.contains("line 1 column 7"), "{broken}");
    }
}
