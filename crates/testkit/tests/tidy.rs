//! Rules of the tree that no linter knows: which crate may use which, that the core
//! does no input or output, and how long a file may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Dependencies run down this list only (ARCHITECTURE.md).
const ORDER: [&str; 8] = [
    "cli", "server", "store", "actions", "testkit", "engine", "language", "yaql",
];

/// Crates of the core, and what none of them may pull in, however indirectly.
const CORE: [&str; 3] = ["yaql", "language", "engine"];
const INPUT_OUTPUT: [&str; 12] = [
    "tokio",
    "async-std",
    "smol",
    "mio",
    "socket2",
    "hyper",
    "reqwest",
    "rusqlite",
    "libsqlite3-sys",
    "russh",
    "lettre",
    "getrandom",
];

/// The longest source file, in lines.
const LINES: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The packages a member is built from, itself first; `depth` 1 is the direct ones.
fn built_from(member: &str, depth: u32) -> BTreeSet<String> {
    let depth = depth.to_string();
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["tree", "--locked", "--offline", "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}", "--depth", &depth])
        .args(["--package", member])
        .current_dir(root())
        .output()
        .expect("cargo runs the tests, so it is there");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("package names are UTF-8");
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_core_does_no_input_or_output() {
    for member in CORE {
        let packages = built_from(member, 100);
        assert!(packages.contains(member));
        let bad: Vec<_> = INPUT_OUTPUT
            .iter()
            .filter(|name| packages.contains(**name))
            .collect();
        assert!(bad.is_empty(), "{member} is built from {bad:?}");
    }
}

#[test]
fn dependencies_run_one_way() {
    for (place, member) in ORDER.iter().enumerate() {
        let packages = built_from(member, 1);
        let above: Vec<_> = ORDER[..place]
            .iter()
            .filter(|name| packages.contains(**name))
            .collect();
        assert!(above.is_empty(), "{member} depends on {above:?}");
    }
}

#[test]
fn no_source_file_is_too_long() {
    let mut long = Vec::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = fs::read_to_string(&path).unwrap().lines().count();
                if lines > LINES {
                    long.push(format!("{} has {lines} lines", path.display()));
                }
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}
