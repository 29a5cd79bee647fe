//! Command lines: a script by its grammar, an argv by its words.
//!
//! # Invariants
//! - Every program call that may run is handed to [`crate::commands`], its words expanded as far as the bytes tell.
//! - All scripts of one action share one budget; over it, or where the grammar has a fault, the rest is unread.
//!
//! # The rooms
//! `walk` goes over the tree and keeps what a shell would know (`state`); `expand`, `parameter`, `pattern` and
//! `arithmetic` make words of what is written; `simple` runs one command, `builtins` and `source` what the shell does
//! itself; `redirect` says where streams go; `printed` and `decode` what constant commands print; `variables` which
//! variables run something.

mod arithmetic;
mod builtins;
mod called;
mod compound;
mod decode;
mod expand;
mod parameter;
mod pattern;
mod printed;
mod redirect;
mod simple;
mod source;
mod state;
mod stream;
mod variables;
mod walk;

use sayso_core::action::{Command, Shell};
use sayso_core::reading::Span;
use sayso_core::{Reading, Severity};
use smol_str::SmolStr;

use crate::commands::{Around, Place, Stdin};
use crate::grammar::{self, tree::Parsed};
use crate::words::Word;
use crate::{Files, Findings, SCRIPT_BYTES, SCRIPT_DEPTH};

pub(crate) use builtins::line;
pub(crate) use source::{downloaded, sets_up, weight};
pub(crate) use state::{Session, State};
pub(crate) use stream::Stream;

use state::{Anchor, Positional, Text};
use walk::Walk;

/// Variables that change how a program prints and not what it does. `LC_…` belong to them.
const HARMLESS_VARIABLES: &[&str] = &[
    "CI",
    "COLUMNS",
    "CLICOLOR",
    "FORCE_COLOR",
    "LANG",
    "LANGUAGE",
    "LINES",
    "NO_COLOR",
    "TERM",
    "TZ",
    "COLORTERM",
];

/// Words that raise a script which was not read: so none gains by being too long to read.
const GRAVE: &[&str] =
    &["rm", "rmdir", "shred", "dd", "mkfs", "wipefs", "truncate", "delete", "hard", "force", "drop"];

/// A script that is not read at all.
fn given_up(script: &str, why: String, span: Option<Span>, findings: &mut Findings) {
    findings.unread("the whole", why, span);
    let mut words = script.split(|c: char| !c.is_ascii_alphanumeric());
    if words.any(|word| GRAVE.iter().any(|grave| word.eq_ignore_ascii_case(grave))) {
        findings.raise(Severity::Critical);
    }
}

pub(crate) fn read(shell: &Shell, files: &dyn Files) -> Reading {
    let mut findings = Findings::default();
    for name in &shell.env {
        if !HARMLESS_VARIABLES.contains(&name.as_str()) && !name.starts_with("LC_") {
            findings.unread(name, "a variable that was changed can change what a program does", None);
        }
    }
    let session = Session::default();
    let place = Place {
        cwd: Some(shell.cwd.as_str()),
        start: shell.cwd.as_str(),
        depth: 0,
        wrapped: 0,
        stdin: Stdin::Inherited,
        files,
        shell: Some(Around { session: &session, state: None }),
    };
    let plain = match &shell.command {
        Command::Argv(argv) => {
            let mut words: Vec<Word> = argv.iter().map(|word| Word::plain(word)).collect();
            let mut walk = Walk::new("", State::new(), place, &session, &mut findings);
            walk.source = None;
            walk.anchor = Anchor::Within(None);
            walk.run(&mut words, None, &Stream::Inherited, false);
            true
        }
        Command::Script(script) => read_script(script, &place, &mut findings),
    };
    findings.into_reading(plain)
}

/// Reads a script that runs at `place`. Whether all of it was understood.
pub(crate) fn read_script(script: &str, place: &Place<'_>, findings: &mut Findings) -> bool {
    read_script_with(script, &[], place, findings)
}

/// The same with arguments: `$0` where `sh -c` gives it, then `$1` and so on.
pub(crate) fn read_script_with(
    script: &str,
    arguments: &[Word],
    place: &Place<'_>,
    findings: &mut Findings,
) -> bool {
    let own = Session::default();
    let session = place.shell.map_or(&own, |around| around.session);
    if place.depth > SCRIPT_DEPTH || !session.enter() {
        let why = format!("it is a script in a script more than {SCRIPT_DEPTH} deep");
        given_up(script, why, None, findings);
        return false;
    }
    let read = match parsed(script, session) {
        Err(why) => {
            given_up(script, why, None, findings);
            false
        }
        Ok(parsed) => {
            faults(&parsed, script, None, findings);
            let outer = place.shell.and_then(|around| around.state);
            let mut state =
                outer.filter(|state| session.spend(state.size())).map_or_else(State::new, State::child);
            if let Some((first, rest)) = arguments.split_first() {
                let text = |word: &Word| Text {
                    text: SmolStr::new(&word.text),
                    literal: word.literal,
                    glob: word.glob,
                };
                state.name = SmolStr::new(&first.text);
                state.zero = Some(text(first));
                state.positional = Positional::Known(rest.iter().map(text).collect());
            }
            Walk::new(script, state, *place, session, findings).whole(&parsed.script);
            parsed.faults.is_empty()
        }
    };
    session.leave();
    read
}

/// The tree of a script, or why it was not read.
fn parsed(script: &str, session: &Session) -> Result<Parsed, String> {
    if script.len() > SCRIPT_BYTES {
        return Err(format!("it is longer than {SCRIPT_BYTES} bytes"));
    }
    if !session.spend(script.len() / BYTES_A_STEP) {
        return Err("it takes too many steps to read".to_owned());
    }
    Ok(grammar::parse(script))
}

/// Bytes that are parsed in the time of one step.
const BYTES_A_STEP: usize = 16;

/// What the grammar did not understand is unread.
fn faults(parsed: &Parsed, script: &str, span: Option<Span>, findings: &mut Findings) {
    for fault in &parsed.faults {
        let shown = script.get(fault.span.start..fault.span.end).filter(|shown| !shown.trim().is_empty());
        findings.unread(shown.unwrap_or("the whole"), fault.why, Some(span.unwrap_or(fault.span)));
    }
}

/// A variable that a program sets for one that it runs.
pub(crate) fn variable(
    name: &str,
    value: &str,
    literal: bool,
    span: Option<Span>,
    place: &Place<'_>,
    findings: &mut Findings,
) {
    let own = Session::default();
    let session = place.shell.map_or(&own, |around| around.session);
    let mut walk = Walk::new("", State::new(), *place, session, findings);
    walk.source = None;
    walk.anchor = Anchor::Within(span);
    let text = Text { text: SmolStr::new(value), literal, glob: false };
    variables::check(&mut walk, name, &text, span);
}
