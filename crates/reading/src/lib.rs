//! From the bytes of an action to what it would do.
//!
//! # Invariants
//! - Pure and total: no I/O, no clock; any text, any nesting, in time linear in the length; over a limit is *unread*.
//! - [`sayso_core::Severity::None`] is earned: every byte was read by the grammar without a fault, and every command is
//!   one that only reads.
//! - What could not be read is listed and never called harmless. A word that sounds bad may raise a severity; no
//!   word lowers one.
//!
//! # The rooms
//! One for each kind of action (`shell`, `sql`, `http`, `mcp`, `file`, `custom`); the catalogue of commands and of
//! paths, as data (`commands`, `paths`); what providers' operations do (`catalogue`); and `findings`, where effects become a severity and a sentence.
//!
//! # Deliberately absent
//! Aliases, functions and `PATH` of the shell that will run it; git's own configuration (an edit of that is read as
//! what it is); what servers do with a request beyond what their documentation says.

mod catalogue;
mod commands;
mod custom;
mod file;
mod files;
mod findings;
mod grammar;
mod http;
mod mcp;
mod paths;
mod shell;
mod sql;
mod words;

use sayso_core::action::AbsolutePath;
use sayso_core::{Action, Reading};

pub use files::{Files, NoFiles, NotRead};
use findings::Findings;

/// The longest script that is read, in bytes. A person does not judge more; a parser's worst case stays small.
const SCRIPT_BYTES: usize = 32 * 1024;
/// Commands that are walked for one action, in all its scripts and rounds together. The longest script has half.
const STEPS: usize = 20_000;
/// How deep commands stand in one another: groups, substitutions, functions and scripts together. People stop at ten;
/// with this many a walk stays within half of a thread's 2 MiB in a debug build.
const DEEPEST: usize = 80;
/// Effects that a reading lists. More than a screen's worth are counted.
const EFFECTS: usize = 256;
/// How deep one script may stand in another (`sh -c "sh -c …"`). Nobody needs more; each level is a parse.
const SCRIPT_DEPTH: usize = 8;
/// Characters of an agent's text that a sentence quotes.
const QUOTED_CHARS: usize = 100;

/// Reads the tables that readings are held against, so that the first one takes no longer than the next. For whoever
/// starts to answer.
pub fn warm() {
    let cwd = || sayso_core::action::AbsolutePath::try_from("/".to_owned());
    for line in
        ["a-program-that-no-row-knows --at all", "aws a b", "curl https://a.invalid", "psql -c 'select 1'"]
    {
        if let Ok(cwd) = cwd() {
            let command = sayso_core::action::Command::Script(line.to_owned());
            read(&Action::Shell(sayso_core::action::Shell { command, cwd, env: Vec::new() }));
        }
    }
}

/// What `action` would do, from its bytes alone.
pub fn read(action: &Action) -> Reading {
    read_in(action, None)
}

/// As [`read`], where the project's root is known from elsewhere than the action. Files outside of it weigh more.
pub fn read_in(action: &Action, root: Option<&str>) -> Reading {
    read_around(action, root, &NoFiles)
}

/// What `action` would do; the scripts that it runs are read through as `files` gives them.
pub fn read_with(action: &Action, files: &dyn Files) -> Reading {
    read_around(action, None, files)
}

fn read_around(action: &Action, root: Option<&str>, files: &dyn Files) -> Reading {
    match action {
        Action::Shell(shell) => shell::read(shell, files),
        Action::FileEdit(edit) => {
            let own = edit.cwd.as_ref().map(AbsolutePath::as_str);
            let project = own.filter(|_| root.is_none()).and_then(|own| files.project(own));
            file::read_in(edit, root.or(project.as_deref()).or(own))
        }
        Action::Sql(sql) => sql::read(sql),
        Action::Http(http) => http::read(http),
        Action::Mcp(mcp) => mcp::read(mcp),
        Action::Custom(custom) => custom::read(custom),
    }
}
