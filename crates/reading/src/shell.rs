//! Command lines: a script by its grammar, an argv by its words.

mod lexer;
mod tree;

use sayso_core::action::{Command, Shell};
use sayso_core::{Reading, Severity};

use crate::commands::{self, Place, Stdin};
use crate::words::Word;
use crate::{Files, Findings, SCRIPT_BYTES, SCRIPT_DEPTH, SIGNS};

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
fn given_up(script: &str, why: String, findings: &mut Findings) {
    findings.unread("the whole", why, None);
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
    let place = Place {
        cwd: Some(shell.cwd.as_str()),
        start: shell.cwd.as_str(),
        depth: 0,
        wrapped: 0,
        stdin: Stdin::Inherited,
        files,
    };
    let plain = match &shell.command {
        Command::Argv(argv) => {
            let words: Vec<Word> = argv.iter().map(|word| Word::plain(word)).collect();
            commands::read(&words, None, &place, &mut findings);
            true
        }
        Command::Script(script) => read_script(script, &place, &mut findings),
    };
    findings.into_reading(plain)
}

/// Reads a script that runs at `place` and gives whether it is nothing but plain words.
pub(crate) fn read_script(script: &str, place: &Place<'_>, findings: &mut Findings) -> bool {
    let depth = place.depth;
    let over = if script.len() > SCRIPT_BYTES {
        Some(format!("it is longer than {SCRIPT_BYTES} bytes"))
    } else if depth > SCRIPT_DEPTH {
        Some(format!("it is a script in a script more than {SCRIPT_DEPTH} deep"))
    } else if script.bytes().filter(|b| tree::is_sign(*b)).count() > SIGNS {
        Some(format!("it has more than {SIGNS} signs such as ( and |"))
    } else {
        None
    };
    if let Some(why) = over {
        given_up(script, why, findings);
        return false;
    }
    let seen = tree::read(script, place, findings);
    if !findings.is_clean() {
        return false;
    }
    // Two readers that were written apart must agree before anything is called harmless.
    match (seen, lexer::plain(script)) {
        (Some(tree), Some(words)) => tree == words,
        _ => false,
    }
}
