//! What people and agents read: sentences, times, and text from others made safe for a terminal.

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use sayso_core::{By, Decision, Presence, UnixMs, visible};

/// Text from others on one line of a terminal: nothing invisible, no escape codes, no line ends of its own.
pub(crate) fn safe(text: &str) -> String {
    visible::reveal(text)
        .chars()
        .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
        .filter(|c| !c.is_control())
        .collect()
}

/// Writes a line to standard output. A reader that went away (`| head`) is no error of ours.
pub(crate) fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _gone = writeln!(out, "{line}");
}

/// Writes a line to standard error, after our name.
pub(crate) fn complain(line: &str) {
    let mut out = io::stderr().lock();
    let _gone = writeln!(out, "sayso: {line}");
}

/// One JSON value on a line of standard output.
pub(crate) fn say_json<T: serde::Serialize>(value: &T) {
    match serde_json::to_string(value) {
        Ok(text) => say(&text),
        Err(why) => complain(&format!("this cannot be written as JSON: {why}")),
    }
}

/// `text` as a sentence: with a full stop, unless it ends as one.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

/// The word on the wire.
pub(crate) const fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "approved",
        Decision::Denied => "denied",
    }
}

/// The decider, in a sentence.
pub(crate) const fn by(by: By) -> &'static str {
    match by {
        By::Person => "a person",
        By::Rule => "a rule",
        By::Timeout => "the time limit",
    }
}

/// How sure it is that a person was there, in a sentence.
pub(crate) const fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::None => "no person took part",
        Presence::Click => "by a click",
        Presence::Typed => "by typing the name",
        Presence::Passphrase => "with their passphrase",
        Presence::SecurityKey => "with their security key",
    }
}

/// A span as people write it, to the second.
pub(crate) fn span(span: Duration) -> String {
    humantime::format_duration(Duration::from_secs(span.as_millis().div_ceil(1000).try_into().unwrap_or(0)))
        .to_string()
}

/// A time of the wall clock in UTC: `2026-11-22T04:46:38Z`.
pub(crate) fn time(at: UnixMs) -> String {
    u64::try_from(at.seconds())
        .ok()
        .and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
        // Beyond the year 9999 the format has no form; such a number is somebody's nonsense and is shown as it is.
        .filter(|_| at.seconds() < 253_402_300_800)
        .map_or_else(
            || format!("{} s since 1970", at.seconds()),
            |time| humantime::format_rfc3339_seconds(time).to_string(),
        )
}

/// The wall clock now. Before 1970 it reads 1970: every receipt is then not yet in force, which denies.
pub(crate) fn now() -> UnixMs {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_escape_code_and_no_line_end_reaches_the_terminal() {
        let shown = safe("a\u{1b}[2Jb\nc\u{7}\u{9b}1m");
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }

    #[test]
    fn times_read_as_utc_and_nonsense_as_itself() {
        assert_eq!(time(UnixMs(1_795_322_798_999)), "2026-11-22T04:46:38Z");
        assert_eq!(time(UnixMs(-1)), "-1 s since 1970");
        assert_eq!(time(UnixMs(i64::MAX)), "9223372036854775 s since 1970");
    }

    #[test]
    fn a_sentence_ends_once() {
        assert_eq!(sentence("why, and what to do"), "why, and what to do.");
        assert_eq!(sentence("Start it. "), "Start it.");
    }

    #[test]
    fn a_span_is_rounded_up_to_the_second() {
        assert_eq!(span(Duration::from_millis(299_001)), "5m");
    }
}
