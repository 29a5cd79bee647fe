//! Borg: the newest archive that holds what is hit.
//!
//! Invariant: Borg writes down what it has seen, in folders of the person's. Here it gets one that is thrown away.

use std::path::PathBuf;

use serde::Deserialize;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout_at;
use zeroize::Zeroizing;

use super::{Found, Repository, Wanted, output, program, start, time};
use crate::collect::Survives;
use crate::limits;

const NAME: &str = "Borg";

#[derive(Deserialize)]
struct Listed {
    archives: Vec<Archive>,
}

#[derive(Deserialize)]
struct Archive {
    name: String,
    time: String,
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
    let own = match TempDir::new() {
        Ok(own) => own,
        Err(error) => return Found::trouble(format!("No folder could be made for {NAME}: {error}.")),
    };
    let call = Call { repository, wanted, password: password.as_ref(), own: &own };
    let until = tokio::time::Instant::from_std(repository.until);
    let archives = match timeout_at(until, call.listed()).await {
        Ok(Ok(archives)) => archives,
        Ok(Err(why)) => return Found::trouble(why),
        Err(_) => return Found::trouble(format!("{NAME} at {} did not answer in time.", repository.place)),
    };
    for archive in archives.iter().take(limits::SNAPSHOTS) {
        let (what, taken) = (format!("Borg archive {}", archive.name), time::parse(&archive.time));
        match timeout_at(until, call.holds(&archive.name)).await {
            Ok(Ok(true)) => {
                let backup = repository.backup(what, taken, Survives::Yes);
                return Found { backup: Some(backup), ..Found::default() };
            }
            Ok(Ok(false)) => {}
            Ok(Err(why)) => return Found::trouble(why),
            Err(_) => {
                let why = format!(
                    "Whether the {} holds {} was not found out in time.",
                    crate::words::shown(&what),
                    wanted.shown()
                );
                let backup = repository.backup(what, taken, Survives::Unknown(why));
                return Found { backup: Some(backup), ..Found::default() };
            }
        }
    }
    repository.none_holds(wanted)
}

/// What every call of Borg has.
struct Call<'a> {
    repository: &'a Repository,
    wanted: &'a Wanted,
    password: Option<&'a Zeroizing<String>>,
    own: &'a TempDir,
}

impl Call<'_> {
    fn command(&self) -> Command {
        let mut command = program("borg", &self.wanted.home);
        command
            .env("BORG_REPO", &self.repository.address)
            .env("BORG_CACHE_DIR", self.own.path().join("cache"))
            .env("BORG_SECURITY_DIR", self.own.path().join("security"))
            // In the folder that is thrown away every repository is new.
            .env("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK", "yes")
            .env("BORG_DISPLAY_PASSPHRASE", "no")
            .env("BORG_EXIT_CODES", "modern")
            .env("BORG_PASSPHRASE_FD", "0")
            .args(["--bypass-lock", "list"]);
        command
    }

    /// All archives, the newest first.
    async fn listed(&self) -> Result<Vec<Archive>, String> {
        let mut command = self.command();
        command.arg("--json");
        let text = output(start(command, NAME, self.password).await?).await;
        let text = text.map_err(|complaint| self.repository.refused(NAME, &complaint))?;
        let listed: Listed = serde_json::from_str(&text).map_err(|_| {
            format!("{NAME} at {} answered in a form that Sayso does not know.", self.repository.place)
        })?;
        let mut archives = listed.archives;
        archives.sort_by_key(|archive| std::cmp::Reverse(time::parse(&archive.time)));
        Ok(archives)
    }

    /// Whether each target is in an archive.
    async fn holds(&self, archive: &str) -> Result<bool, String> {
        // Borg keeps paths without the slash that they begin with.
        let stored = |path: &PathBuf| path.strip_prefix("/").unwrap_or(path).to_owned();
        let mut open: Vec<PathBuf> = self.wanted.paths.iter().take(limits::HELD).map(stored).collect();
        let mut command = self.command();
        command.args(["--json-lines", "--"]).arg(format!("::{archive}"));
        for path in &open {
            let mut pattern = std::ffi::OsString::from("pp:");
            pattern.push(path);
            command.arg(pattern);
        }
        let mut child = start(command, NAME, self.password).await?;
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
        // A path that fits nothing is a warning.
        match child.wait().await {
            Ok(status) if status.code().is_some_and(|code| code <= 1 || code >= 100) => Ok(false),
            _ => Err(format!("{NAME} at {} could not list an archive.", self.repository.place)),
        }
    }
}
