//! Programs that change the machine: disks, permissions, users, processes, services, schedules, backups, and what
//! Windows has for all of it. Rows, but for what rows cannot say.

mod processes;
mod windows;

use std::sync::LazyLock;

use sayso_core::Severity;
use sayso_core::reading::Span;

use super::Call;
use super::rows::Table;
use crate::Findings;

const TEXTS: &[&str] =
    &[include_str!("../../data/commands/system.txt"), include_str!("../../data/commands/backups.txt")];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(TEXTS));

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    if let Some(stem) = call.name.strip_prefix("mkfs.") {
        let _ = stem;
        return TABLE.read(&Call { name: "mkfs", ..*call }, findings);
    }
    processes::read(call, findings) || TABLE.read(call, findings) || windows::read(call, findings)
}

/// A note on what was not read of a text, that weighs little.
fn note(call: &Call<'_>, why: &str, span: Option<Span>, findings: &mut Findings) {
    findings.unread_at(Severity::Low, call.name, why, span.or(call.span));
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_of_the_data_is_a_row() {
        assert_eq!(super::super::rows::odd_lines(super::TEXTS), Vec::<&str>::new());
        assert_eq!(super::super::rows::odd_lines(super::windows::TEXTS), Vec::<&str>::new());
    }
}
