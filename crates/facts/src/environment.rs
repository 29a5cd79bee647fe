//! The fact *environment*: where an action would happen.
//!
//! # Invariants
//! - The table in `sayso.toml` decides; of several entries that fit, one for production comes first, and the others
//!   are told.
//! - Folders are looked up as named and as they are with every link followed, so that no link leads around the table.
//! - A guess from a name is marked as one, and given to the rules only where it makes them stricter: whoever names
//!   a branch must not gain by it.
//! - What the agent, the branch or the folder say otherwise stands beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sayso_core::UnixMs;
use sayso_core::action::Action;
use sayso_core::environment::{self as table, Environments, Match};
use sayso_core::fact::{Fact, Facts, Known, Tone};
use sayso_core::reading::{Reach, System, TargetKind};

use crate::collect::{Answer, Said};
use crate::git::{Git, Trouble};
use crate::place::Place;
use crate::{Question, remotes, targets, walk, words};

const SOURCE: &str = "sayso.toml";

/// The fact, and the name for the rules.
pub(crate) type Named = (Fact, Option<String>);

/// What the environment is looked up by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// Folders and files, as named and as they are.
    folders: Vec<PathBuf>,
    /// The table with its own folders as they are.
    table: Environments,
    /// The repositories that they lie in.
    tops: Vec<PathBuf>,
}

impl Places {
    /// Blocking: follows links.
    pub(crate) fn find(action: &Action, named: &[String], environments: &Environments, home: &Path) -> Self {
        let mut folders = Vec::new();
        let cwd = action.cwd().map(PathBuf::from);
        for path in named.iter().filter_map(|name| before_glob(name, cwd.as_deref(), home)).chain(cwd.clone())
        {
            let real = targets::place_of(&path);
            let leads_to = fs::canonicalize(&path).ok();
            folders.extend([Some(path), Some(real), leads_to].into_iter().flatten());
        }
        folders.dedup();
        let mut tops: Vec<PathBuf> =
            folders.iter().filter_map(|folder| walk::repository_above(folder)).collect();
        tops.sort();
        tops.dedup();
        tops.truncate(crate::limits::REPOSITORIES);
        let mut table = environments.clone();
        for folder in table.rows.iter_mut().flat_map(|row| &mut row.folders) {
            let written = table::expand_home(folder, &home.to_string_lossy());
            if let Some(real) =
                fs::canonicalize(written).ok().and_then(|real| real.into_os_string().into_string().ok())
            {
                *folder = real;
            }
        }
        Self { folders, table, tops }
    }
}

/// The path that `name` begins with, up to what only a shell can work out.
fn before_glob(name: &str, cwd: Option<&Path>, home: &Path) -> Option<PathBuf> {
    let name = table::expand_home(name, &home.to_string_lossy());
    let open = |part: &&str| !part.contains(['*', '?', '[', '{', '$', '`']);
    let path: PathBuf =
        name.split('/').take_while(open).map(|part| if part.is_empty() { "/" } else { part }).collect();
    if path.is_absolute() {
        return Some(path);
    }
    cwd.map(|cwd| cwd.join(path))
}

/// Hosts that an action goes to.
fn hosts(q: &Question<'_>) -> Vec<String> {
    let own = match q.action {
        Action::Http(http) => table::host_of(&http.url),
        Action::Sql(sql) => sql
            .connection
            .as_deref()
            .and_then(|c| table::host_of(c).or_else(|| (!c.contains(' ')).then(|| c.to_owned()))),
        _ => None,
    };
    let named = q.reading.effects.iter().filter_map(|effect| match effect.target.kind {
        TargetKind::Host => {
            Some(table::host_of(&effect.target.name).unwrap_or_else(|| effect.target.name.clone()))
        }
        TargetKind::Url | TargetKind::Database => table::host_of(&effect.target.name),
        _ => None,
    });
    own.into_iter()
        .chain(named)
        .chain(q.reading.reaches.iter().filter_map(|reach| reached(q, reach)))
        .collect()
}

/// The host of a system that the action talks to: by its address, by what the bytes say beside it, by variables.
fn reached(q: &Question<'_>, reach: &Reach) -> Option<String> {
    let (names, url): (&[&str], _) = match reach.system {
        System::Postgres => (&["host", "PGHOST"], "DATABASE_URL"),
        System::Mysql => (&["host", "MYSQL_HOST"], "DATABASE_URL"),
        _ => (&["host"], ""),
    };
    let text = |name: &str| reach.settings.get(name).filter(|text| !text.is_empty());
    let around = |name: &str| q.around.variables.get(name).filter(|_| reach.address.is_empty());
    let goes_by_url = || around(url).and_then(|url| table::host_of(url));
    table::host_of(&reach.address)
        .or_else(|| names.iter().find_map(|name| text(name).or_else(|| around(name)).map(|h| h.to_string())))
        .or_else(|| if reach.settings.contains_key(url) { goes_by_url() } else { None })
        .filter(|host| !host.starts_with('/'))
}

