//! Copies of a PostgreSQL server beyond dumps: its archive of WAL, and pgBackRest.
//!
//! # Invariants
//! - An archive of WAL alone is no backup: it counts for nothing until a base backup is known that it builds on.
//! - An archive on the data's own disk is told as that, and goes with a server that is destroyed.
//! - pgBackRest is run only where the person names its stanza, with nothing of the action's in its arguments or variables.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use sayso_core::UnixMs;
use sayso_core::environment::expand_home;
use sayso_core::reading::{TargetKind, Verb};
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::address::Address;
use super::catalog::Server;
use crate::collect::connection::on_one_disk;
use crate::collect::{Backup, Survives};
use crate::{Question, limits, words};

/// The archive of WAL, as a backup that nobody can vouch for; nothing where the server keeps none.
pub(super) fn of_wal(q: &Question<'_>, address: &Address, server: &Server) -> Option<Backup> {
    if !server.archives {
        return None;
    }
    let folder = folder_of(&server.archive_command).filter(|_| address.is_local());
    let place =
        folder.as_ref().map_or_else(|| "the archive".to_owned(), |folder| words::path(folder, q.home));
    let last = match (server.last_archived, server.last_failed) {
        (Some(at), failed) if failed.is_none_or(|failed| failed <= at) => {
            format!("the last piece {}", words::ago(UnixMs(at), q.now))
        }
        (Some(at), _) => format!("the last piece {}, and failing since", words::ago(UnixMs(at), q.now)),
        (None, Some(_)) => "but every attempt has failed".to_owned(),
        (None, None) => "but nothing was archived yet".to_owned(),
    };
    let same_disk = folder.as_ref().and_then(|folder| on_one_disk(Path::new(&server.data_folder), folder));
    let survives = if same_disk == Some(true) && destroys(q, Path::new(&server.data_folder)) {
        Survives::No("it lies on the disk that is destroyed".to_owned())
    } else {
        let disk = match same_disk {
            Some(true) => " It lies on the same disk as the database.",
            Some(false) => " It lies on another disk than the database.",
            None => "",
        };
        Survives::Unknown(format!(
            "WAL is archived, {last}; whether a base backup is there that it builds on is not known.{disk}"
        ))
    };
    Some(Backup {
        what: "the archive of WAL".to_owned(),
        place,
        taken: server.last_archived.map(UnixMs),
        bytes: None,
        tested: None,
        survives,
    })
}

/// The folder that an `archive_command` copies into: the last absolute path before `%f`.
fn folder_of(command: &str) -> Option<PathBuf> {
    let before = command.split("%f").next().filter(|before| before.len() < command.len())?;
    let start = before.rfind(|c: char| c.is_whitespace() || "\"'=".contains(c)).map_or(0, |at| at + 1);
    let folder = before.get(start..)?;
    folder.starts_with('/').then(|| PathBuf::from(folder.trim_end_matches('/')))
}

/// Whether the action deletes the server's own files.
fn destroys(q: &Question<'_>, data: &Path) -> bool {
    let home = q.home.to_string_lossy();
    q.reading.effects.iter().any(|effect| {
        effect.verb == Verb::Delete
            && match effect.target.kind {
                TargetKind::Path => data.starts_with(expand_home(&effect.target.name, &home)),
                TargetKind::Volume => true,
                _ => false,
            }
    })
}

/// The backups of the stanzas that the person names for `names`, and what kept them from being listed.
pub(super) async fn of_pgbackrest(q: &Question<'_>, names: &[String]) -> (Vec<Backup>, Vec<String>) {
    let (mut backups, mut troubles) = (Vec::new(), Vec::new());
    for stanza in q.around.places.of(names).filter_map(|row| row.pgbackrest.as_deref()) {
        match timeout(limits::DATABASE, told_by_pgbackrest(Path::new("pgbackrest"), stanza)).await {
            Ok(Ok(text)) => match listed(&text, stanza) {
                Ok(found) => backups.extend(found),
                Err(why) => troubles.push(why),
            },
            Ok(Err(why)) => troubles.push(why),
            Err(_) => troubles.push("pgBackRest did not answer in time.".to_owned()),
        }
    }
    (backups, troubles)
}

/// What `pgbackrest info` says. The process ends with this future.
async fn told_by_pgbackrest(program: &Path, stanza: &str) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(["info", "--output=json", "--log-level-console=off", "--log-level-file=off"])
        .arg(format!("--stanza={stanza}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                "pgBackRest is not installed here, so its backups cannot be listed. Install pgbackrest."
                    .to_owned()
            }
            _ => format!("pgBackRest could not be run: {error}."),
        })?;
    let mut text = String::new();
    let lost = |_| "pgBackRest's answer could not be read.".to_owned();
    if let Some(out) = child.stdout.take() {
        out.take(limits::BACKUP_LIST as u64).read_to_string(&mut text).await.map_err(lost)?;
    }
    let status = child.wait().await.map_err(lost)?;
    if status.success() {
        Ok(text)
    } else {
        Err("pgBackRest could not list its backups. Run `pgbackrest info` to see why.".to_owned())
    }
}

