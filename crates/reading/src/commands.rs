//! Commands: the catalogue of what is known about programs, as data, and how one call is held against it.

mod args;
mod changes;
mod find;
mod git;
mod reads;
mod wrappers;

use sayso_core::reading::Span;

use crate::Findings;
use crate::words::Word;

/// Where a command runs.
pub(crate) struct Place<'a> {
    /// The folder, where it is known.
    pub(crate) cwd: Option<&'a str>,
    /// The folder that the action started in: what lies below is the asker's own.
    pub(crate) start: &'a str,
    /// How many scripts stand around it.
    pub(crate) depth: usize,
    /// How many programs that run others stand around it.
    pub(crate) wrapped: usize,
}

impl Place<'_> {
    /// The same place inside a program that runs another.
    const fn inside(&self) -> Self {
        Self { wrapped: self.wrapped + 1, ..*self }
    }
}

/// How many programs may run one another (`sudo nice timeout 5 env …`). Each level is read in two ways.
const WRAPPED: usize = 6;

/// One call of a program.
struct Call<'a> {
    /// The program's name without its folder.
    name: &'a str,
    /// The words behind it.
    words: &'a [Word],
    /// All of it.
    span: Option<Span>,
    place: &'a Place<'a>,
}

/// Folders whose programs are the ones that their names say.
const SYSTEM_FOLDERS: &[&str] = &["/bin/", "/usr/bin/"];

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
    let name = program.text.rsplit('/').next().unwrap_or(&program.text);
    let call = Call { name, words, span, place };
    if changes::read(&call, findings) || git::changes(&call, findings) || wrappers::read(&call, findings) {
        return;
    }
    let known =
        SYSTEM_FOLDERS.iter().find_map(|folder| program.text.strip_prefix(folder)).unwrap_or(&program.text);
    if known != name {
        findings.unread_program(&program.text, "a program by its path can be anything", program.span);
        return;
    }
    match reads::check(&call, findings) {
        Ok(()) => findings.reads(name),
        Err(reads::NotPlain { word, why }) => {
            let span = word.map_or(program.span.or(span), |word| word.span);
            findings.unread_program(name, why, span);
        }
    }
}
