//! Commands: the catalogue of what is known about programs, as data, and how one call is held against it.

mod args;
mod changes;
mod code;
mod databases;
mod find;
mod git;
mod network;
mod packages;
mod providers;
mod reads;
mod rows;
mod system;
mod unknown;
mod wrappers;

use sayso_core::reading::Span;

use crate::shell::{Session, State, Stream};
use crate::words::{Word, absolute};
use crate::{Files, Findings};

pub(crate) use code::scan::is_secret_name;
pub(crate) use wrappers::behind;

/// What a program gets on its standard input, as far as the bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stdin<'a> {
    /// What the command line itself gets: nobody said anything of it.
    Inherited,
    /// Exactly this text: a here-document, `echo … |`, a decoded constant.
    Text(&'a str),
    /// The file by this name, as written.
    File(&'a str),
    /// What a download brings.
    Download,
    /// What another program prints; its name.
    Printed(&'a str),
}

/// Where a command runs.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The folder, where it is known.
    pub(crate) cwd: Option<&'a str>,
    /// The folder that the action started in: what lies below is the asker's own.
    pub(crate) start: &'a str,
    /// How many scripts stand around it.
    pub(crate) depth: usize,
    /// How many programs that run others stand around it.
    pub(crate) wrapped: usize,
    /// What it reads from.
    pub(crate) stdin: Stdin<'a>,
    /// Where scripts that it runs are looked up.
    pub(crate) files: &'a dyn Files,
    /// The shell that it runs in, where one is read.
    pub(crate) shell: Option<Around<'a>>,
}

/// The shell around a command.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The budget of the whole action.
    pub(crate) session: &'a Session,
    /// Its variables and functions; `None` where the command runs on another machine or in a container.
    pub(crate) state: Option<&'a State>,
}

impl<'a> Place<'a> {
    /// The same place inside a program that runs another.
    const fn inside(&self) -> Self {
        Self { wrapped: self.wrapped + 1, ..*self }
    }

    /// Whether it is another machine or a container.
    pub(crate) fn is_away(&self) -> bool {
        self.start == wrappers::ELSEWHERE
    }

    /// What stands in the file or pipe `path`, where this line put it there: `<(…)`, `echo … > x`, `curl -o x`.
    pub(crate) fn content(&self, path: &str) -> Option<Stdin<'a>> {
        match path {
            "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0" => Some(self.stdin),
            _ => {
                let state = self.shell.and_then(|shell| shell.state)?;
                state.content(&absolute(path, self.cwd)).map(Stream::stdin)
            }
        }
    }
}

/// How many programs may run one another (`sudo nice timeout 5 env …`). Nobody needs more.
const WRAPPED: usize = 12;

/// One call of a program.
struct Call<'a> {
    /// The program's name without its folder.
    name: &'a str,
    /// The program as it stands there, with its folder.
    program: &'a Word,
    /// The words behind it.
    words: &'a [Word],
    /// All of it.
    span: Option<Span>,
    place: &'a Place<'a>,
}

/// Reads one call into `findings`. Leaves them as they are only for a plain read.
pub(crate) fn read(words: &[Word], span: Option<Span>, place: &Place<'_>, findings: &mut Findings) {
    let Some((program, words)) = words.split_first() else { return };
    if !program.literal || program.glob || program.text.is_empty() {
        findings.unread_program(&program.text, "which program this is shows only when it runs", program.span);
        return;
    }
    if place.wrapped > WRAPPED {
        let why = format!("more than {WRAPPED} programs stand around it that run one another");
        findings.unread_program(&program.text, why, program.span);
        return;
    }
    let straight = straightened(program);
    let program = straight.as_ref().unwrap_or(program);
    let name = program.text.rsplit('/').next().unwrap_or(&program.text);
    // The shell that reads this line, by the way that the system keeps it.
    let itself = program.text.starts_with("/proc/") && program.text.ends_with("/exe");
    let name = if itself { "sh" } else { name };
    let call = Call { name, program, words, span, place };
    if program.text.contains('/')
        && let Some(content) = place.content(&program.text)
    {
        return wrappers::written(&call, content, findings);
    }
    wrappers::embedded(&call, findings);
    let theirs = changes::read(&call, findings)
        || git::read(&call, findings)
        || wrappers::read(&call, findings)
        || system::read(&call, findings)
        || databases::console(&call, findings)
        || packages::read(&call, findings)
        || code::read(&call, findings)
        || databases::read(&call, findings)
        || network::read(&call, findings)
        || providers::read(&call, findings)
        || reads::read(&call, findings);
    if !theirs {
        unknown::read(&call, program, findings);
    }
}

/// A program by a path that goes around (`/usr/../bin//rm`), by the straight one.
fn straightened(program: &Word) -> Option<Word> {
    let path = program.text.strip_prefix('/')?;
    if !path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    Some(Word { text: format!("/{}", parts.join("/")), ..program.clone() })
}
