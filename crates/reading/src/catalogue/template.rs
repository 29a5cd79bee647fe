//! Paths with named parts, and texts with places for them.
//!
//! A part of a pattern is a word, `*` (any one part), `{name}` (any one, remembered), a word around a name
//! (`bot{token}`, `{name}:delete`), or `**` at the end (all the rest).

use std::borrow::Cow;

use super::format::Facts;

/// What named parts stood for.
#[derive(Debug, Default)]
pub(crate) struct Bindings<'a>(Vec<(&'static str, Cow<'a, str>)>);

impl Bindings<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }
}

#[derive(Debug)]
enum Part {
    Word(&'static str),
    Any,
    Named { before: &'static str, name: &'static str, after: &'static str },
}

/// A pattern of a path.
#[derive(Debug)]
pub(crate) struct Path {
    host: Option<&'static str>,
    parts: Vec<Part>,
    open: bool,
}

impl Path {
    /// `host/path`, `/path`, or (where `slashes` is false) words with spaces between them.
    pub(super) fn parse(text: &'static str, slashes: bool) -> Self {
        let (host, text) = match text.find('/') {
            Some(at) if slashes && at > 0 => (Some(&text[..at]), &text[at..]),
            _ => (None, text),
        };
        let mut parts: Vec<&'static str> =
            text.split(if slashes { '/' } else { ' ' }).filter(|part| !part.is_empty()).collect();
        let open = parts.last() == Some(&"**") || !slashes;
        parts.retain(|part| *part != "**");
        let parts = parts.into_iter().map(part).collect();
        Self { host, parts, open }
    }

    /// How many parts it has; the most there can be where it is open at its end.
    pub(super) const fn length(&self) -> usize {
        if self.open { usize::MAX } else { self.parts.len() }
    }

    /// What its names stand for, where it matches.
    pub(super) fn matches<'a>(&self, host: &str, parts: &[&'a str]) -> Option<Bindings<'a>> {
        let host_fits = self.host.is_none_or(|want| match want.strip_prefix('*') {
            Some(ending) => host.ends_with(ending),
            None => want == host,
        });
        let long = parts.len() == self.parts.len() || (self.open && parts.len() > self.parts.len());
        if !host_fits || !long || !self.parts.iter().zip(parts).all(|(want, have)| want.fits(have)) {
            return None;
        }
        let mut bindings = Bindings::default();
        for (want, have) in self.parts.iter().zip(parts) {
            if let Part::Named { before, name, after } = want {
                let value = have.get(before.len()..have.len() - after.len())?;
                bindings.0.push((name, decoded(value)));
            }
        }
        if self.open {
            bindings.0.push(("rest", Cow::Owned(parts.get(self.parts.len()..)?.join("/"))));
        }
        Some(bindings)
    }

    /// A host and a path that it must match.
    #[cfg(test)]
    pub(super) fn example(&self) -> (String, String) {
        let host = self.host.map_or(String::new(), |host| host.replace('*', "x"));
        let mut parts: Vec<String> = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Word(word) => (*word).to_owned(),
                Part::Any => "any".to_owned(),
                Part::Named { before, name, after } => format!("{before}{name}1{after}"),
            })
            .collect();
        if self.open {
            parts.push("more".to_owned());
        }
        (host, parts.join("/"))
    }
}

fn part(text: &'static str) -> Part {
    match (text, text.find('{'), text.find('}')) {
        ("*", _, _) => Part::Any,
        (_, Some(open), Some(close)) if open < close => {
            Part::Named { before: &text[..open], name: &text[open + 1..close], after: &text[close + 1..] }
        }
        _ => Part::Word(text),
    }
}

impl Part {
    fn fits(&self, have: &str) -> bool {
        match self {
            Self::Word(want) => want.eq_ignore_ascii_case(have),
            Self::Any => true,
            Self::Named { before, after, .. } => {
                have.len() >= before.len() + after.len()
                    && have.starts_with(before)
                    && have.ends_with(after)
                    // A part with nothing around it takes whatever stands there.
                    && (have.len() > before.len() + after.len() || (before.is_empty() && after.is_empty()))
            }
        }
    }
}

/// `%41` to `A`, where it is text.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = match (bytes[at], bytes.get(at + 1), bytes.get(at + 2)) {
            (b'%', Some(high), Some(low)) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        if let Some((high, low)) = pair {
            out.push(high * 16 + low);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// `template` with its places filled: from the path, else from the facts. A place that nothing fills goes, with the
/// word in front of it left as it is.
pub(super) fn fill(
    template: &str,
    bindings: &Bindings<'_>,
    facts: &dyn Facts,
    show: impl Fn(&str) -> String,
) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        out.push_str(before);
        match bindings.get(name).map(Cow::Borrowed).or_else(|| facts.value(name)) {
            Some(value) if !value.is_empty() => out.push_str(&show(&value)),
            _ => {
                let kept = out.trim_end_matches([' ', '/']).len();
                out.truncate(kept);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out.trim().to_owned()
}
