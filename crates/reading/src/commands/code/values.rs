//! What is known of the arguments of a call.

use super::base64;
use super::tokens::Token;

/// What is known of one argument.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A text. `whole` is false where a value is put into it when it runs.
    Text {
        text: String,
        whole: bool,
    },
    List(Vec<Value>),
    Number(u32),
    /// Anything else.
    Open,
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text { text, whole: true } => Some(text),
            _ => None,
        }
    }
}

/// Names that give back what they were given, as far as a path goes.
pub(super) const TRANSPARENT: &[&str] = &[
    "expanduser",
    "abspath",
    "realpath",
    "resolve",
    "Path",
    "PurePath",
    "PosixPath",
    "str",
    "String",
    "fspath",
    "normpath",
    "new",
    "expand_path",
    "Pathname",
    "bytes",
    "encode",
    "decode",
    "toString",
    "strip",
    "trim",
    "rstrip",
    "format_map",
    "absolute",
    "quote",
    "freeze",
    "to_s",
    "chr",
    "fromCharCode",
    "b64decode",
    "atob",
    "decode64",
    "strict_decode64",
    "decode_base64",
    "base64_decode",
    "fromhex",
    "unhexlify",
    "join",
    "path",
    "URL",
    "URI",
    "parse",
    "Request",
    "getattr",
    "require",
    "joinpath",
    "pack",
    "hex2bin",
    "from",
    "os",
    "bytearray",
    "homedir",
    "url",
    "lower",
    "upper",
];

/// What a call of `last` gives back, where it is one that changes a text in a known way.
pub(super) fn folded(last: &str, values: &[Value]) -> Value {
    let first = values.first();
    let known = |text: Option<String>| text.map_or(Value::Open, |text| Value::Text { text, whole: true });
    match last {
        "b64decode" | "atob" | "decode64" | "strict_decode64" | "decode_base64" | "base64_decode"
        | "standard_b64decode" => known(
            first
                .and_then(Value::text)
                .and_then(base64::decode)
                .and_then(|bytes| String::from_utf8(bytes).ok()),
        ),
        "from" if values.get(1).and_then(Value::text) == Some("base64") => known(
            first
                .and_then(Value::text)
                .and_then(base64::decode)
                .and_then(|bytes| String::from_utf8(bytes).ok()),
        ),
        "fromhex" | "unhexlify" | "hex2bin" => known(first.and_then(Value::text).and_then(from_hex)),
        "from" if values.get(1).and_then(Value::text) == Some("hex") => {
            known(first.and_then(Value::text).and_then(from_hex))
        }
        "chr" | "fromCharCode" => {
            let chars = values.iter().map(|value| match value {
                Value::Number(number) => char::from_u32(*number),
                _ => None,
            });
            known(chars.collect())
        }
        "join" | "joinpath" | "resolve" | "path" => {
            let texts: Option<Vec<&str>> = values.iter().map(Value::text).collect();
            match texts {
                Some(texts) if last == "join" || last == "joinpath" || texts.len() > 1 => {
                    known(Some(texts.join("/")))
                }
                Some(texts) => known(texts.first().map(|text| (*text).to_owned())),
                None => Value::Open,
            }
        }
        "getattr" => values.get(1).cloned().unwrap_or(Value::Open),
        _ => first.cloned().unwrap_or(Value::Open),
    }
}

fn from_hex(text: &str) -> Option<String> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    String::from_utf8(pairs.collect::<Option<Vec<u8>>>()?).ok()
}

/// For every opening bracket, where it closes; the end where it does not.
pub(super) fn closes(tokens: &[Token<'_>]) -> Vec<usize> {
    let mut closes = vec![tokens.len(); tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('(' | '[' | '{') => open.push(at),
            Token::Sign(')' | ']' | '}') => {
                if let Some(from) = open.pop() {
                    closes[from] = at;
                }
            }
            _ => {}
        }
    }
    closes
}
