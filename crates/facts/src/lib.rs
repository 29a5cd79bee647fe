//! Targets to facts: all reads of the outside world.
//!
//! # Invariants
//! - Checks only read. Nothing on disk, in a repository or elsewhere is other than before because somebody asked;
//!   a test for each collector compares every byte.
//! - No check runs a program that what is checked could name ([`mod@git`] says how that is kept). Only collectors use
//!   the network, and only towards the systems that the action itself reaches for or the person names.
//! - What could not be checked says so: over its limit, refused, or of a kind that has no collector yet. There is
//!   no default that looks like an answer.
//! - Facts are asked for side by side, each within [`limits::FACT`], all within [`limits::ALL`].
//! - Every text from outside is redacted and revealed before it stands in a fact or a change.
//!
//! # Reading order
//! [`gather`] in this file. `targets` finds the paths, `survey` counts what they hit (`walk`, `index`,
//! `repository`), `files` and `commits` tell it as facts, `environment` names the place, `origin` finds where the
//! action's secrets stand, `outline` and `edit`
//! (`diff`, `ink`) show what changes.
//!
//! # Deliberately absent
//! Judging: rules and people do.
//! Defence against a repository that lies about itself: who can write it can also make up what its remotes have.

mod collect;
mod commits;
mod diff;
mod edit;
mod environment;
mod files;
mod git;
mod glob;
mod gone;
mod index;
mod ink;
pub mod limits;
pub mod memory;
mod origin;
mod outline;
mod place;
mod remade;
mod remotes;
mod repository;
mod survey;
mod targets;
#[cfg(test)]
mod tests;
mod throws;
mod walk;
mod words;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub use collect::{Around, Credentials, NoCredentials};

use sayso_core::action::{Action, Command, FileChange};
use sayso_core::card::{Change, Outline};
use sayso_core::environment::Environments;
use sayso_core::reading::{System, TargetKind, Verb};
use sayso_core::{Fact, Facts, Known, Reading, UnixMs};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::commits::Lost;
use crate::git::Git;
use crate::place::Place;
use crate::survey::Survey;

/// What facts are asked about.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The exact action.
    pub action: &'a Action,
    /// What it would do.
    pub reading: &'a Reading,
    /// What the agent says of it.
    pub claims: &'a BTreeMap<String, String>,
    /// The table of `sayso.toml`.
    pub environments: &'a Environments,
    /// The home folder, shown as `~`.
    pub home: &'a Path,
    /// The time that facts are stamped with.
    pub now: UnixMs,
    /// What stands around the action and is not part of it.
    pub around: &'a Around,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// Environment, data, backups.
    pub facts: Facts,
    /// *What changes*.
    pub changes: Vec<Change>,
    /// The folder that the action starts in, `~` for the home folder. Empty where it has none.
    pub folder: String,
    /// The branch checked out there.
    pub branch: Option<String>,
    /// What the targets are called where the action names them by an id: from the id to the name.
    pub names: BTreeMap<String, String>,
}

/// What can be said at once, without asking anybody: the card's first form. Facts that no collector will ever
/// answer are settled already.
pub fn quick(q: &Question<'_>) -> Gathered {
    let folder = q.action.cwd().map(|cwd| words::path(Path::new(cwd), q.home)).unwrap_or_default();
    let mut facts = Facts::pending();
    if let Some(what) = without_collector(q) {
        (facts.environment, facts.environment_name) = environment::without_folder(q);
        facts.data = Fact::unknown(format!("Nothing here can check how much {what} would hit."));
        facts.backups = Fact::unknown(format!("Nothing here can check what survives {what}."));
    }
    let shown = without_collector(q).map(|what| format!("Nothing here can show what {what} would change."));
    let changes = shown.into_iter().map(|text| Change::Note { text }).collect();
    Gathered { facts, changes, folder, branch: None, names: BTreeMap::new() }
}

/// [`quick`] with the environment and the branch asked for: what limits and presence hang on.
pub async fn environment(q: &Question<'_>) -> Gathered {
    environment_with(q, &Git::here(q.home)).await
}

/// Checks everything.
pub async fn gather(q: &Question<'_>) -> Gathered {
    gather_with(q, &Git::here(q.home)).await
}

async fn environment_with(q: &Question<'_>, git: &Git) -> Gathered {
    let mut gathered = quick(q);
    if without_collector(q).is_none() {
        let (named, branch) = place_and_environment(q, git).await;
        (gathered.facts.environment, gathered.facts.environment_name) = named;
        gathered.branch = branch;
    }
    gathered
}

