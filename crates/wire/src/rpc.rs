//! JSON-RPC 2.0 as we speak it: one object a line, `id` always there, parameters by name.
//!
//! Invariants: a line becomes a [`Call`] or a fault that names what is wrong, never both and never a panic; a
//! duplicate key, an unknown field or an unknown method is refused by its name.
//!
//! Deliberately absent: batches, notifications from the client, positional parameters. Each would be a second way
//! to say the same.

use std::borrow::Cow;
use std::fmt;

use sayso_core::seat::HistoryPage;
use sayso_core::{Ask, strict};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::limits;
use crate::protocol::{
    LogPage, LogVerified, Progress, RpcFault, Status, Told, Use, UsedOnce, Wait, Withdraw, Withdrawn,
};

/// The name of the one notification.
pub const PROGRESS: &str = "approval.progress";

/// What a client chose to tell its answers apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RpcId {
    /// A whole number.
    Number(i64),
    /// A short text.
    Text(Box<str>),
}

impl<'de> Deserialize<'de> for RpcId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Id;
        impl serde::de::Visitor<'_> for Id {
            type Value = RpcId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an `id` that is a whole number or a text of at most {} bytes", limits::ID_BYTES)
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<RpcId, E> {
                // What a strict reader of our answer would refuse is refused here.
                if number.unsigned_abs() > sayso_core::limits::EXACT_INTEGER {
                    return Err(E::custom("`id` is too large"));
                }
                Ok(RpcId::Number(number))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<RpcId, E> {
                i64::try_from(number)
                    .map_err(|_| E::custom("`id` is too large"))
                    .and_then(|n| self.visit_i64(n))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RpcId, E> {
                if text.len() > limits::ID_BYTES {
                    return Err(E::custom(format_args!("`id` takes at most {} bytes", limits::ID_BYTES)));
                }
                Ok(RpcId::Text(text.into()))
            }
        }
        d.deserialize_any(Id)
    }
}

/// What a client wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// `approval.request`.
    Request(Box<Ask>),
    /// `approval.wait`.
    Wait(Wait),
    /// `approval.withdraw`.
    Withdraw(Withdraw),
    /// `receipt.use`.
    Use(Use),
    /// `status`.
    Status,
    /// `log.page`.
    LogPage(LogPage),
    /// `log.verify`.
    LogVerify,
}

impl Call {
    /// The method's name on the wire.
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Request(_) => "approval.request",
            Self::Wait(_) => "approval.wait",
            Self::Withdraw(_) => "approval.withdraw",
            Self::Use(_) => "receipt.use",
            Self::Status => "status",
            Self::LogPage(_) => "log.page",
            Self::LogVerify => "log.verify",
        }
    }
}

/// A call with the number that its answer will carry.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The client's own number for it.
    pub id: RpcId,
    /// What it wants.
    pub call: Call,
}

/// A line that is no call, with its `id` where one could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The client's own number for it.
    pub id: Option<RpcId>,
    /// Why.
    pub fault: RpcFault,
}

/// A fault with one of JSON-RPC's own numbers.
pub fn fault(number: i64, code: &str, message: &str) -> RpcFault {
    RpcFault { number, code: code.to_owned(), message: shortened(message) }
}

/// The line is not JSON.
pub const PARSE_ERROR: (i64, &str) = (-32700, "parse_error");
/// The JSON is not a message.
pub const BAD_REQUEST: (i64, &str) = (-32600, "bad_request");
/// The message names no method of ours.
pub const UNKNOWN_METHOD: (i64, &str) = (-32601, "unknown_method");
/// The method does not take these parameters.
pub const BAD_PARAMS: (i64, &str) = (-32602, "bad_params");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    #[serde(default)]
    id: Option<RpcId>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

/// The `id` of a message that is otherwise not one of ours.
#[derive(Deserialize)]
struct JustId {
    id: RpcId,
}

