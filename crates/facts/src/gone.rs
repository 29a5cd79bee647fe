//! *What changes* for commits that go out of reach: each with its subject, its author and the size of its diff.
//!
//! Invariants: git's plumbing alone, without a diff or a conversion that the repository names; at most
//! [`limits::LISTED_COMMITS`] are looked at, the newest first. Where git does not answer, nothing is listed and the facts
//! stand without it.

use std::path::Path;

use sayso_core::card::{LineMark, OutlineRow};

use crate::git::Git;
use crate::{limits, words};

/// Before each commit in what git writes; no subject holds it.
const COMMIT: char = '\u{1}';

/// The newest of the `total` commits in `range`, below a row for `name`. None where they could not be listed.
pub(crate) async fn rows(
    git: &Git,
    top: &Path,
    name: &str,
    range: &[String],
    total: u64,
    goes: bool,
) -> Vec<OutlineRow> {
    let most = format!("--max-count={}", limits::LISTED_COMMITS);
    let args: Vec<&str> = ["rev-list", &most].into_iter().chain(range.iter().map(String::as_str)).collect();
    let Ok(ids) = git.read(top, &args).await else { return Vec::new() };
    if ids.is_empty() {
        return Vec::new();
    }
    let format = format!("--pretty=format:{COMMIT}%h%x00%an%x00%s");
    let args = [
        "diff-tree",
        "--stdin",
        "--root",
        "-r",
        "--diff-merges=first-parent",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--numstat",
        "--abbrev=10",
        &format,
    ];
    let Ok(Some(text)) = git.look(top, &args, Some(ids)).await else { return Vec::new() };
    let text = String::from_utf8_lossy(&text);
    let listed: Vec<OutlineRow> = text.split(COMMIT).skip(1).filter_map(row).collect();
    let more = total.saturating_sub(listed.len() as u64);
    let mark = if goes { LineMark::Removed } else { LineMark::Same };
    let head = OutlineRow {
        depth: 0,
        mark,
        name: name.to_owned(),
        size: String::new(),
        note: words::commits(total),
    };
    let rest = (more > 0).then(|| OutlineRow {
        depth: 1,
        mark: LineMark::Removed,
        name: format!("{} more", words::number(more)),
        size: String::new(),
        note: String::new(),
    });
    [head].into_iter().chain(listed).chain(rest).collect()
}

/// `id NUL author NUL subject`, then a line for each file: added, removed, its name.
fn row(commit: &str) -> Option<OutlineRow> {
    let (head, files) = commit.split_once('\n').unwrap_or((commit, ""));
    let mut parts = head.splitn(3, '\0');
    let (id, author, subject) = (parts.next()?, parts.next()?, parts.next()?);
    let (mut added, mut removed, mut count) = (0u64, 0u64, 0u64);
    for line in files.lines() {
        let mut columns = line.splitn(3, '\t');
        let (Some(plus), Some(minus), Some(_)) = (columns.next(), columns.next(), columns.next()) else {
            continue;
        };
        count += 1;
        // A file that is no text has a dash for each.
        added = added.saturating_add(plus.parse().unwrap_or(0));
        removed = removed.saturating_add(minus.parse().unwrap_or(0));
    }
    Some(OutlineRow {
        depth: 1,
        mark: LineMark::Removed,
        name: words::shown(&format!("{id} {subject}")),
        size: format!("+{} −{}", words::number(added), words::number(removed)),
        note: words::shown(&format!("{}, {author}", words::files(count))),
    })
}
