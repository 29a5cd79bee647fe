//! Edits of files.

use sayso_core::action::{FileChange, FileEdit};
use sayso_core::reading::{Reversible, TargetKind, Verb};
use sayso_core::{Reading, Severity};

use crate::Findings;
use crate::findings::Found;
use crate::words::quoted;

pub(crate) fn read(edit: &FileEdit) -> Reading {
    let shown = quoted(edit.path.name());
    let (verb, severity, reversible, phrase) = match &edit.change {
        FileChange::Content(_) => {
            (Verb::Overwrite, Severity::High, Reversible::Unknown, format!("Write the file {shown}"))
        }
        FileChange::Patch(_) | FileChange::Replace { .. } => {
            (Verb::Change, Severity::Low, Reversible::Unknown, format!("Change the file {shown}"))
        }
        FileChange::Delete {} => {
            (Verb::Delete, Severity::High, Reversible::No, format!("Delete the file {shown}"))
        }
    };
    let mut findings = Findings::default();
    let name = edit.path.as_str().to_owned();
    findings.effect(Found { verb, kind: TargetKind::Path, name, reversible, severity, phrase, span: None });
    findings.into_reading(false)
}
