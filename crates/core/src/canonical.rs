//! Canonical bytes (RFC 8785) and their SHA-256: what a receipt is bound to.
//!
//! Invariant: two values have the same digest only if they are the same value. RFC 8785 writes numbers as IEEE
//! doubles, so integers beyond 2^53 - 1 are refused where a value enters ([`crate::strict`]).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What canonicalising can refuse.
#[derive(Debug, thiserror::Error)]
#[error("this value has no canonical JSON form: {0}")]
pub struct NotCanonical(#[from] serde_json::Error);

/// The RFC 8785 canonical JSON of `value`.
///
/// # Errors
/// If the value holds what JSON cannot (a NaN, a map with keys that are not strings).
pub fn canonical_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    Ok(serde_json_canonicalizer::to_vec(value)?)
}

/// A SHA-256. Written `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The SHA-256 of these bytes as they are.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The SHA-256 of the canonical JSON of `value`.
    ///
    /// # Errors
    /// As [`canonical_bytes`].
    pub fn of<T: Serialize>(value: &T) -> Result<Self, NotCanonical> {
        canonical_bytes(value).map(|bytes| Self::of_bytes(&bytes))
    }

    /// A digest from its 32 bytes.
    pub const fn from_raw(raw: [u8; 32]) -> Self {
        Self(raw)
    }

    /// The 32 bytes.
    pub const fn raw(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0u8; 71];
        text[..7].copy_from_slice(b"sha256:");
        for (i, byte) in self.0.iter().enumerate() {
            text[7 + 2 * i] = HEX[usize::from(byte >> 4)];
            text[8 + 2 * i] = HEX[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest is written `sha256:` and 64 lower-case hexadecimal digits")]
pub struct NotADigest;

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let hex = text.strip_prefix("sha256:").ok_or(NotADigest)?.as_bytes();
        let nibble = |c: u8| match c {
            b'0'..=b'9' => Ok(c - b'0'),
            b'a'..=b'f' => Ok(c - b'a' + 10),
            _ => Err(NotADigest),
        };
        let mut raw = [0u8; 32];
        if hex.len() != 64 {
            return Err(NotADigest);
        }
        for (byte, pair) in raw.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(raw))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "ts")]
impl ts_rs::TS for Digest {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;
    fn name(_: &ts_rs::Config) -> String {
        "string".to_owned()
    }
    fn inline(config: &ts_rs::Config) -> String {
        Self::name(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_as_written() {
        let digest = Digest::of_bytes(b"abc");
        assert_eq!(
            digest.to_string(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }

    #[test]
    fn a_digest_in_capitals_or_of_another_length_is_refused() {
        let text = Digest::of_bytes(b"abc").to_string();
        assert_eq!(text.to_uppercase().parse::<Digest>(), Err(NotADigest));
        assert_eq!(text[..70].parse::<Digest>(), Err(NotADigest));
        assert_eq!("md5:00".parse::<Digest>(), Err(NotADigest));
    }

    #[test]
    fn the_order_of_keys_does_not_change_a_digest() {
        let a = serde_json::json!({"b": 1, "a": [1.0, "é"]});
        let b: serde_json::Value = serde_json::from_str(r#"{ "a":[1,"\u00e9"], "b":1.0 }"#).unwrap();
        assert_eq!(Digest::of(&a).unwrap(), Digest::of(&b).unwrap());
    }
}