/// One entry of the table that fits, and what fits it.
struct Sighting {
    name: String,
    by: String,
}

/// The fact from `places`, the remotes of the repositories there, and the hosts that the action names.
pub(crate) async fn check(q: &Question<'_>, git: &Git, places: Places, place: &Place) -> Named {
    let mut urls = Vec::new();
    let mut trouble = None;
    for top in &places.tops {
        match remotes::of(git, top, &[]).await {
            Ok(remotes) => urls.extend(remotes.into_iter().flat_map(|remote| remote.urls)),
            Err(Trouble::NoRepository) => {}
            Err(other) => trouble = Some(other),
        }
    }
    from(q, &places, &urls, trouble.as_ref(), place)
}

/// The fact where there is no folder and no repository to look at.
pub(crate) fn without_folder(q: &Question<'_>) -> Named {
    from(q, &Places::default(), &[], None, &Place::default())
}

fn from(
    q: &Question<'_>,
    places: &Places,
    urls: &[String],
    trouble: Option<&Trouble>,
    place: &Place,
) -> Named {
    let seen = sightings(q, places, urls);
    let first = seen.iter().find(|s| table::is_production(&s.name)).or_else(|| seen.first());
    let remotes_matter = q.environments.rows.iter().any(|row| !row.remotes.is_empty());
    let trouble = trouble.filter(|_| remotes_matter);
    match (first, trouble) {
        (Some(first), _) => matched(q, first, &seen, trouble, place),
        (None, Some(trouble)) => (Fact::failed("git", trouble.to_string(), q.now), None),
        (None, None) => guessed(q, place),
    }
}

fn sightings(q: &Question<'_>, places: &Places, urls: &[String]) -> Vec<Sighting> {
    let home = q.home.to_string_lossy();
    let sighting = |what: &str, found: Match<'_>, with: &str| Sighting {
        name: found.name.to_owned(),
        by: format!("{what} {}", words::shown(with)),
    };
    let mut seen: Vec<Sighting> = Vec::new();
    for folder in &places.folders {
        let path = folder.to_string_lossy();
        for table in [q.environments, &places.table] {
            if let Some(found) = table.of_folder(&path, &home) {
                let entry = words::tilde(Path::new(&table::expand_home(found.entry, &home)), q.home);
                seen.push(sighting("the folder", found, &entry));
            }
        }
    }
    for url in urls {
        let found = q.environments.of_remote(url);
        seen.extend(found.map(|found| sighting("the git remote", found, &table::plain_remote(url))));
    }
    for host in hosts(q) {
        seen.extend(q.environments.of_host(&host).map(|found| sighting("the host", found, &host)));
    }
    seen
}

fn matched(
    q: &Question<'_>,
    first: &Sighting,
    seen: &[Sighting],
    trouble: Option<&Trouble>,
    place: &Place,
) -> Named {
    let name = &first.name;
    let mut others: BTreeMap<&str, &str> = BTreeMap::new();
    for other in seen.iter().filter(|s| !table::is_same(&s.name, name)) {
        others.entry(&other.name).or_insert(&other.by);
    }
    let others = others.into_iter().map(|(name, by)| format!("By {by} it is {}.", words::quoted(name)));
    let detail = objections(q, Some(name), place)
        .into_iter()
        .chain([format!("By {}.", first.by)])
        .chain(others)
        .chain(trouble.map(|trouble| format!("The git remotes could not be read. {trouble}")));
    (fact(name, words::sentences(detail), Known::Checked, SOURCE, q.now), Some(name.clone()))
}