async fn gather_with(q: &Question<'_>, git: &Git) -> Gathered {
    memory::hold_nothing_back();
    let mut gathered = quick(q);
    if without_collector(q).is_some() {
        add_origins(&mut gathered.facts.environment, origin::sentences(q).await);
        return gathered;
    }
    let everything = async {
        tokio::join!(
            place_and_environment(q, git),
            hit(q, git),
            edited(q),
            collect::all(q),
            origin::sentences(q)
        )
    };
    let Ok((place, hit, mut changes, mut answers, origins)) = timeout(limits::ALL, everything).await else {
        let failed = too_slow(q.now);
        gathered.facts = Facts {
            environment: failed.clone(),
            data: failed.clone(),
            backups: failed,
            environment_name: None,
        };
        return gathered;
    };
    let (named, branch) = place;
    (gathered.facts.environment, gathered.facts.environment_name) = named;
    gathered.branch = branch;
    environment::said(&mut gathered.facts, &answers, q);
    add_origins(&mut gathered.facts.environment, origins);
    let hit = hit.with(&mut answers, q);
    gathered.names = answers.into_iter().flat_map(|answer| answer.names).collect();
    if changes.is_empty() && hit.changes.is_empty() && !hit.data.detail.is_empty() {
        // *What changes* is never blank: a blank reads as "nothing".
        changes.push(Change::Note { text: hit.data.detail.clone() });
    }
    gathered.facts.data = hit.data;
    gathered.facts.backups = hit.backups;
    // Of a file that stays, the edit's own diff says more than an outline of one row.
    let goes = matches!(q.action, Action::FileEdit(edit) if matches!(edit.change, FileChange::Delete {}));
    if goes || changes.is_empty() {
        changes.extend(hit.changes);
    }
    gathered.changes = changes;
    gathered
}

/// Where the action's secrets stand belongs to where it would happen: it says whose key opens that door.
fn add_origins(environment: &mut Fact, origins: Vec<String>) {
    environment.detail =
        words::sentences(std::iter::once(std::mem::take(&mut environment.detail)).chain(origins));
}

