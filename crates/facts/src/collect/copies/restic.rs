//! restic: the newest snapshot that holds what is hit.

use std::path::PathBuf;

use sayso_core::UnixMs;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout_at;
use zeroize::Zeroizing;

use super::{Found, Repository, Wanted, output, program, start, time};
use crate::collect::Survives;
use crate::limits;

const NAME: &str = "restic";

#[derive(Debug, Deserialize)]
struct Snapshot {
    id: String,
    short_id: String,
    time: String,
    paths: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Entry {
    path: PathBuf,
}

/// Asks the repository.
pub(super) async fn ask(
    repository: &Repository,
    wanted: &Wanted,
    password: Option<Zeroizing<String>>,
) -> Found {
    if repository.goes {
        return repository.gone(NAME);
    }
    let Some(password) = password else { return Found::trouble(repository.needs_password(NAME)) };
    let until = tokio::time::Instant::from_std(repository.until);
    let snapshots = match timeout_at(until, listed(repository, wanted, &password)).await {
        Ok(Ok(snapshots)) => snapshots,
        Ok(Err(why)) => return Found::trouble(why),
        Err(_) => return Found::trouble(format!("{NAME} at {} did not answer in time.", repository.place)),
    };
    for snapshot in snapshots.iter().take(limits::SNAPSHOTS) {
        let (what, taken) = (format!("restic snapshot {}", snapshot.short_id), taken(snapshot));
        match timeout_at(until, holds(repository, wanted, &password, &snapshot.id)).await {
            Ok(Ok(true)) => {
                let backup = repository.backup(what, taken, Survives::Yes);
                return Found { backup: Some(backup), ..Found::default() };
            }
            Ok(Ok(false)) => {}
            Ok(Err(why)) => return Found::trouble(why),
            Err(_) => {
                let why = format!("Whether the {what} holds {} was not found out in time.", wanted.shown());
                let backup = repository.backup(what, taken, Survives::Unknown(why));
                return Found { backup: Some(backup), ..Found::default() };
            }
        }
    }
    repository.none_holds(wanted)
}

fn taken(snapshot: &Snapshot) -> Option<UnixMs> {
    time::parse(&snapshot.time)
}

/// The snapshots that were made of folders with every target in them, the newest first.
async fn listed(
    repository: &Repository,
    wanted: &Wanted,
    password: &Zeroizing<String>,
) -> Result<Vec<Snapshot>, String> {
    let mut command = program("restic", &wanted.home);
    command.env("RESTIC_REPOSITORY", &repository.address);
    command.args(["--no-lock", "--no-cache", "--json", "snapshots"]);
    let text = output(start(command, NAME, Some(password)).await?).await;
    let text = text.map_err(|complaint| repository.refused(NAME, &complaint))?;
    // It says first where it reads the password from.
    let json = text.lines().find(|line| line.starts_with(['[', 'n'])).unwrap_or_default();
    let all: Option<Vec<Snapshot>> = serde_json::from_str(json).map_err(|_| {
        format!("{NAME} at {} answered in a form that Sayso does not know.", repository.place)
    })?;
    let held = |snapshot: &Snapshot| {
        wanted.paths.iter().all(|target| snapshot.paths.iter().any(|path| target.starts_with(path)))
    };
    let mut all: Vec<Snapshot> = all.unwrap_or_default().into_iter().filter(held).collect();
    all.sort_by_key(|snapshot| std::cmp::Reverse(taken(snapshot)));
    Ok(all)
}

/// Whether each target is in a snapshot. What is excluded is not.
async fn holds(
    repository: &Repository,
    wanted: &Wanted,
    password: &Zeroizing<String>,
    id: &str,
) -> Result<bool, String> {
    let mut open: Vec<&PathBuf> = wanted.paths.iter().take(limits::HELD).collect();
    let mut command = program("restic", &wanted.home);
    command.env("RESTIC_REPOSITORY", &repository.address);
    command.args(["--no-lock", "--no-cache", "--json", "ls", id, "--"]).args(&open);
    let mut child = start(command, NAME, Some(password)).await?;
    let Some(out) = child.stdout.take() else { return Ok(false) };
    let mut lines = BufReader::new(out).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Ok(Entry { path }) = serde_json::from_str(&line) {
            open.retain(|target| !path.starts_with(target));
        }
        if open.is_empty() {
            // The rest is not waited for: it ends with its handle.
            return Ok(true);
        }
    }
    match child.wait().await {
        Ok(status) if status.success() => Ok(false),
        _ => Err(format!("{NAME} at {} could not list a snapshot.", repository.place)),
    }
}