/// Reads one line, without its end, as a call.
///
/// # Errors
/// [`Rejected`], to be sent back.
pub fn read_call(line: &[u8]) -> Result<Incoming, Box<Rejected>> {
    let refuse = |id, (number, code): (i64, &str), message: &str| {
        Box::new(Rejected { id, fault: fault(number, code, message) })
    };
    if let Err(why) = strict::check(line) {
        let kind = if why.is_json { BAD_REQUEST } else { PARSE_ERROR };
        return Err(refuse(id_of(line), kind, &why.message));
    }
    if !line.trim_ascii_start().starts_with(b"{") {
        let message = "a message is one JSON object a line; batches and bare values are not taken";
        return Err(refuse(None, BAD_REQUEST, message));
    }
    let envelope: Envelope<'_> =
        serde_json::from_slice(line).map_err(|e| refuse(id_of(line), BAD_REQUEST, &e.to_string()))?;
    let Some(id) = envelope.id else {
        return Err(refuse(None, BAD_REQUEST, "`id` is missing; every message here is answered"));
    };
    if envelope.jsonrpc != "2.0" {
        return Err(refuse(Some(id), BAD_REQUEST, "`jsonrpc` must be \"2.0\""));
    }
    match read_params(&envelope.method, envelope.params) {
        Ok(call) => Ok(Incoming { id, call }),
        Err(fault) => Err(Box::new(Rejected { id: Some(id), fault })),
    }
}

fn read_params(method: &str, params: Option<&RawValue>) -> Result<Call, RpcFault> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    Ok(match method {
        "approval.request" => Call::Request(Box::new(typed(params)?)),
        "approval.wait" => Call::Wait(typed(params)?),
        "approval.withdraw" => Call::Withdraw(typed(params)?),
        "receipt.use" => Call::Use(typed(params)?),
        "status" => typed::<Nothing>(params).map(|_| Call::Status)?,
        "log.page" => Call::LogPage(typed(params)?),
        "log.verify" => typed::<Nothing>(params).map(|_| Call::LogVerify)?,
        other => {
            let message = format!(
                "there is no method `{}`; there are approval.request, approval.wait, approval.withdraw, \
                 receipt.use, status, log.page and log.verify",
                other.chars().take(64).collect::<String>().escape_debug()
            );
            return Err(fault(UNKNOWN_METHOD.0, UNKNOWN_METHOD.1, &message));
        }
    })
}

fn typed<T: DeserializeOwned>(params: Option<&RawValue>) -> Result<T, RpcFault> {
    let bad = |message: &str| fault(BAD_PARAMS.0, BAD_PARAMS.1, message);
    let text = params.map_or("{}", RawValue::get);
    if !text.starts_with('{') {
        return Err(bad("`params` must be an object: parameters go by name"));
    }
    serde_json::from_str(text).map_err(|e| bad(&e.to_string()))
}

fn id_of(line: &[u8]) -> Option<RpcId> {
    if !line.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice::<JustId>(line).ok().map(|just| just.id)
}

/// `message`, cut at a limit with a mark that it was: it may quote what a client sent.
fn shortened(message: &str) -> String {
    if message.len() <= limits::FAULT_BYTES {
        return message.to_owned();
    }
    let end = message.floor_char_boundary(limits::FAULT_BYTES);
    format!("{} … (the rest of this message is not shown)", &message[..end])
}

/// What a method gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the words are the method's results")]
pub enum Reply {
    Told(Told),
    Withdrawn(Withdrawn),
    Used(UsedOnce),
    Status(Status),
    LogPage(HistoryPage),
    LogVerified(LogVerified),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultOnTheWire<'a> {
    code: i64,
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    data: Option<FaultCode<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultCode<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
}

