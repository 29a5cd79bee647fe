//! *What changes* for what goes or is written over: the targets and the largest things in them.

use std::path::Path;

use sayso_core::card::{Change, LineMark, Outline, OutlineRow};

use crate::limits;
use crate::survey::{Counted, Survey, Tally};
use crate::targets::Hit;
use crate::words;

/// The outline of what is hit; `None` where nothing is there.
pub(crate) fn of(survey: &Survey, home: &Path) -> Option<Change> {
    let mut rows = Vec::new();
    let mut listed = 0;
    // Where git throws nothing away there is nothing to list.
    let counted: Vec<&Counted> =
        survey.counted.iter().filter(|t| !t.hit_by_git || t.tally.files > 0).collect();
    for target in &counted {
        if listed == limits::LISTED_TARGETS || rows.len() >= sayso_core::limits::CARD_OUTLINE_ROWS {
            break;
        }
        listed += 1;
        // A folder that git cleans stays itself.
        let hit = if target.hit_by_git && target.is_folder { Hit::Changed } else { target.hit };
        rows.push(row(0, &words::path(&target.path, home), target.is_folder, &target.tally, hit));
        // With many targets each is a row, and nothing below it.
        if counted.len() <= 3 {
            below(target, &mut rows);
        }
    }
    let left = &counted[listed..];
    let rest = if left.is_empty() {
        String::new()
    } else {
        let size = left.iter().map(|target| target.tally.bytes).fold(0, u64::saturating_add);
        format!("{} more, {}", words::number(left.len() as u64), words::size(size))
    };
    (!rows.is_empty()).then_some(Change::Outline(Outline { rows, rest }))
}

fn below(target: &Counted, rows: &mut Vec<OutlineRow>) {
    for entry in &target.largest {
        rows.push(row(1, &words::shown(&entry.name), entry.is_folder, &entry.tally, target.hit));
    }
    let more = target.entries - target.largest.len();
    if more > 0 {
        let shown = target.largest.iter().map(|entry| entry.tally.bytes).fold(0, u64::saturating_add);
        rows.push(OutlineRow {
            depth: 1,
            mark: mark(target.hit),
            name: format!("{} more", words::number(more as u64)),
            size: words::size(target.tally.bytes.saturating_sub(shown)),
            note: String::new(),
        });
    }
}

fn row(depth: u8, name: &str, is_folder: bool, tally: &Tally, hit: Hit) -> OutlineRow {
    let slash = if is_folder && !name.ends_with('/') { "/" } else { "" };
    let note = match hit {
        _ if tally.files == 0 => note(tally),
        Hit::Gone => note(tally),
        Hit::Replaced => format!("written over, {}", note(tally)),
        Hit::Changed => format!("changed, {}", note(tally)),
    };
    OutlineRow {
        depth,
        mark: mark(hit),
        name: format!("{name}{slash}"),
        size: words::size(tally.bytes),
        note,
    }
}

const fn mark(hit: Hit) -> LineMark {
    match hit {
        Hit::Gone | Hit::Replaced => LineMark::Removed,
        Hit::Changed => LineMark::Same,
    }
}

/// The few words that hold for all of it, or the counts.
fn note(tally: &Tally) -> String {
    let files = tally.files;
    if files == 0 {
        return "empty".to_owned();
    }
    let committed = tally.safe() + tally.lost;
    for (n, word) in [
        (tally.outside, "not in git"),
        (tally.gits_own, "git's own"),
        (tally.ignored, "ignored"),
        (tally.made, "made again by a build"),
        (tally.untracked, "untracked"),
        (committed, "tracked"),
        (tally.uncommitted, "uncommitted"),
        (tally.uncompared, "tracked, not compared"),
        (tally.unasked, "git could not be asked"),
    ] {
        if n == files {
            return word.to_owned();
        }
    }
    let parts: Vec<String> = [
        (tally.tracked(), "tracked"),
        (tally.uncommitted, "uncommitted"),
        (tally.ignored, "ignored"),
        (tally.made, "made again by a build"),
        (tally.untracked, "untracked"),
        (tally.outside, "not in git"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| format!("{} {word}", words::number(n)))
    .collect();
    parts.join(", ")
}
