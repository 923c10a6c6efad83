//! What no compiler checks: which crate may use which, and the shape of the files.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crates of the workspace and those of it that each may use.
const LAYERS: [(&str, &[&str]); 8] = [
    ("yaql", &[]),
    ("language", &["yaql"]),
    ("engine", &["language", "yaql"]),
    ("store", &["engine", "language", "yaql"]),
    ("actions", &["engine", "language", "yaql"]),
    (
        "testkit",
        &["actions", "engine", "language", "store", "yaql"],
    ),
    (
        "server",
        &["actions", "engine", "language", "store", "yaql"],
    ),
    (
        "cli",
        &["actions", "engine", "language", "server", "store", "yaql"],
    ),
];
/// These think; they must not be able to do anything else.
const PURE: [&str; 3] = ["yaql", "language", "engine"];
/// Runtimes, sockets, databases.
const OUTSIDE: [&str; 10] = [
    "axum", "hyper", "lettre", "mio", "reqwest", "rusqlite", "russh", "rustls", "socket2", "tokio",
];
/// Longer files tell more than one story.
const LINES_MAX: usize = 800;

/// Normal dependencies by package name.
fn dependencies() -> HashMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names: HashMap<String, String> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (text(&package["id"]), text(&package["name"])))
        .collect();
    let mut graph: HashMap<String, BTreeSet<String>> = HashMap::new();
    for node in metadata["resolve"]["nodes"].as_array().unwrap() {
        let uses = graph.entry(names[&text(&node["id"])].clone()).or_default();
        for dependency in node["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                uses.insert(names[&text(&dependency["pkg"])].clone());
            }
        }
    }
    graph
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

#[test]
fn dependencies_run_in_one_direction() {
    let graph = dependencies();
    let ours: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    for (name, allowed) in LAYERS {
        for used in graph[name]
            .iter()
            .filter(|used| ours.contains(used.as_str()))
        {
            assert!(
                allowed.contains(&used.as_str()),
                "{name} must not use {used}"
            );
        }
    }
}

#[test]
fn the_thinking_crates_cannot_reach_the_outside() {
    let graph = dependencies();
    for name in PURE {
        let mut reached = BTreeSet::from([name.to_owned()]);
        let mut open = vec![name.to_owned()];
        while let Some(package) = open.pop() {
            for used in &graph[&package] {
                if reached.insert(used.clone()) {
                    open.push(used.clone());
                }
            }
        }
        let outside: Vec<_> = OUTSIDE
            .iter()
            .filter(|name| reached.contains(**name))
            .collect();
        assert!(outside.is_empty(), "{name} reaches {outside:?}");
    }
}

#[test]
fn files_are_short_and_say_what_they_own() {
    let mut files = Vec::new();
    rust_files(&root().join("crates"), &mut files);
    assert!(files.len() > 100, "found only {} files", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines", file.display());
        let is_module = file.components().any(|part| part.as_os_str() == "src");
        if is_module && !file.ends_with("tests.rs") {
            assert!(
                text.starts_with("//!"),
                "{} does not say what it owns",
                file.display()
            );
        }
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}
