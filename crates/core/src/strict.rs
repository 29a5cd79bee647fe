//! JSON from outside, read strictly: the one door by which untrusted JSON becomes a type.
//!
//! Refused, each with a message that names the field: duplicate keys (two readers could each see another
//! value), integers that canonical JSON cannot hold exactly, nesting and sizes over their limits. Unknown
//! fields are refused by the types themselves (`deny_unknown_fields`).

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

use crate::limits;

/// Why a text is not the JSON we asked for. The message says where and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Malformed {
    /// Whether the text is JSON at all; false means that not even an `id` can be read from it.
    pub is_json: bool,
    /// What is wrong, with the field's name and the place.
    pub message: String,
}

/// Reads `bytes` as one `T`.
///
/// # Errors
/// [`Malformed`] for anything this module's head refuses, and for whatever `T` itself refuses.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    check(bytes)?;
    serde_json::from_slice(bytes).map_err(|e| malformed(&e))
}

/// Reads `bytes` for form alone: well-formed JSON, no duplicate key, within the limits.
///
/// # Errors
/// [`Malformed`], as [`parse`].
pub fn check(bytes: &[u8]) -> Result<(), Malformed> {
    let nodes = Cell::new(0usize);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Form { depth: 0, nodes: &nodes }.deserialize(&mut reader).map_err(|e| malformed(&e))?;
    reader.end().map_err(|e| malformed(&e))
}

fn malformed(error: &serde_json::Error) -> Malformed {
    Malformed { is_json: error.is_data(), message: error.to_string() }
}

#[derive(Clone, Copy)]
struct Form<'a> {
    depth: usize,
    nodes: &'a Cell<usize>,
}

impl Form<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= limits::JSON_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {} levels", limits::JSON_DEPTH)));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn count<E: serde::de::Error>(self) -> Result<(), E> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > limits::JSON_NODES {
            return Err(E::custom(format_args!("more than {} keys and elements", limits::JSON_NODES)));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Form<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Form<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<(), E> {
        if v.is_finite() { Ok(()) } else { Err(E::custom("a number that is not finite")) }
    }
    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<(), E> {
        if v <= limits::EXACT_INTEGER { Ok(()) } else { Err(inexact(&v)) }
    }
    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<(), E> {
        if v.unsigned_abs() <= limits::EXACT_INTEGER { Ok(()) } else { Err(inexact(&v)) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {
            self.count()?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            self.count()?;
            if seen.contains(&key) {
                return Err(A::Error::custom(format_args!("duplicate key `{}`", key.escape_debug())));
            }
            map.next_value_seed(inner)?;
            seen.insert(key);
        }
        Ok(())
    }
}

fn inexact<E: serde::de::Error>(number: &dyn fmt::Display) -> E {
    E::custom(format_args!(
        "the integer {number} is beyond 2^53 - 1 and has no exact canonical form; send it as a string"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        check(text.as_bytes()).unwrap_err().message
    }

    #[test]
    fn a_duplicate_key_is_refused_by_its_name_at_any_depth_and_in_any_spelling() {
        assert!(refusal(r#"{"a":1,"a":1}"#).contains("duplicate key `a`"));
        assert!(refusal(r#"{"x":[{"a":1,"\u0061":2}]}"#).contains("duplicate key `a`"));
    }

    #[test]
    fn integers_that_would_change_in_canonical_form_are_refused() {
        assert!(check(b"9007199254740991").is_ok());
        assert!(refusal("9007199254740993").contains("send it as a string"));
        assert!(refusal("-9007199254740993").contains("send it as a string"));
    }

    #[test]
    fn nesting_over_the_limit_is_an_error_and_not_a_crash() {
        let deep = "[".repeat(100_000);
        assert!(check(deep.as_bytes()).is_err());
        let just = format!("{}{}", "[".repeat(limits::JSON_DEPTH), "]".repeat(limits::JSON_DEPTH));
        assert!(check(just.as_bytes()).is_ok());
    }

    #[test]
    fn text_after_the_value_is_refused() {
        assert!(check(b"{} {}").is_err());
    }
}
