//! Copies of files beside git: restic and Borg repositories and dumps that the person names, and snapshots on the same
//! disk.
//!
//! # Invariants
//! - Only repositories that `[backups]` names for the folder are asked, by commands that list, without a lock, with what
//!   they keep for themselves in a folder that is thrown away.
//! - A snapshot counts when it holds every target by its full path, and is no part of what goes.
//! - A password goes to the program's standard input: no list of processes shows it.
//!
//! # Deliberately absent
//! Snapshots that only root may list: LVM's, and those of btrfs that are not reached by a folder. Repositories whose
//! storage wants keys of its own: nothing but the password is handed on.

mod borg;
mod restic;
mod snapshots;
mod time;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use futures_util::future::join_all;
use sayso_core::UnixMs;
use sayso_core::action::Action;
use sayso_core::environment::expand_home;
use sayso_core::fact::{Fact, Known};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Answer, Asked, Backup, Collector, Survives, backups, credential, dumps};
use crate::targets::{self, Hit};
use crate::{Question, files, limits, words};

/// The row of backups of files.
pub(super) const COLLECTOR: Collector = Collector { name: "backups of files", concerns, ask };

fn concerns(q: &Question<'_>) -> bool {
    // Of other actions no path is looked at on disk.
    matches!(q.action, Action::Shell(_) | Action::FileEdit(_))
        && !targets::named(q.action, q.reading).is_empty()
}

/// What is hit, as repositories would have it.
#[derive(Debug, Clone)]
struct Wanted {
    /// Every target, its links above followed; at most [`limits::HELD`] of them are looked for one by one.
    paths: Vec<PathBuf>,
    /// What goes, with all below it.
    gone: Vec<PathBuf>,
    home: PathBuf,
}

impl Wanted {
    /// All names that `[backups]` may call them by: they and the folders above, with `~` and without.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for path in self.paths.iter().take(limits::HELD) {
            for above in path.ancestors() {
                for name in [above.to_string_lossy().into_owned(), words::tilde(above, &self.home)] {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        }
        names
    }

    /// What is shown of them.
    fn shown(&self) -> String {
        match &self.paths[..] {
            [one] => words::path(one, &self.home),
            _ => "all that goes".to_owned(),
        }
    }

    /// Whether a repository or a folder of this machine goes too, and whether it lies on the same disk.
    fn stands(&self, place: &Path) -> (bool, bool) {
        let real = std::fs::canonicalize(place).unwrap_or_else(|_| place.to_owned());
        let goes = self.gone.iter().any(|gone| real.starts_with(gone) || place.starts_with(gone));
        let device = |path: &Path| {
            #[cfg(unix)]
            {
                use std::os::unix::fs::MetadataExt as _;
                std::fs::metadata(path).ok().map(|meta| meta.dev())
            }
            #[cfg(not(unix))]
            {
                let _ = path;
                None::<u64>
            }
        };
        let same =
            device(&real).is_some_and(|one| self.paths.first().and_then(|path| device(path)) == Some(one));
        (goes, same)
    }
}

/// One repository that the person names.
struct Repository {
    /// The row of `[backups]`.
    row: String,
    /// Where it is, as the program takes it.
    address: String,
    /// As it is shown.
    place: String,
    /// The name of the credential that opens it.
    credential: Option<String>,
    goes: bool,
    until: Instant,
}

/// What a repository answered.
#[derive(Default)]
struct Found {
    backup: Option<Backup>,
    /// Why it could not be asked, a sentence.
    trouble: Option<String>,
    /// What else is to be said, a sentence.
    note: Option<String>,
}

impl Found {
    fn trouble(why: impl Into<String>) -> Self {
        Self { trouble: Some(why.into()), ..Self::default() }
    }
}

fn ask<'a>(q: &'a Question<'a>) -> Asked<'a> {
    Box::pin(async move {
        // How much is hit is another's to say: what is late here is late about backups alone.
        timeout(limits::COPIES_ALL, looked(q)).await.unwrap_or_else(|_| Answer {
            backup_troubles: vec!["Other backups of these files were not found out in time.".to_owned()],
            ..Answer::default()
        })
    })
}

