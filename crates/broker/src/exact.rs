//! The exact request as a person sees it: its text, and which of its bytes each reason comes from.
//!
//! Invariants: the text holds every byte of the action or says what it leaves out; it is redacted before it comes here
//! and revealed on its way out. A mark that would point elsewhere than where its reason comes from is left away.

use sayso_core::action::{Action, Command, Http};
use sayso_core::card::{Exact, Mark};
use sayso_core::reading::{Effect, Reason, Span};
use sayso_core::record::Kept;
use sayso_core::visible::{reveal, reveal_line};
use sayso_core::{Reading, limits, redact};

use crate::card::last_part;

/// The exact request as one text: a script as written, an argv quoted, HTTP as it goes over the wire, anything else as
/// indented JSON.
pub(crate) fn text_of(action: &Action) -> String {
    match action {
        Action::Shell(shell) => match &shell.command {
            Command::Script(script) => script.clone(),
            Command::Argv(argv) => argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
        },
        Action::Sql(sql) => sql.statement.clone(),
        Action::Http(http) => request(http),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

/// A word as a shell would have to be given it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn request(http: &Http) -> String {
    let mut text = format!("{} {}", line(&http.method), line(&http.url));
    for (name, value) in &http.headers {
        text.extend(["\n", &line(name), ": ", &line(value)]);
    }
    if let Some(body) = &http.body {
        text.push_str("\n\n");
        text.push_str(body);
    }
    text
}

/// A text that must not look as if it went on in the next line.
fn line(text: &str) -> String {
    text.replace('\\', r"\\").replace('\r', r"\r").replace('\n', r"\n")
}

/// The exact request of a card.
pub(crate) fn exact(kept: &Kept, reading: &Reading) -> Exact {
    let action = &kept.request.ask.action;
    let whole = text_of(action);
    let cut = floor_char_boundary(&whole, limits::CARD_EXACT_BYTES);
    let rest = if cut < whole.len() {
        format!("{} more bytes are not shown. Deny it unless you know them.", whole.len() - cut)
    } else {
        String::new()
    };
    let spans = if is_what_was_read(action) {
        spans_in(reading, kept, &whole)
    } else {
        found_in(&reading.reasons, &reading.effects, &whole)
    };
    let (text, marks) = reveal_with_marks(&whole[..cut], &spans);
    Exact { kind: action.kind().to_owned(), text, rest, marks, action: kept.action }
}

/// Whether spans of a reading point into the text that is shown.
fn is_what_was_read(action: &Action) -> bool {
    match action {
        Action::Shell(shell) => matches!(shell.command, Command::Script(_)),
        Action::Sql(_) => true,
        _ => false,
    }
}

/// The reasons' spans. They point into the text as asked; where a secret was hidden in it they would point elsewhere,
/// so what is shown is read anew.
fn spans_in(reading: &Reading, kept: &Kept, shown: &str) -> Vec<(Span, String)> {
    let unchanged = kept.request.ask.action.digest().is_ok_and(|digest| digest == kept.action);
    let anew = (!unchanged).then(|| sayso_reading::read(&kept.request.ask.action));
    let reasons = &anew.as_ref().unwrap_or(reading).reasons;
    let mut spans: Vec<(Span, String)> =
        reasons.iter().filter_map(|reason| Some((reason.span?, reason.why.clone()))).collect();
    spans.retain(|(span, _)| {
        span.start < span.end
            && span.end <= shown.len()
            && shown.is_char_boundary(span.start)
            && shown.is_char_boundary(span.end)
    });
    spans.sort_by_key(|(span, _)| (span.start, span.end));
    spans
}

/// Where the text that is shown is put together from parts: a reason comes from where its target stands in it. One
/// whose target stands nowhere (it was resolved, or decoded) has no mark.
fn found_in(reasons: &[Reason], effects: &[Effect], shown: &str) -> Vec<(Span, String)> {
    let mut spans: Vec<(Span, String)> = reasons
        .iter()
        .filter_map(|reason| {
            let own = effects.iter().filter(|effect| reason.why.contains(last_part(&effect.target)));
            let mut names = own.flat_map(|effect| [effect.target.name.as_str(), last_part(&effect.target)]);
            names.find_map(|name| Some((standing_in(shown, name)?, reason.why.clone())))
        })
        .collect();
    spans.sort_by_key(|(span, _)| (span.start, span.end));
    spans
}

/// Where `name` stands by itself, and not within another word.
fn standing_in(shown: &str, name: &str) -> Option<Span> {
    let within = |c: char| c.is_alphanumeric() || c == '_';
    if name.trim().is_empty() {
        return None;
    }
    shown
        .match_indices(name)
        .map(|(start, _)| Span { start, end: start + name.len() })
        .find(|span| !shown[..span.start].ends_with(within) && !shown[span.end..].starts_with(within))
}

/// Reveals `text` piece by piece, so that each span is known in UTF-16 units of what comes out. Of overlapping
/// spans the first one counts.
fn reveal_with_marks(text: &str, spans: &[(Span, String)]) -> (String, Vec<Mark>) {
    let mut out = String::with_capacity(text.len());
    let mut units = 0;
    let mut marks = Vec::new();
    let mut at = 0;
    let mut push = |part: &str, units: &mut usize| {
        let shown = reveal(part);
        *units += shown.encode_utf16().count();
        out.push_str(&shown);
    };
    for (span, why) in spans {
        if span.start < at || span.end > text.len() {
            continue;
        }
        push(&text[at..span.start], &mut units);
        let start = units;
        push(&text[span.start..span.end], &mut units);
        marks.push(Mark { span: Span { start, end: units }, why: reveal_line(&redact::text(why)) });
        at = span.end;
    }
    push(&text[at..], &mut units);
    (out, marks)
}

fn floor_char_boundary(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    (0..=most).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn marked(action: &str) -> Vec<(String, String)> {
        let action: Action = serde_json::from_str(action).unwrap();
        let (reading, text) = (sayso_reading::read(&action), text_of(&action));
        let spans = found_in(&reading.reasons, &reading.effects, &text);
        spans.into_iter().map(|(span, why)| (text[span.start..span.end].to_owned(), why)).collect()
    }

    #[test]
    fn a_reason_is_marked_where_its_target_stands_in_words_requests_calls_and_edits() {
        let rows = [
            (r#"{"kind":"shell","argv":["rm","-rf","uploads"],"cwd":"/srv/shop"}"#, "uploads"),
            (
                r#"{"kind":"http","method":"POST","url":"https://backboard.railway.app/graphql/v2",
                    "body":"{\"query\":\"mutation { volumeDelete(volumeId: \\\"8c1f04be\\\") }\"}"}"#,
                "8c1f04be",
            ),
            (
                r#"{"kind":"mcp","server":"github","tool":"delete_repository","arguments":{"repo":"shop"}}"#,
                "delete_repository",
            ),
            (
                r#"{"kind":"file_edit","path":"/home/anna/.bashrc","change":{"content":"x"}}"#,
                "/home/anna/.bashrc",
            ),
        ];
        for (action, target) in rows {
            let marks = marked(action);
            assert!(marks.iter().any(|(text, _)| text == target), "{action}: {marks:?}");
        }
    }

    #[test]
    fn a_header_cannot_look_like_another_line_of_the_request() {
        let http = Http {
            method: "GET".to_owned(),
            url: "https://acme.example/a\nHost: other".to_owned(),
            headers: vec![("X".to_owned(), "1\r\n\r\nbody".to_owned())],
            body: Some("real".to_owned()),
        };
        assert_eq!(
            text_of(&Action::Http(http)),
            "GET https://acme.example/a\\nHost: other\nX: 1\\r\\n\\r\\nbody\n\nreal"
        );
    }

    #[test]
    fn a_name_within_another_word_is_not_the_target() {
        let found = |shown, name| standing_in(shown, name).map(|span| span.start);
        assert_eq!(found("rm builder build", "build"), Some(11));
        assert_eq!((found("rm rebuild", "build"), found("rm", "")), (None, None));
    }
}
