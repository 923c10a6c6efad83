use std::hash::{BuildHasher, RandomState};

use num_bigint::BigInt;

use super::*;

fn big(text: &str) -> Value {
    text.parse::<BigInt>().unwrap().into()
}

#[test]
fn a_value_is_three_words() {
    assert!(size_of::<Value>() <= 24);
    assert!(size_of::<Option<Value>>() <= 24);
}

#[test]
fn numbers_compare_and_hash_as_in_python() {
    let hasher = RandomState::new();
    let two_to_70 = big("1180591620717411303424");
    let equal = [
        (Value::from(1), Value::from(1.0)),
        (Value::from(1), Value::from(true)),
        (Value::from(0.0), Value::from(-0.0)),
        (two_to_70, Value::from(2f64.powi(70))),
    ];
    for (a, b) in equal {
        assert_eq!(a, b);
        assert_eq!(hasher.hash_one(&a), hasher.hash_one(&b), "{a:?} {b:?}");
    }
    assert_ne!(
        Value::from(9_007_199_254_740_993_i64),
        Value::from(9_007_199_254_740_992.0)
    );
    assert_ne!(Value::from(1), Value::from("1"));
    assert!(matches!(big("5"), Value::Int(5)));
}

#[test]
fn dicts_know_python_keys_and_keep_order() {
    let mut dict = Dict::from_iter([("b", 1), ("a", 2)]);
    dict.insert(1, "int");
    assert_eq!(dict.insert(true, "bool"), Some("int".into()));
    assert_eq!(dict.get_value(&1.0.into()), Some(&"bool".into()));
    assert_eq!(dict.get("a"), Some(&2.into()));
    assert_eq!(dict.remove("b"), Some(1.into()));
    assert_eq!(format!("{dict:?}"), "{'a': 2, 1: 'bool'}");
    assert_eq!(
        dict,
        Dict::from_iter([
            (Value::from(1), Value::from("bool")),
            ("a".into(), 2.into())
        ])
    );
}

#[test]
fn containers_are_copied_on_write() {
    let first = List::from(vec![1.into()]);
    let mut second = first.clone();
    assert!(List::ptr_eq(&first, &second));
    second.make_mut().push(2.into());
    assert_eq!((first.len(), second.len()), (1, 2));
    let dict = Dict::from_iter([("a", 1)]);
    let mut other = dict.clone();
    other.insert("b", 2);
    assert_eq!((dict.len(), other.len()), (1, 2));
}

#[test]
fn mutable_lists_differ_from_frozen_ones() {
    let frozen = Value::from(vec![1.into()]);
    let mutable = Value::from(List::mutable(vec![1.into()]));
    assert_ne!(frozen, mutable);
    assert_eq!(format!("{frozen:?} {mutable:?}"), "(1,) [1]");
    assert_eq!(
        equality::unhashable(&vec![mutable.clone()].into()),
        Some("list")
    );
    assert!(frozen.is_plain() && !mutable.is_plain());
}

#[test]
fn shapes_follow_changes() {
    let mut list = List::from(vec![Value::from(1)]);
    assert_eq!(Value::from(list.clone()).depth(), 1);
    let inner = list.clone();
    list.make_mut().push(inner.into());
    assert_eq!(Value::from(list.clone()).depth(), 2);
    list.make_mut().push(Set::new().into());
    assert!(!Value::from(list).is_plain());
}

#[test]
fn deep_values_drop_on_a_small_stack() {
    let mut value = Value::Null;
    for i in 0..200_000 {
        value = match i % 3 {
            0 => vec![value].into(),
            1 => Dict::from_iter([("a", value)]).into(),
            _ => List::mutable(vec![value, 1.into()]).into(),
        };
    }
    drop(value);
}

#[test]
fn python_texts() {
    let cases: [(Value, &str, &str); 16] = [
        (Value::Null, "None", "None"),
        (true.into(), "True", "True"),
        (1e16.into(), "1e+16", "1e+16"),
        (1e-5.into(), "1e-05", "1e-05"),
        (
            123_456_789_012_345_680.0.into(),
            "1.2345678901234568e+17",
            "1.2345678901234568e+17",
        ),
        (0.0001.into(), "0.0001", "0.0001"),
        (1e15.into(), "1000000000000000.0", "1000000000000000.0"),
        ((-0.0).into(), "-0.0", "-0.0"),
        ("it's".into(), "it's", "\"it's\""),
        (
            "'\"\n\u{a0}é\u{1f600}\u{e000}".into(),
            "'\"\n\u{a0}é\u{1f600}\u{e000}",
            "'\\'\"\\n\\xa0é😀\\ue000'",
        ),
        (vec![].into(), "()", "()"),
        (
            List::mutable(vec!["a".into(), Value::Null]).into(),
            "['a', None]",
            "['a', None]",
        ),
        (
            Set::from_iter([1]).into(),
            "frozenset({1})",
            "frozenset({1})",
        ),
        (
            Dict::from_iter([("a", 1.5)]).into(),
            "{'a': 1.5}",
            "{'a': 1.5}",
        ),
        (
            Timespan::from_micros(-3_600_000_000).unwrap().into(),
            "-1 day, 23:00:00",
            "datetime.timedelta(days=-1, seconds=82800)",
        ),
        (
            DateTime::from_unix_micros(1_577_934_245_000_006, Timespan::ZERO)
                .unwrap()
                .into(),
            "2020-01-02 03:04:05.000006+00:00",
            "datetime.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=tzutc())",
        ),
    ];
    for (value, str, repr) in cases {
        assert_eq!(python::frozen_str(&value), str);
        assert_eq!(python::frozen_repr(&value), repr);
    }
}

#[test]
fn calendar_round_trips() {
    for days in (-719_162..2_932_896).step_by(97) {
        let date = datetime::Date::from_days(days);
        assert_eq!(date.days(), days);
        assert!((1..=9999).contains(&date.year));
    }
    assert_eq!(datetime::Date::from_days(0).weekday(), 3);
}

#[test]
fn serde_keeps_order_and_integers() {
    let text = r#"{"b":[1,2.5,"x",null,true],"a":{"k":18446744073709551615}}"#;
    let value: Value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), text);
    assert!(serde_json::to_string(&Value::from(Timespan::ZERO)).is_err());
}
