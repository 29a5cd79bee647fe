//! Texts that a statement puts together and runs: what is constant in them is read.
//!
//! Invariant: bounded in tokens and depth; a piece that is not known stands as `$unknown` in the text, and the caller
//! is told that the text is not whole.

use super::lexer::Kind;
use super::part::Part;

/// How many tokens of an expression are looked at. More is not known.
const TOKENS: usize = 128;
/// How deep calls stand in one another.
const DEPTH: usize = 8;
/// Bytes of a text that is put together.
const BYTES: usize = 64 * 1024;
/// What stands for a piece that is not known.
pub(super) const UNKNOWN: &str = "$unknown";

/// A text as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Known {
    pub(super) text: String,
    /// Whether all of it is known.
    pub(super) whole: bool,
    /// Whether any of it is.
    pub(super) any: bool,
}

impl Known {
    fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), whole: true, any: true }
    }

    fn unknown() -> Self {
        Self { text: UNKNOWN.to_owned(), whole: false, any: false }
    }

    fn join(&mut self, other: &Self) {
        if self.text.len() + other.text.len() <= BYTES {
            self.text.push_str(&other.text);
        } else {
            self.whole = false;
        }
        self.whole &= other.whole;
        self.any |= other.any;
    }
}

/// Values that were given to variables so far.
pub(super) type Variables = Vec<(String, Known)>;

/// What the expression `part` gives as a text, and where it ends: at a comma, or a word that is no part of it.
pub(super) fn of(part: Part<'_>, variables: &Variables) -> (Known, usize) {
    let part = part.of(part.from, part.to.min(part.from + TOKENS));
    let mut reader = Reader { part, at: part.from, variables };
    let known = reader.sum(DEPTH);
    (known, reader.at)
}

struct Reader<'t, 'v> {
    part: Part<'t>,
    at: usize,
    variables: &'v Variables,
}

impl Reader<'_, '_> {
    fn sum(&mut self, depth: usize) -> Known {
        let mut known = self.term(depth);
        while self.at < self.part.to {
            match self.part.kind(self.at) {
                Some(Kind::Sign(b'|' | b'+')) => self.at += 1,
                // Two texts beside each other are one.
                Some(Kind::Text) if known.any => {}
                Some(Kind::Sign(b':')) => {
                    let (_, next) = self.part.name(self.at + 1);
                    self.at = next.max(self.at + 1);
                    continue;
                }
                _ => break,
            }
            let next = self.term(depth);
            known.join(&next);
        }
        known
    }

    fn term(&mut self, depth: usize) -> Known {
        let at = self.at;
        let Some(kind) = self.part.kind(at) else { return Known::unknown() };
        self.at += 1;
        let Some(depth) = depth.checked_sub(1) else { return Known::unknown() };
        match kind {
            Kind::Text => {
                let written = self.part.written(at);
                let text = self.part.text(at).unwrap_or_default();
                if written.starts_with(['x', 'X']) {
                    return hex(&text).map_or_else(Known::unknown, Known::of);
                }
                Known::of(text)
            }
            Kind::Quoted => self.part.text(at).map_or_else(Known::unknown, Known::of),
            Kind::Number => {
                let written = self.part.written(at);
                let digits = written.strip_prefix("0x").or_else(|| written.strip_prefix("0X"));
                match digits {
                    Some(digits) => hex(digits).map_or_else(Known::unknown, Known::of),
                    None => Known::of(written),
                }
            }
            Kind::Param => self.variable(at),
            Kind::Sign(b'(') => {
                let close = self.part.pair(at);
                self.at = (close + 1).min(self.part.to);
                self.inside(at + 1, close).sum(depth)
            }
            Kind::Word => self.call(at, depth),
            Kind::Sign(_) => Known::unknown(),
        }
    }

    fn variable(&self, at: usize) -> Known {
        let name = self.part.written(at);
        let mut values = self.variables.iter().rev();
        values
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or_else(Known::unknown, |(_, known)| known.clone())
    }

    fn inside(&self, from: usize, to: usize) -> Self {
        let part = self.part.of(from, to);
        Self { part, at: part.from, variables: self.variables }
    }