/// Adds the line that answers `id`. An answer too long for a line becomes a fault that says so.
pub fn write_reply(out: &mut Vec<u8>, id: &RpcId, reply: &Reply) {
    let start = out.len();
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    to_json(out, id);
    out.extend_from_slice(br#","result":"#);
    let written = to_json(out, reply);
    out.extend_from_slice(b"}\n");
    if !written || out.len() - start > sayso_core::limits::LINE_BYTES {
        out.truncate(start);
        let fault = RpcFault::refused(
            "answer_too_long",
            "the answer does not fit into one line; ask for less of it at once",
        );
        write_fault(out, Some(id), &fault);
    }
}

/// Adds the line that refuses `id`, or a line that had none.
pub fn write_fault(out: &mut Vec<u8>, id: Option<&RpcId>, fault: &RpcFault) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    to_json(out, &id);
    out.extend_from_slice(br#","error":"#);
    let on_the_wire = FaultOnTheWire {
        code: fault.number,
        message: Cow::Owned(shortened(&fault.message)),
        data: Some(FaultCode { code: Cow::Borrowed(&fault.code) }),
    };
    to_json(out, &on_the_wire);
    out.extend_from_slice(b"}\n");
}

/// Adds the notification of this progress.
pub fn write_progress(out: &mut Vec<u8>, progress: &Progress) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","method":"approval.progress","params":"#);
    to_json(out, progress);
    out.extend_from_slice(b"}\n");
}

