use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn same(value: &Value) {
    let quick = String::from_utf8(canonical(value).unwrap()).unwrap();
    assert_eq!(quick, String::from_utf8(canonical_bytes(value).unwrap()).unwrap());
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\\x00-\\x7f]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        let key = prop_oneof!["[a-z_A-Z0-9]{0,4}", any::<String>(), "[\\x00-\\x7f]{0,3}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..8).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// A map whose members come in the order they are listed, as a struct's fields do.
struct AsListed(Vec<(&'static str, Value)>);

impl Serialize for AsListed {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

proptest! {
    #[test]
    fn the_quick_way_writes_what_the_thorough_way_writes(value in any_value()) {
        same(&value);
    }
}

#[test]
fn members_come_in_order_at_every_depth() {
    let inner = json!({"x": {"b": [{"d": 1, "c": "\u{1}\"\\é/"}], "a": -7}});
    let value =
        AsListed(vec![("zz", inner), ("b", json!({})), ("", json!([])), ("a", json!(true)), ("B", json!(0))]);
    let text = String::from_utf8(canonical(&value).unwrap()).unwrap();
    assert_eq!(
        text,
        "{\"\":[],\"B\":0,\"a\":true,\"b\":{},\"zz\":{\"x\":{\"a\":-7,\"b\":[{\"c\":\"\\u0001\\\"\\\\é/\",\"d\":1}]}}}"
    );
}

#[test]
fn numbers_and_keys_that_are_not_plain_go_the_thorough_way() {
    for value in [
        json!(1.0),
        json!(-0.0),
        json!(1e30),
        json!(1e-7),
        json!(u64::MAX),
        json!(999_999_999_999_999_i64),
        json!({"é": 1, "z": 2}),
        json!({"\u{10000}": 1, "\u{ffff}": 2, "a\"": 3, "a": 4}),
    ] {
        same(&value);
    }
}