    fn call(&mut self, at: usize, depth: usize) -> Known {
        let (_, next) = self.part.name(at);
        self.at = next.max(at + 1);
        if self.part.sign(self.at) != b'(' {
            return self.variable(at);
        }
        let name = self.part.word(self.at - 1);
        let open = self.at;
        let close = self.part.pair(open);
        self.at = (close + 1).min(self.part.to);
        let mut inner = self.inside(open + 1, close);
        let mut arguments: Vec<Known> = Vec::new();
        while inner.at < inner.part.to && arguments.len() < 64 {
            let argument = inner.sum(depth);
            arguments.push(argument);
            while inner.at < inner.part.to && inner.part.sign(inner.at) != b',' {
                inner.at = if inner.part.sign(inner.at) == b'(' {
                    inner.part.pair(inner.at) + 1
                } else {
                    inner.at + 1
                };
            }
            inner.at += 1;
        }
        called(name, &arguments)
    }
}

fn called(name: &str, arguments: &[Known]) -> Known {
    let first = || arguments.first().cloned().unwrap_or_else(Known::unknown);
    let through = |change: fn(&str) -> Option<String>| {
        let known = first();
        if known.whole {
            change(&known.text).map_or_else(Known::unknown, Known::of)
        } else {
            Known::unknown()
        }
    };
    match name {
        "CONCAT" => arguments.iter().fold(Known { whole: true, ..Known::default() }, |mut all, argument| {
            all.join(argument);
            all
        }),
        "CHAR" | "CHR" | "NCHAR" => {
            arguments.iter().fold(Known { whole: true, ..Known::default() }, |mut all, argument| {
                let code = argument.text.parse().ok().and_then(char::from_u32);
                all.join(&code.map_or_else(Known::unknown, |c| Known::of(c.to_string())));
                all
            })
        }
        "UNHEX" | "FROM_HEX" => through(hex),
        "FROM_BASE64" | "UNBASE64" | "BASE64_DECODE_STRING" | "BASE64_DECODE" => through(base64),
        "DECODE" => match arguments.get(1).map(|how| how.text.as_str()) {
            Some("hex") => through(hex),
            Some("base64") => through(base64),
            _ => Known::unknown(),
        },
        "REVERSE" => through(|text| Some(text.chars().rev().collect())),
        "REPLACE" => match arguments {
            [text, what, with] if text.whole && what.whole && with.whole && !what.text.is_empty() => {
                let text = text.text.replace(&what.text, &with.text);
                if text.len() <= BYTES { Known::of(text) } else { Known::unknown() }
            }
            _ => Known::unknown(),
        },
        "FORMAT" | "PRINTF" => format(arguments),
        "LOWER" | "UPPER" | "TRIM" | "CAST" | "CONVERT_FROM" | "QUOTE_IDENT" | "QUOTE_LITERAL"
        | "QUOTENAME" | "TO_CHAR" | "NVL" | "COALESCE" => first(),
        "CONVERT" => arguments.get(1).cloned().unwrap_or_else(Known::unknown),
        _ => Known::unknown(),
    }
}

/// PostgreSQL's `format('… %I …', a)`.
fn format(arguments: &[Known]) -> Known {
    let Some((pattern, rest)) = arguments.split_first() else { return Known::unknown() };
    let mut rest = rest.iter();
    let mut known = Known { whole: pattern.whole, any: pattern.any, text: String::new() };
    let mut pieces = pattern.text.split('%');
    known.text.push_str(pieces.next().unwrap_or_default());
    while let Some(piece) = pieces.next() {
        let Some(how) = piece.chars().next() else {
            // `%%`
            known.join(&Known::of("%"));
            known.join(&Known::of(pieces.next().unwrap_or_default()));
            continue;
        };
        let tail = piece.strip_prefix(|c: char| matches!(c, 'I' | 's' | 'L' | 'd'));
        match tail {
            Some(tail) => {
                let value = rest.next().cloned().unwrap_or_else(Known::unknown);
                let quote = if how == 'L' { "'" } else { "" };
                known.join(&Known::of(quote));
                known.join(&value);
                known.join(&Known::of(quote));
                known.join(&Known::of(tail));
            }
            None => known.join(&Known::of(piece)),
        }
    }
    known
}

fn hex(text: &str) -> Option<String> {
    let digits: Vec<u8> =
        text.trim_start_matches("\\x").bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| {
            let [high, low] = pair else { return None };
            u8::try_from(char::from(*high).to_digit(16)? * 16 + char::from(*low).to_digit(16)?).ok()
        })
        .collect();
    // SQL Server's wide texts have a zero behind each byte.
    let bytes: Vec<u8> = bytes?.into_iter().filter(|b| *b != 0).collect();
    String::from_utf8(bytes).ok()
}

fn base64(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    String::from_utf8(out).ok()
}