/// What an action of a kind that nothing here can check is called.
fn without_collector(q: &Question<'_>) -> Option<&'static str> {
    if collect::concerns(q) {
        return None;
    }
    match q.action {
        Action::Shell(_) | Action::FileEdit(_) => None,
        Action::Sql(_) => Some("an SQL statement"),
        Action::Http(_) => Some("an HTTP request"),
        Action::Mcp(_) => Some("an MCP tool call"),
        Action::Custom(_) => Some("an action of this kind"),
    }
}

fn too_slow(now: UnixMs) -> Fact {
    let seconds = limits::FACT.as_secs();
    Fact::failed(
        "",
        format!("Checking took longer than {}.", words::count(seconds, "second", "seconds")),
        now,
    )
}

async fn place_and_environment(q: &Question<'_>, git: &Git) -> (environment::Named, Option<String>) {
    let (action, environments, home) = (q.action.clone(), q.environments.clone(), q.home.to_owned());
    let named = targets::named(q.action, q.reading).into_iter().map(|(name, _)| name);
    let files = q.reading.reaches.iter().filter(|reach| reach.system == System::Sqlite);
    let named: Vec<String> = named.chain(files.map(|reach| reach.address.to_string())).collect();
    let asked = async {
        let found = spawn_blocking(move || {
            let places = environment::Places::find(&action, &named, &environments, &home);
            (Place::of(action.cwd()), places)
        });
        let (place, places) = found.await.ok()?;
        let named = environment::check(q, git, places, &place).await;
        Some((named, place.branch.map(|branch| words::shown(&branch))))
    };
    match timeout(limits::FACT, asked).await {
        Ok(Some(found)) => found,
        Ok(None) => ((stopped(q.now), None), None),
        Err(_) => ((too_slow(q.now), None), None),
    }
}

fn stopped(now: UnixMs) -> Fact {
    Fact::failed("", survey::Stopped.to_string(), now)
}

/// Data, backups, and the outline of what goes.
struct Found {
    data: Fact,
    backups: Fact,
    changes: Vec<Change>,
}

impl Found {
    /// What collectors found stands first; of files and commits only what was really looked at stands beside it.
    fn with(mut self, answers: &mut Vec<collect::Answer>, q: &Question<'_>) -> Self {
        // What has nothing to say of how much is hit are the copies of files.
        let copies: Vec<collect::Answer> = answers.extract_if(.., |answer| answer.data.is_none()).collect();
        self.backups = collect::copies_beside(self.backups, &copies, q.now);
        let Some((data, backups)) = collect::told(answers, q.now) else { return self };
        let changes = answers.iter().flat_map(|answer| answer.changes.clone()).collect();
        let looked = |fact: &Fact| !matches!(fact.known, Known::Unknown);
        let join = |first: Fact, second: Fact| match (looked(&first), looked(&second)) {
            (_, false) => first,
            (false, true) => second,
            (true, true) => collect::beside(first, second),
        };
        Self {
            data: join(data, self.data),
            backups: join(backups, self.backups),
            changes: [changes, self.changes].concat(),
        }
    }
}

async fn hit(q: &Question<'_>, git: &Git) -> Found {
    let both = |fact: Fact| Found { data: fact.clone(), backups: fact, changes: Vec::new() };
    let unchecked = unchecked(q);
    let named = targets::named(q.action, q.reading);
    let acts = commits::acts(&q.reading.effects, throws::of(q.action).as_ref());
    if named.is_empty() && acts.is_empty() {
        let nothing = "Nothing here can check what this command would hit.".to_owned();
        return both(Fact::unknown(if unchecked.is_empty() { nothing } else { words::sentences(unchecked) }));
    }
    let files = async {
        if named.is_empty() {
            return Ok(None);
        }
        let (action, reading, home) = (q.action.clone(), q.reading.clone(), q.home.to_owned());
        let targets = spawn_blocking(move || targets::resolve(&action, &reading, &home)).await;
        survey::of(git, targets.map_err(|_| survey::Stopped)?).await.map(Some)
    };
    let folder = q.action.cwd().map(Path::new);
    let commits = async {
        if acts.is_empty() {
            return None;
        }
        Some(commits::lost(git, folder, &acts, is_push(q), q.home).await)
    };
    match timeout(limits::FACT, async { tokio::join!(files, commits) }).await {
        Err(_) => both(too_slow(q.now)),
        Ok((Err(_), _)) => both(stopped(q.now)),
        Ok((Ok(survey), lost)) => told(q, survey.as_ref(), lost.as_ref(), &named, &unchecked),
    }
}

fn told(
    q: &Question<'_>,
    survey: Option<&Survey>,
    lost: Option<&Lost>,
    named: &[(String, targets::Hit)],
    unchecked: &[String],
) -> Found {
    let Some(survey) = survey else {
        let (data, backups) = lost.unwrap_or(&Lost::default()).facts(unchecked, q.now);
        return Found { data, backups, changes: commits_gone(lost).into_iter().collect() };
    };
    let (mut data, mut backups) = if unchecked.is_empty() && files::is_new(survey, named) {
        files::new_file(q.now)
    } else {
        (files::data(survey, unchecked, q.home, q.now), files::backups(survey, unchecked, q.home, q.now))
    };
    if let Some(lost) = lost {
        lost.beside(&mut data, &mut backups);
    }
    let notes = survey.targets.links.iter().chain(&survey.targets.unresolved).take(limits::NOTES);
    let notes = notes.map(|text| Change::Note { text: text.clone() });
    let changes = notes.chain(outline::of(survey, q.home)).chain(commits_gone(lost)).collect();
    Found { data, backups, changes }
}

/// The commits that go out of reach, for *What changes*.
fn commits_gone(lost: Option<&Lost>) -> Option<Change> {
    let rows = lost.map(|lost| lost.rows.clone()).filter(|rows| !rows.is_empty())?;
    Some(Change::Outline(Outline { rows, rest: String::new() }))
}

/// Sentences on the parts of an action that nothing here can check.
fn unchecked(q: &Question<'_>) -> Vec<String> {
    let mut sentences = Vec::new();
    for effect in &q.reading.effects {
        let harmless = matches!(effect.verb, Verb::Read | Verb::Create);
        let checked = match effect.target.kind {
            TargetKind::Path | TargetKind::GitRef | TargetKind::GitRepository => true,
            TargetKind::Table => collect::asks_database(q),
            TargetKind::Database => collect::asks_database(q) || collect::asks_aws(q),
            TargetKind::Bucket | TargetKind::Volume => collect::asks_aws(q),
            _ => false,
        };
        if !harmless && !checked {
            let what = words::quoted(&effect.target.name);
            sentences.push(format!("Nothing here can check what {what} holds."));
        }
    }
    sentences.extend(targets::elsewhere(q.reading).map(|path| {
        format!(
            "What {} holds on the other machine or in the container was not looked at.",
            words::quoted(path)
        )
    }));
    sentences.dedup();
    let more = sentences.len().saturating_sub(limits::NOTES);
    sentences.truncate(limits::NOTES);
    if more > 0 {
        sentences.push(format!(
            "The same holds for {}.",
            words::count(more as u64, "more target", "more targets")
        ));
    }
    if !q.reading.unread.is_empty() {
        sentences.push("A part of it could not be read and may hit more.".to_owned());
    }
    sentences
}

/// Whether references named in the action are a remote's.
fn is_push(q: &Question<'_>) -> bool {
    let Action::Shell(shell) = q.action else { return false };
    let word = |word: &str| word == "push";
    match &shell.command {
        Command::Script(script) => script.split_whitespace().any(word),
        Command::Argv(argv) => argv.iter().any(|part| word(part)),
    }
}

/// The diff of a file edit, with its notes.
async fn edited(q: &Question<'_>) -> Vec<Change> {
    let Action::FileEdit(edit) = q.action else { return Vec::new() };
    let (edit, home) = (Arc::new(edit.clone()), q.home.to_owned());
    let note = |text: &str| vec![Change::Note { text: text.to_owned() }];
    match timeout(limits::FACT, spawn_blocking(move || edit::of(&edit, &home))).await {
        Ok(Ok(changes)) => changes,
        Ok(Err(_)) => note("What changes could not be worked out."),
        Err(_) => note("What changes could not be worked out in time."),
    }
}