#[derive(Deserialize)]
struct Stanza {
    name: String,
    #[serde(default)]
    backup: Vec<Listed>,
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    code: i64,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Listed {
    label: String,
    /// Whether pages with a wrong checksum were met.
    #[serde(default)]
    error: Option<bool>,
    timestamp: Times,
    info: Sizes,
}

#[derive(Deserialize)]
struct Times {
    stop: i64,
}

#[derive(Deserialize)]
struct Sizes {
    size: u64,
}

/// pgBackRest's status of a stanza without trouble, and of one without a backup.
const FINE: [i64; 2] = [0, 2];

fn listed(text: &str, stanza: &str) -> Result<Vec<Backup>, String> {
    let stanzas: Vec<Stanza> = serde_json::from_str(text)
        .map_err(|_| "pgBackRest answered in a form that Sayso does not know.".to_owned())?;
    let of = stanzas.into_iter().find(|found| found.name == stanza);
    let of = of.ok_or_else(|| format!("pgBackRest knows no stanza {}.", words::quoted(stanza)))?;
    if !FINE.contains(&of.status.code) {
        let said = words::shown(&of.status.message);
        return Err(format!("pgBackRest says of its stanza {}: {said}.", words::quoted(stanza)));
    }
    let backup = |listed: Listed| Backup {
        what: format!("pgBackRest backup {}", listed.label),
        place: format!("pgBackRest's stanza {}", words::shown(stanza)),
        taken: Some(UnixMs(listed.timestamp.stop.saturating_mul(1000))),
        bytes: Some(listed.info.size),
        tested: listed.error.filter(|error| *error).map(|_| false),
        survives: Survives::Yes,
    };
    Ok(of.backup.into_iter().map(backup).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_an_archive_is_found_in_its_command() {
        for (command, folder) in [
            ("cp %p /mnt/archive/%f", Some("/mnt/archive")),
            ("test ! -f /mnt/archive/%f && cp %p /mnt/archive/%f", Some("/mnt/archive")),
            ("cp \"%p\" \"/mnt/wal archive/%f\"", None),
            ("pgbackrest --stanza=shop archive-push %p", None),
            ("", None),
        ] {
            assert_eq!(folder_of(command).as_deref(), folder.map(Path::new), "{command}");
        }
    }

    #[test]
    fn what_pgbackrest_lists_counts_and_what_it_complains_of_is_said() {
        let text = r#"[{"name":"shop","status":{"code":0,"message":"ok"},"backup":[{"label":"20260820-010203F",
            "type":"full","error":true,"timestamp":{"start":1,"stop":1700000000},"info":{"size":41300000000}}]}]"#;
        let found = listed(text, "shop").unwrap();
        assert_eq!(found[0].what, "pgBackRest backup 20260820-010203F");
        assert_eq!((found[0].taken, found[0].tested), (Some(UnixMs(1_700_000_000_000)), Some(false)));
        assert_eq!(listed(text, "blog").unwrap_err(), "pgBackRest knows no stanza “blog”.");
        let ill = r#"[{"name":"shop","status":{"code":1,"message":"missing stanza path"}}]"#;
        assert!(listed(ill, "shop").unwrap_err().contains("missing stanza path"));
        assert!(listed("[", "shop").is_err());
    }

    #[tokio::test]
    async fn a_real_backup_by_pgbackrest_is_found_by_its_stanza() {
        let server = crate::tests::rig::postgres::Postgres::start(&[
            ("archive_mode", "on"),
            ("archive_command", "true"),
        ]);
        let program = server.backed_up();
        let text = told_by_pgbackrest(&program, "shop").await.unwrap();
        let found = listed(&text, "shop").unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].what.starts_with("pgBackRest backup 20") && found[0].what.ends_with('F'),
            "{found:?}"
        );
        assert!(
            found[0].bytes > Some(1_000_000) && found[0].taken > Some(UnixMs(1_700_000_000_000)),
            "{found:?}"
        );
        assert_eq!(found[0].survives, Survives::Yes);
        let none = told_by_pgbackrest(&program, "blog").await.and_then(|text| listed(&text, "blog"));
        assert!(none.unwrap_err().starts_with("pgBackRest "));
        let missing = told_by_pgbackrest(Path::new("/nowhere/pgbackrest"), "shop").await.unwrap_err();
        assert!(missing.ends_with("Install pgbackrest."), "{missing}");
    }
}
