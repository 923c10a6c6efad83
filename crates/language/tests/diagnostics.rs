//! One golden text for each kind of problem.
//!
//! A case is a file `diagnostics/<code>.yaml`; its snapshot has all that `lint` says
//! about it, which must include the code that names the file.

use std::path::Path;

use language::diagnostic::Code;
use language::{KnownActions, Source, lint};

fn known() -> KnownActions {
    KnownActions::only(["std.noop", "std.echo", "std.fail", "std.http", "std.ssh"])
}

#[test]
fn every_code_has_its_words() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for code in Code::ALL {
        let name = format!("{code}.yaml");
        let text = std::fs::read_to_string(folder.join(&name))
            .unwrap_or_else(|error| panic!("no case for {code}: {error}"));
        let source = Source::new(&*name, text);
        let found = lint(&source, &known());
        let rendered = found.iter().map(|d| d.render(&source).to_string());
        let rendered: Vec<_> = rendered.collect();
        settings.bind(|| insta::assert_snapshot!(code.as_str(), rendered.join("\n")));
        assert!(
            found.iter().any(|d| d.code == *code),
            "{name} does not show its code"
        );
    }
}

#[test]
fn one_problem_does_not_hide_the_others() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let text = std::fs::read_to_string(folder.join("several-problems.yaml")).unwrap();
    let source = Source::new("several-problems.yaml", text);
    let found = lint(&source, &known());
    let errors = found.iter().filter(|problem| problem.is_error());
    let errors: Vec<_> = errors
        .map(|problem| (source.position(problem.span().start).line, problem.code))
        .collect();
    for expected in [
        (6, Code::WrongType),
        (7, Code::UnknownTask),
        (8, Code::UnknownKey),
        (11, Code::BadExpression),
        (13, Code::UnknownTask),
        (17, Code::UnknownTask),
        (18, Code::WrongType),
    ] {
        assert!(
            errors.contains(&expected),
            "{expected:?} is not in {errors:?}"
        );
    }
}