/// Adds the line of a call.
pub fn write_call(out: &mut Vec<u8>, id: i64, call: &Call) {
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    to_json(out, &id);
    out.extend_from_slice(br#","method":"#);
    to_json(out, call.method());
    out.extend_from_slice(br#","params":"#);
    match call {
        Call::Request(ask) => to_json(out, ask),
        Call::Wait(wait) => to_json(out, wait),
        Call::Withdraw(withdraw) => to_json(out, withdraw),
        Call::Use(used) => to_json(out, used),
        Call::LogPage(page) => to_json(out, page),
        Call::Status | Call::LogVerify => {
            out.extend_from_slice(b"{}");
            true
        }
    };
    out.extend_from_slice(b"}\n");
}

/// Whether `value` was written. Our own words always can be: their maps have texts for keys.
fn to_json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> bool {
    serde_json::to_writer(out, value).is_ok()
}

/// What a client hears.
#[derive(Debug)]
pub enum Heard<'a> {
    /// Where a request stands.
    Progress(Progress),
    /// The answer to the call of this number; `None` where the server could not read one.
    Answer(Option<RpcId>, Result<&'a RawValue, RpcFault>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerEnvelope<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    #[serde(default)]
    id: Option<RpcId>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<FaultOnTheWire<'a>>,
}

/// Reads one line, without its end, as what a server says.
///
/// # Errors
/// [`strict::Malformed`] where it is nothing that a server of ours says.
pub fn read_answer(line: &[u8]) -> Result<Heard<'_>, strict::Malformed> {
    let malformed = |message: &str| strict::Malformed { is_json: true, message: shortened(message) };
    strict::check(line)?;
    let envelope: AnswerEnvelope<'_> = serde_json::from_slice(line).map_err(|e| malformed(&e.to_string()))?;
    if envelope.jsonrpc != "2.0" {
        return Err(malformed("`jsonrpc` is not \"2.0\""));
    }
    match envelope {
        AnswerEnvelope {
            method: Some(m), params: Some(params), id: None, result: None, error: None, ..
        } if m == PROGRESS => {
            let progress = serde_json::from_str(params.get()).map_err(|e| malformed(&e.to_string()))?;
            Ok(Heard::Progress(progress))
        }
        AnswerEnvelope { method: None, params: None, id, result: Some(result), error: None, .. } => {
            Ok(Heard::Answer(id, Ok(result)))
        }
        AnswerEnvelope { method: None, params: None, id, result: None, error: Some(error), .. } => {
            let fault = RpcFault {
                number: error.code,
                code: error.data.map_or_else(|| "error".to_owned(), |data| data.code.into_owned()),
                message: error.message.into_owned(),
            };
            Ok(Heard::Answer(id, Err(fault)))
        }
        _ => Err(malformed("it is neither an answer nor progress")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> Rejected {
        *read_call(line.as_bytes()).unwrap_err()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_code() {
        for (line, number, code, names) in [
            ("nonsense", -32700, "parse_error", ""),
            ("", -32700, "parse_error", ""),
            ("[]", -32600, "bad_request", "batches"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"status","extra":1}"#, -32600, "bad_request", "`extra`"),
            (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"status"}"#, -32600, "bad_request", "`id`"),
            (r#"{"jsonrpc":"1.0","id":1,"method":"status"}"#, -32600, "bad_request", "`jsonrpc`"),
            (r#"{"jsonrpc":"2.0","method":"status"}"#, -32600, "bad_request", "`id`"),
            (r#"{"jsonrpc":"2.0","id":null,"method":"status"}"#, -32600, "bad_request", "`id`"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"approve"}"#, -32601, "unknown_method", "`approve`"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"status","params":[]}"#, -32602, "bad_params", "by name"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"status","params":{"a":1}}"#, -32602, "bad_params", "`a`"),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"log.page","params":{"seek":1}}"#,
                -32602,
                "bad_params",
                "`seek`",
            ),
        ] {
            let Rejected { fault, .. } = refused(line);
            assert_eq!((fault.number, fault.code.as_str()), (number, code), "{line}: {fault}");
            assert!(fault.message.contains(names), "{line}: {fault}");
        }
    }

    #[test]
    fn a_refusal_carries_the_id_where_one_could_be_read() {
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":7,"method":"x"}"#).id, Some(RpcId::Number(7)));
        assert_eq!(refused(r#"{"id":"a","a":{"b":1,"b":2}}"#).id, Some(RpcId::Text("a".into())));
        assert_eq!(refused(r#"{"id":1,"id":1}"#).id, None);
        assert_eq!(refused(r#"{"id":1.5,"method":"status","jsonrpc":"2.0"}"#).id, None);
    }

    #[test]
    fn a_name_as_long_as_a_line_is_not_sent_back_whole() {
        let long = "x".repeat(100_000);
        let fault = refused(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"status","{long}":1}}"#)).fault;
        assert!(fault.message.len() < 2 * limits::FAULT_BYTES);
        assert!(fault.message.contains("not shown"));
    }

    #[test]
    fn a_fault_comes_back_as_it_was_sent() {
        let fault = RpcFault::refused("unknown_request", "there is no such request");
        let mut line = Vec::new();
        write_fault(&mut line, Some(&RpcId::Number(3)), &fault);
        assert_eq!(line.pop(), Some(b'\n'));
        let Heard::Answer(id, Err(heard)) = read_answer(&line).unwrap() else { panic!("not a fault") };
        assert_eq!((id, heard), (Some(RpcId::Number(3)), fault));
    }

    #[test]
    fn who_does_not_speak_of_using_at_once_neither_sends_nor_gets_a_word_of_it() {
        let older = r#"{"jsonrpc":"2.0","id":1,"method":"approval.request","params":{"nonce":"nnnnnnnnnnnnnnnnnnnnnnnn","agent":"a","action":{"kind":"sql","statement":"s"}}}"#;
        let Call::Request(ask) = read_call(older.as_bytes()).unwrap().call else { panic!("not a request") };
        assert!(!ask.use_at_once);
        let mut line = Vec::new();
        write_call(&mut line, 1, &Call::Request(ask.clone()));
        assert_eq!(String::from_utf8(line).unwrap().trim_end(), older);
        let newer = older.replace("}}}", r#"},"use_at_once":true}}"#);
        let Call::Request(ask) = read_call(newer.as_bytes()).unwrap().call else { panic!("not a request") };
        assert!(ask.use_at_once);
        let told = Told {
            id: sayso_core::RequestId::from_random([1; 16]),
            decision: None,
            by: None,
            presence: None,
            reason: None,
            receipt: None,
            used: false,
        };
        assert!(!serde_json::to_string(&told).unwrap().contains("used"));
        let used = Told { used: true, ..told };
        assert_eq!(serde_json::from_str::<Told>(&serde_json::to_string(&used).unwrap()).unwrap(), used);
    }
}
