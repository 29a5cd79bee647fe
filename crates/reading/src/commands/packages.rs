//! Package tools and builds: `apt`, `npm`, `pip`, `cargo`, `make`, `docker build` and their kin.
//!
//! What runs a program or a script that stands in a file of the project is read through to it; where its files are not
//! given, it is the project's own business.

mod image;
mod make;
mod runners;
mod scripts;

use std::sync::LazyLock;

use sayso_core::Severity;

use super::rows::Table;
use super::{Call, Place};
use crate::shell::read_script;
use crate::words::{absolute, flat};
use crate::{Findings, SCRIPT_BYTES};

const TEXTS: &[&str] = &[include_str!("../../data/commands/packages.txt")];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(TEXTS));

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    // A text that bun runs is no package's.
    if call.name == "bun"
        && call
            .words
            .first()
            .is_some_and(|word| matches!(word.text.as_str(), "-e" | "--eval" | "-p" | "--print"))
    {
        return false;
    }
    runners::read(call, findings)
        || scripts::read(call, findings)
        || make::read(call, findings)
        || image::read(call, findings)
        || TABLE.read(call, findings)
}

/// The text of the file `name` in `folder` (as written), and its digest into the reading; a note where it is not given.
fn text_in(call: &Call<'_>, folder: Option<&str>, names: &[&str], findings: &mut Findings) -> Option<String> {
    let folder = match folder {
        Some(folder) => Some(absolute(folder, call.place.cwd)),
        None => call.place.cwd.map(str::to_owned),
    };
    let folder = folder.filter(|folder| folder.starts_with('/'));
    let Some(folder) = folder else {
        findings.unread_at(Severity::Low, call.name, "which folder it works in is not known", call.span);
        return None;
    };
    let mut why = None;
    for name in names {
        let path = if name.starts_with('/') {
            (*name).to_owned()
        } else {
            format!("{}/{name}", folder.trim_end_matches('/'))
        };
        match call.place.files.text(&flat(&path)) {
            Ok(text) => {
                findings.read_through(&flat(&path), &text);
                return Some(text);
            }
            Err(error) => why = Some(error),
        }
    }
    if let Some(why) = why {
        findings.unread_at(Severity::Low, call.name, why.why(), call.span);
    }
    None
}

/// Reads a script of the project that `call` runs in `folder`.
fn script(call: &Call<'_>, folder: Option<&str>, text: &str, findings: &mut Findings) {
    if text.len() > SCRIPT_BYTES {
        return findings.unread_at(
            Severity::Low,
            call.name,
            "a script of the project is too long to be read",
            call.span,
        );
    }
    let folder = folder.map(|folder| absolute(folder, call.place.cwd));
    let cwd = folder.as_deref().or(call.place.cwd);
    let mut inner = Findings::default();
    read_script(text, &Place { depth: call.place.depth + 1, cwd, ..*call.place }, &mut inner);
    findings.absorb(inner, call.span);
}

/// Whether a task of the project is called what cannot be had back. Building, releasing and deploying are what
/// tasks are for.
fn sounds_grave(task: &str) -> bool {
    let mut parts = task.split(['-', '_', ':', '.', '/']);
    parts.any(|part| {
        matches!(
            part,
            "destroy"
                | "nuke"
                | "drop"
                | "wipe"
                | "purge"
                | "teardown"
                | "delete"
                | "truncate"
                | "reset"
                | "erase"
        )
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_of_the_data_is_a_row() {
        assert_eq!(super::super::rows::odd_lines(super::TEXTS), Vec::<&str>::new());
    }
}
