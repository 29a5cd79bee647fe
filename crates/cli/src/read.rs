//! `sayso read`: what an action would do, explained. Asks nobody and runs nothing.
//!
//! # Invariants
//! - A batch touches no file of the machine; every line that comes in is answered by one line, in order, and what
//!   cannot be understood is answered with *ask* and never with *allow*.

mod case;

use std::io::{self, BufRead, Read, Write};

use sayso_core::action::{Command, Shell};
use sayso_core::reading::{Effect, Reversible, Severity, Unread, Verb};
use sayso_core::{Action, Reading};
use sayso_rules::Profile;
use serde::Serialize;

use crate::args::ReadArgs;
use crate::exit::Exit;
use crate::{ask, words};

/// Bytes of one line of a batch: as on the socket.
const LINE_BYTES: u64 = sayso_core::limits::LINE_BYTES as u64;

pub(crate) fn run(args: &ReadArgs) -> Exit {
    let profile = args.profile;
    if args.batch {
        return batch(profile);
    }
    let action = match args.command.as_slice() {
        // One word with blanks in it is a line for a shell; several words are an argv.
        [line] if line.to_str().is_some_and(|line| line.contains(char::is_whitespace)) => {
            script_here(line.to_str())
        }
        command => ask::command_here(command).map_err(|no| no.sentence),
    };
    match action {
        Ok(action) => {
            one(&action, profile, args.json);
            Exit::Approved
        }
        Err(why) => {
            words::complain(&words::safe(&why));
            Exit::Usage
        }
    }
}

fn script_here(line: Option<&str>) -> Result<Action, String> {
    let cwd = std::env::current_dir().map_err(|why| format!("the current folder cannot be told: {why}"))?;
    let cwd = cwd.to_str().ok_or("the current folder's name is not UTF-8")?.to_owned();
    let cwd = cwd.try_into().map_err(|why: sayso_core::action::BadField| why.to_string())?;
    let command = Command::Script(line.unwrap_or_default().to_owned());
    Ok(Action::Shell(Shell { command, cwd, env: Vec::new() }))
}

fn one(action: &Action, profile: Profile, json: bool) {
    let reading = sayso_sources::read_through(action);
    if json {
        words::say_json(&Answer::of(None, &reading, profile));
        return;
    }
    let shown = |text: &str| words::safe(text);
    words::say(&shown(&words::sentence(&reading.sentence)));
    let verdict = if profile.passes(&reading).is_some() { "passes" } else { "asks a person" };
    words::say(&format!("Severity {}; under {} it {verdict}.", severity(reading.severity), profile.name()));
    for effect in &reading.effects {
        words::say(&shown(&format!("  {}", told(effect))));
    }
    for reason in &reading.reasons {
        words::say(&shown(&format!("  because: {}", reason.why)));
    }
    for unread in &reading.unread {
        words::say(&shown(&format!("  not read: {}: {}", unread.what, unread.why)));
    }
    for file in &reading.files {
        words::say(&shown(&format!("  read through: {}", file.path)));
    }
}

fn told(effect: &Effect) -> String {
    let back = match effect.reversible {
        Reversible::Yes => "can be had back",
        Reversible::No => "cannot be had back",
        Reversible::Unknown => "perhaps cannot be had back",
    };
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().replace('_', " ");
    let verb = serde_json::to_value(effect.verb).map(word).unwrap_or_default();
    let kind = serde_json::to_value(effect.target.kind).map(word).unwrap_or_default();
    let read = if effect.verb == Verb::Read { String::new() } else { format!(" ({back})") };
    format!("{verb} {kind} {}{read}", effect.target.name)
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::None => "none",
        Severity::Low => "low",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// Lines of cases in, lines of answers out.
fn batch(profile: Profile) -> Exit {
    let mut input = io::stdin().lock();
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.by_ref().take(LINE_BYTES + 1).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            Err(why) => {
                words::complain(&format!("standard input cannot be read: {why}"));
                return Exit::Usage;
            }
        }
        let whole = line.ends_with(b"\n") || line.len() as u64 <= LINE_BYTES;
        if !whole && let Err(why) = input.skip_until(b'\n') {
            words::complain(&format!("standard input cannot be read: {why}"));
            return Exit::Usage;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        if answer(&line, whole, profile, &mut output).is_err() {
            // The reader went away, and with it whoever wanted the rest.
            return Exit::Approved;
        }
    }
    let _gone = output.flush();
    Exit::Approved
}

fn answer(line: &[u8], whole: bool, profile: Profile, output: &mut impl Write) -> io::Result<()> {
    let case = if whole {
        case::parse(line)
    } else {
        Err(case::NoCase { id: None, why: format!("the line is longer than {LINE_BYTES} bytes") })
    };
    match case {
        Ok(case) => {
            let reading = sayso_reading::read_in(&case.action, case.root.as_deref());
            serde_json::to_writer(&mut *output, &Answer::of(Some(&case.id), &reading, profile))?;
        }
        Err(no) => serde_json::to_writer(&mut *output, &Answer::not_understood(&no))?,
    }
    output.write_all(b"\n")
}

/// What a reading comes to under a profile.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a serde_json::Value>,
    decision: &'static str,
    severity: Severity,
    effects: &'a [Effect],
    unread: &'a [Unread],
    why: &'a str,
}

impl<'a> Answer<'a> {
    fn of(id: Option<&'a serde_json::Value>, reading: &'a Reading, profile: Profile) -> Self {
        let decision = if profile.passes(reading).is_some() { "allow" } else { "ask" };
        let Reading { severity, sentence, effects, unread, .. } = reading;
        Self { id, decision, severity: *severity, effects, unread, why: sentence }
    }

    fn not_understood(no: &'a case::NoCase) -> Self {
        let id = Some(no.id.as_ref().unwrap_or(&serde_json::Value::Null));
        Self { id, decision: "ask", severity: Severity::High, effects: &[], unread: &[], why: &no.why }
    }
}
