use super::*;

#[test]
fn every_function_is_described() {
    let all = reference();
    assert!(all.len() > 150);
    for function in &all {
        let FunctionInfo { name, doc, .. } = function;
        assert!(doc.ends_with(['.', '`']), "{name}: {doc}");
        assert!(function.is_function || function.is_method, "{name}");
        assert!(function.signature.starts_with(name), "{name}");
    }
    let mut seen = std::collections::HashSet::new();
    for function in &all {
        let key = (&function.signature, function.is_function);
        assert!(seen.insert(key), "{} is there twice", function.signature);
    }
}

#[test]
fn all_dialects_can_be_built() {
    for legacy in [Legacy::Off, Legacy::Library, Legacy::Full] {
        for delegates in [Delegates::Off, Delegates::ParseOnly, Delegates::On] {
            let syntax = ParseOptions {
                legacy,
                delegates,
                ..ParseOptions::default()
            };
            let library = Library::of(&syntax);
            assert_eq!(library.is_legacy(), legacy != Legacy::Off);
            let has_lambda = library.functions("lambda").is_some();
            assert_eq!(has_lambda, delegates == Delegates::On);
        }
    }
}
