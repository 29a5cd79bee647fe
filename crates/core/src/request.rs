//! A request: one action from one agent, with who the kernel says is asking.
//!
//! Invariants: an [`Ask`] is what an agent may say and was validated as it came in; everything the agent wrote
//! beside the action is a *claim* and stays a quotation. A [`Request`] adds what Sayso itself found out.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::action::{Action, BadField};
use crate::limits;
use crate::time::UnixMs;

/// A request's own number: 128 random bits, written `req_` and 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u128);

impl RequestId {
    /// An id from random bytes that the caller drew.
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "req_{:032x}", self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RequestId {
    type Err = BadField;
    fn from_str(text: &str) -> Result<Self, BadField> {
        let bad = || BadField::new("id", "is written `req_` and 32 lower-case hexadecimal digits");
        let hex = text.strip_prefix("req_").ok_or_else(bad)?;
        if hex.len() != 32 || !hex.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(bad());
        }
        u128::from_str_radix(hex, 16).map(Self).map_err(|_| bad())
    }
}

impl Serialize for RequestId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "ts")]
impl ts_rs::TS for RequestId {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;
    fn name(_: &ts_rs::Config) -> String {
        "string".to_owned()
    }
    fn inline(config: &ts_rs::Config) -> String {
        Self::name(config)
    }
}

/// The asker's own random string: it makes an ask sent twice one request, and comes back as the receipt's `jti`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce(String);

impl Nonce {
    /// The text as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Nonce {
    type Error = BadField;
    fn try_from(text: String) -> Result<Self, BadField> {
        let right = limits::NONCE_CHARS.contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
        if right {
            Ok(Self(text))
        } else {
            Err(BadField::new(
                "nonce",
                format!(
                    "takes {} to {} characters of A-Z a-z 0-9 - _, random",
                    limits::NONCE_CHARS.start(),
                    limits::NONCE_CHARS.end()
                ),
            ))
        }
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        nonce.0
    }
}

/// What an agent asks. As sent in `approval.request`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "AskOnTheWire", into = "AskOnTheWire")]
pub struct Ask {
    /// The asker's random string.
    pub nonce: Nonce,
    /// The name that the agent gives itself; becomes the receipt's `aud`.
    pub agent: String,
    /// The exact action.
    pub action: Action,
    /// What the agent says about it, by name. Quoted, never believed.
    pub claims: BTreeMap<String, String>,
    /// Why the agent wants it. Quoted, never believed.
    pub reason: Option<String>,
    /// How long the agent is ready to wait, in milliseconds. The rules may shorten it.
    pub wait_ms: Option<u64>,
    /// The asker acts the moment it hears yes: where a *rule* allows, the approval is used together with being given.
    /// What a person approves is used by `receipt.use` alone.
    pub use_at_once: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AskOnTheWire {
    nonce: Nonce,
    agent: String,
    action: Action,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    claims: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    use_at_once: bool,
}

impl TryFrom<AskOnTheWire> for Ask {
    type Error = BadField;
    fn try_from(wire: AskOnTheWire) -> Result<Self, BadField> {
        let named = !wire.agent.is_empty()
            && wire.agent.len() <= limits::AGENT_NAME_BYTES
            && wire
                .agent
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b' ' | b'/'));
        if !named {
            return Err(BadField::new(
                "agent",
                format!(
                    "takes 1 to {} characters of A-Z a-z 0-9 - _ . / and space",
                    limits::AGENT_NAME_BYTES
                ),
            ));
        }
        if wire.claims.len() > limits::CLAIMS {
            return Err(BadField::new("claims", format!("takes at most {} claims", limits::CLAIMS)));
        }
        for (key, value) in &wire.claims {
            if key.is_empty()
                || key.len() > limits::CLAIM_KEY_BYTES
                || value.len() > limits::CLAIM_VALUE_BYTES
            {
                return Err(BadField::new(
                    "claims",
                    format!(
                        "takes keys of 1 to {} bytes and values of at most {} bytes",
                        limits::CLAIM_KEY_BYTES,
                        limits::CLAIM_VALUE_BYTES
                    ),
                ));
            }
        }
        if wire.reason.as_ref().is_some_and(|r| r.len() > limits::REASON_BYTES) {
            return Err(BadField::new("reason", format!("takes at most {} bytes", limits::REASON_BYTES)));
        }
        if wire.wait_ms == Some(0) {
            return Err(BadField::new("wait_ms", "must be more than 0"));
        }
        Ok(Self {
            nonce: wire.nonce,
            agent: wire.agent,
            action: wire.action,
            claims: wire.claims,
            reason: wire.reason,
            wait_ms: wire.wait_ms,
            use_at_once: wire.use_at_once,
        })
    }
}

impl From<Ask> for AskOnTheWire {
    fn from(ask: Ask) -> Self {
        Self {
            nonce: ask.nonce,
            agent: ask.agent,
            action: ask.action,
            claims: ask.claims,
            reason: ask.reason,
            wait_ms: ask.wait_ms,
            use_at_once: ask.use_at_once,
        }
    }
}

/// Who is asking, as the kernel tells it. Shown to the person; grants nothing by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Peer {
    /// The user's number.
    pub uid: u32,
    /// The user's name, where the system knows one.
    pub user: Option<String>,
    /// The process at the other end of the socket, then its parents, nearest first.
    pub processes: Vec<PeerProcess>,
}

/// One process in the line of those that asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct PeerProcess {
    /// Its number.
    pub pid: u32,
    /// The program's file, where it can be read.
    pub program: Option<String>,
    /// Its command line, secrets hidden.
    pub command_line: String,
}

/// One action from one agent, waiting or decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Its number.
    pub id: RequestId,
    /// What was asked.
    pub ask: Ask,
    /// Who asked.
    pub peer: Arc<Peer>,
    /// When it came in.
    pub received: UnixMs,
}