async fn looked(q: &Question<'_>) -> Answer {
    let until = Instant::now() + limits::COPIES;
    let Some(wanted) = wanted(q).await else { return Answer::default() };
    let names = wanted.names();
    let repositories = repositories(q, &wanted, &names, until);
    let on_disk = {
        let wanted = wanted.clone();
        spawn_blocking(move || snapshots::of(&wanted))
    };
    let asked = join_all(repositories.iter().map(|(repository, is_borg)| async {
        let password = match &repository.credential {
            Some(name) => credential(q, name).await,
            None => Ok(None),
        };
        match password {
            Err(why) => Found::trouble(words::shown(&why)),
            Ok(password) if *is_borg => borg::ask(repository, &wanted, password).await,
            Ok(password) => restic::ask(repository, &wanted, password).await,
        }
    }));
    let (found, (dumped, dump_troubles), on_disk) = tokio::join!(asked, dumps::of(q, &names), on_disk);
    let mut answer = Answer { backup_troubles: dump_troubles, ..Answer::default() };
    let mut all = dumped;
    let (on_disk, note) = on_disk.unwrap_or_default();
    all.extend(on_disk);
    answer.notes.extend(note);
    for found in found {
        all.extend(found.backup);
        answer.backup_troubles.extend(found.trouble);
        answer.notes.extend(found.note);
    }
    answer.source = words::list(&sources(&repositories));
    answer.backups = Some(all);
    answer
}

fn sources(repositories: &[(Repository, bool)]) -> Vec<String> {
    let name = |is_borg: &bool| if *is_borg { "Borg" } else { "restic" };
    repositories
        .iter()
        .map(|(repository, is_borg)| format!("{} at {}", name(is_borg), repository.place))
        .collect()
}

/// The targets as they are on disk; nothing where none is there.
async fn wanted(q: &Question<'_>) -> Option<Wanted> {
    let (action, reading, home) = (q.action.clone(), q.reading.clone(), q.home.to_owned());
    let found = spawn_blocking(move || {
        let home = std::fs::canonicalize(&home).unwrap_or(home);
        let targets = targets::resolve(&action, &reading, &home);
        let hit = |hit: Hit| hit == Hit::Gone;
        let gone = targets.found.iter().filter(|t| hit(t.hit)).map(|t| t.path.clone()).collect();
        Wanted { paths: targets.found.into_iter().map(|target| target.path).collect(), gone, home }
    });
    found.await.ok().filter(|wanted| !wanted.paths.is_empty())
}

/// The repositories of the rows that name what is hit, each with whether it is Borg's.
fn repositories(
    q: &Question<'_>,
    wanted: &Wanted,
    names: &[String],
    until: Instant,
) -> Vec<(Repository, bool)> {
    let home = q.home.to_string_lossy();
    let mut all = Vec::new();
    for row in q.around.places.of(names) {
        for (address, is_borg) in [(&row.restic, false), (&row.borg, true)] {
            let Some(address) = address else { continue };
            let address = expand_home(address, &home);
            let local = address.starts_with('/').then(|| PathBuf::from(&address));
            let (goes, same_disk) = local.as_ref().map_or((false, false), |path| wanted.stands(path));
            let place =
                local.as_ref().map_or_else(|| words::shown(&address), |path| words::path(path, &wanted.home));
            let place = if same_disk { format!("{place}, on the same disk") } else { place };
            let (row, credential) = (row.name.clone(), row.credential.clone());
            all.push((Repository { row, address, place, credential, goes, until }, is_borg));
        }
    }
    all.truncate(limits::REACHES);
    all
}

/// A program that lists, with nothing of Sayso's own environment but where programs and the home folder are.
fn program(name: &str, home: &Path) -> Command {
    let mut command = Command::new(name);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Starts it and hands it the password.
async fn start(
    mut command: Command,
    name: &str,
    password: Option<&Zeroizing<String>>,
) -> Result<Child, String> {
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!(
                "{name} is not installed here, so its backups cannot be listed. Install {}.",
                name.to_lowercase()
            )
        }
        _ => format!("{name} could not be run: {error}."),
    })?;
    if let Some(mut input) = child.stdin.take() {
        let password = password.map_or("", |password| password.trim_end_matches(['\r', '\n']));
        let line = Zeroizing::new(format!("{password}\n"));
        // One that ended already says why by itself.
        let _ = input.write_all(line.as_bytes()).await;
    }
    Ok(child)
}