fn guessed(q: &Question<'_>, place: &Place) -> Named {
    let no_entry = match q.action.cwd() {
        Some(_) => "No entry of [environments] in sayso.toml matches this folder.",
        None => "No entry of [environments] in sayso.toml matches this action.",
    };
    let folder = place.folder_words(q.home);
    let hosts = hosts(q);
    let branch = place.branch.as_deref();
    let texts = hosts.iter().map(|host| ("the host", host.as_str()));
    let texts =
        texts.chain([("the folder", folder.as_str())]).chain(branch.map(|branch| ("the branch", branch)));
    let found: Vec<_> = texts.filter_map(|(what, text)| Some((what, text, table::guess(text)?))).collect();
    let best = found.iter().find(|(_, _, name)| table::is_production(name)).or_else(|| found.first());
    let Some((what, text, name)) = best else {
        let detail = objections(q, None, place).into_iter().chain([no_entry.to_owned()]);
        return (Fact::unknown(words::sentences(detail)), None);
    };
    let why = format!("Guessed from the name of {what} {}.", words::shown(text));
    let detail = objections(q, Some(name), place).into_iter().chain([why, no_entry.to_owned()]);
    let for_the_rules = table::is_production(name).then(|| (*name).to_owned());
    (fact(name, words::sentences(detail), Known::Inferred, what, q.now), for_the_rules)
}

/// The systems' own answers come first; what the table or a name says otherwise stands beside them.
pub(crate) fn said(facts: &mut Facts, answers: &[Answer], q: &Question<'_>) {
    let said: Vec<&Said> = answers.iter().filter_map(|answer| answer.environment.as_ref()).collect();
    let Some(first) = said.iter().find(|said| table::is_production(&said.name)).or_else(|| said.first())
    else {
        return;
    };
    let mut detail = objections(q, Some(&first.name), &Place::default());
    for other in said.iter().filter(|other| !table::is_same(&other.name, &first.name)) {
        detail.push(format!("{} says {}.", words::shown(&other.by), words::quoted(&other.name)));
    }
    let known_here = matches!(facts.environment.known, Known::Checked | Known::Inferred);
    let own = facts.environment_name.as_deref().unwrap_or(&facts.environment.headline);
    let differs = known_here && !table::is_same(own, &first.name);
    if facts.environment.known == Known::Checked && first.known == Known::Inferred && !differs {
        return;
    }
    if differs && facts.environment.known == Known::Checked {
        // The person's own table is not overruled by a guess; else, of two that differ, production is what counts.
        detail.push(format!("sayso.toml says {}.", words::quoted(own)));
        let guessed = first.known == Known::Inferred;
        if guessed || (table::is_production(own) && !table::is_production(&first.name)) {
            facts.environment.detail = words::sentences([
                facts.environment.detail.clone(),
                format!("{} says {}.", words::shown(&first.by), words::quoted(&first.name)),
            ]);
            return;
        }
    } else if differs {
        let guess = words::quoted(own);
        detail.push(format!("{} says {guess}.", words::capital(&facts.environment.source)));
    }
    facts.environment = fact(&first.name, words::sentences(detail), first.known, &first.by, q.now);
    let counts = first.known == Known::Checked || table::is_production(&first.name);
    facts.environment_name = counts.then(|| first.name.clone()).or(facts.environment_name.take());
}

fn fact(name: &str, detail: String, known: Known, source: &str, now: UnixMs) -> Fact {
    let tone = if table::is_production(name) { Tone::Bad } else { Tone::Plain };
    Fact { headline: words::shown(name), detail, known, source: source.to_owned(), at: Some(now), tone }
}

/// Claims in which agents write what they do and why, in sentences.
const PROSE: [&str; 3] = ["agent_message", "description", "explanation"];

/// What the agent, the branch and the folder say otherwise.
fn objections(q: &Question<'_>, name: Option<&str>, place: &Place) -> Vec<String> {
    let other = |said: &str| name.is_none_or(|name| !table::is_same(said, name));
    let mut said: Vec<String> = Vec::new();
    for (key, value) in q.claims {
        let about = key.eq_ignore_ascii_case("environment") || key.eq_ignore_ascii_case("env");
        let names_one = q.environments.named(value).is_some();
        if (about || names_one) && other(value) {
            let sentence = format!("The agent said: {}.", words::quoted(value));
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        } else if PROSE.contains(&key.as_str())
            && let Some(named) = table::guess(value).filter(|named| name.is_some() && other(named))
        {
            said.push(format!("The agent spoke of {}.", words::quoted(named)));
        }
    }
    let Some(_) = name else { return said };
    let folder = place.folder_words(q.home);
    for (what, text) in [("branch", place.branch.as_deref().unwrap_or_default()), ("folder", &folder)] {
        if let Some(guess) = table::guess(text).filter(|guess| other(guess)) {
            said.push(format!("The {what} {} says {}.", words::shown(text), words::quoted(guess)));
        }
    }
    said
}