/// All that it writes, or the beginning of its complaint.
async fn output(mut child: Child) -> Result<String, String> {
    let (mut out, mut complaint) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let reading = async {
        if let Some(stdout) = stdout {
            let _ = stdout.take(limits::BACKUP_LIST as u64).read_to_end(&mut out).await;
        }
    };
    let complaining = async {
        if let Some(stderr) = stderr {
            let _ = stderr.take(limits::GIT_COMPLAINT as u64).read_to_end(&mut complaint).await;
        }
    };
    tokio::join!(reading, complaining);
    let status = child.wait().await;
    if status.is_ok_and(|status| status.success()) {
        Ok(String::from_utf8_lossy(&out).into_owned())
    } else {
        Err(String::from_utf8_lossy(&complaint).into_owned())
    }
}

impl Repository {
    /// Why a program could not list, from its own words, which are not shown.
    fn refused(&self, name: &str, complaint: &str) -> String {
        let said = complaint.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let place = &self.place;
        if has(&["wrong password", "passphrase supplied", "incorrect", "no key found"]) {
            return match &self.credential {
                Some(credential) => format!(
                    "{name} at {place} did not take your credential {0}. Set it anew: `sayso credential add {0}`.",
                    words::shown(credential)
                ),
                None => self.needs_password(name),
            };
        }
        if has(&["empty password", "passphrase"]) && self.credential.is_none() {
            return self.needs_password(name);
        }
        if has(&["does not exist", "no such file", "is there a repository", "not a valid repository"]) {
            return format!("{name} finds no repository at {place}.");
        }
        format!("{name} could not list what is at {place}.")
    }

    fn needs_password(&self, name: &str) -> String {
        let row = words::shown(&self.row);
        format!(
            "{name} at {} wants a password. Add it (`sayso credential add {row}`) and name it: `credential = \"{row}\"` \
             in [backups.{row}].",
            self.place
        )
    }

    fn backup(&self, what: String, taken: Option<UnixMs>, survives: Survives) -> Backup {
        Backup { what, place: self.place.clone(), taken, bytes: None, tested: None, survives }
    }

    fn gone(&self, name: &str) -> Found {
        let why = "the repository lies in what is deleted".to_owned();
        let backup = self.backup(format!("{name} repository"), None, Survives::No(why));
        Found { backup: Some(backup), ..Found::default() }
    }

    fn none_holds(&self, wanted: &Wanted) -> Found {
        let note = format!("No snapshot at {} holds {}.", self.place, wanted.shown());
        Found { note: Some(note), ..Found::default() }
    }
}

/// What is known of the backups of files: git's word with what the copies add to it.
pub(super) fn beside(git: Fact, answers: &[Answer], now: UnixMs) -> Fact {
    let notes = words::sentences(answers.iter().flat_map(|answer| answer.notes.clone()));
    let any = answers.iter().any(|answer| {
        !answer.backup_troubles.is_empty() || answer.backups.as_ref().is_some_and(|all| !all.is_empty())
    });
    // Where nobody could say what is hit, nobody can say what of it survives.
    if git.known == Known::Unknown || (!any && notes.is_empty()) {
        return git;
    }
    if !any {
        return Fact { detail: words::sentences([git.detail, notes]), ..git };
    }
    let copies = backups::fact(answers, now);
    let source = words::list(
        &[git.source.clone(), copies.source.clone()]
            .into_iter()
            .filter(|s| !s.is_empty())
            .collect::<Vec<_>>(),
    );
    let survivor = answers
        .iter()
        .flat_map(|answer| answer.backups.iter().flatten())
        .any(|backup| backup.survives == Survives::Yes);
    let bare = git.headline == files::NONE_FOUND;
    let by_git = git.detail.replace(files::NO_COPY, files::NOT_IN_GIT);
    if git.tone == sayso_core::fact::Tone::Bad && (survivor || bare) {
        let known = if survivor { Known::Checked } else { copies.known };
        return Fact { detail: words::sentences([copies.detail, by_git, notes]), known, source, ..copies };
    }
    Fact { detail: words::sentences([git.detail, copies.detail, notes]), source, ..git }
}
