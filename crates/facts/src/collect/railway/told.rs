//! What was found at Railway, as an answer: the environment, how much lies there, the backups, and the outline.

use std::collections::BTreeSet;

use sayso_core::UnixMs;
use sayso_core::card::{Change, LineMark, Outline, OutlineRow};
use sayso_core::environment::is_production;
use sayso_core::fact::{Fact, Known, Tone};

use super::api::Api;
use super::volumes::{Aim, Copied, Found, Hit};
use super::{Asking, When, first_or_default};
use crate::collect::{Answer, Backup, Said, Survives, beside, dumps};
use crate::{Question, limits, words};

const NAME: &str = "Railway API";

/// The answer about one operation.
pub(super) async fn answer(q: &Question<'_>, asking: Asking) -> Answer {
    let Asking { aim, when, api, hit } = asking;
    let source = api.as_ref().map_or_else(|_| NAME.to_owned(), Api::source);
    let (api, hit) = match (api, hit) {
        (Ok(api), Ok(hit)) => (api, hit),
        (_, Err(trouble)) | (Err(trouble), _) => return Answer::failed(source, trouble.to_string(), q.now),
    };
    let (mut backups, mut backup_troubles) = backups(&hit);
    let (dumps, troubles) = dumps::of(q, &called(&hit)).await;
    backups.extend(dumps);
    backup_troubles.extend(troubles);
    Answer {
        environment: environment(&hit, &api),
        data: Some(data(&hit, &aim, when, &source, q.now)),
        backups: Some(backups),
        backup_troubles,
        changes: vec![Change::Outline(outline(&hit, &aim))],
        names: names(&hit, &aim),
        source,
        ..Answer::default()
    }
}

/// One answer of all; `more` operations were not asked about.
pub(super) fn together(answers: Vec<Answer>, more: usize, now: UnixMs) -> Answer {
    let (mut whole, others) = first_or_default(answers);
    for other in others {
        let production = |said: &Option<Said>| said.as_ref().is_some_and(|said| is_production(&said.name));
        if whole.environment.is_none() || production(&other.environment) {
            whole.environment = other.environment.or(whole.environment);
        }
        whole.data = match (whole.data, other.data) {
            (Some(first), Some(second)) => Some(beside(first, second)),
            (first, second) => first.or(second),
        };
        whole.backups = match (whole.backups, other.backups) {
            (Some(first), Some(second)) => Some([first, second].concat()),
            (first, second) => first.or(second),
        };
        whole.backup_troubles.extend(other.backup_troubles);
        whole.changes.extend(other.changes);
        whole.names.extend(other.names);
    }
    if more > 0 {
        let why = format!(
            "{} not asked about.",
            words::count(more as u64, "more operation was", "more operations were")
        );
        let failed = Fact::failed(whole.source.clone(), why.clone(), now);
        whole.data = Some(whole.data.map_or_else(|| failed.clone(), |data| beside(data, failed.clone())));
        whole.backup_troubles.push(why);
    }
    whole
}

/// Production first; else the first that a volume stands in.
fn environment(hit: &Hit, api: &Api) -> Option<Said> {
    let all = || hit.found.iter().map(|found| &found.environment.name);
    let name = all().find(|name| is_production(name)).or_else(|| all().next())?;
    let known = if api.here && !is_production(name) { Known::Claimed } else { Known::Checked };
    Some(Said { name: name.clone(), by: api.name.clone(), known })
}

fn data(hit: &Hit, aim: &Aim, when: When, source: &str, now: UnixMs) -> Fact {
    let sizes: Vec<_> = hit.found.iter().filter_map(|found| found.size.as_ref().ok()).collect();
    let troubles =
        distinct(hit.found.iter().filter_map(|found| Some(found.size.as_ref().err()?.to_string())));
    let bytes = sizes.iter().fold(0_u64, |sum, size| sum.saturating_add(size.bytes));
    let mut told = vec![told(hit, aim)];
    if sizes.iter().any(|size| size.going) {
        told.push("Railway is deleting it already.".to_owned());
    }
    if hit.unasked > 0 || hit.project.more {
        told.push("Not all volumes were asked about, so it is more than that.".to_owned());
    }
    told.push(grace(when).to_owned());
    told.extend(troubles.iter().cloned());
    let detail = words::sentences(told);
    if sizes.is_empty() && !troubles.is_empty() {
        return Fact::failed(source, detail, now);
    }
    let headline = if hit.found.is_empty() { "No volume".to_owned() } else { words::size(bytes) };
    let known = if troubles.is_empty() { Known::Checked } else { Known::Failed };
    Fact { headline, detail, known, source: source.to_owned(), at: Some(now), tone: Tone::Plain }
}

const fn grace(when: When) -> &'static str {
    match when {
        When::Now => "",
        When::InTwoDays => "Railway deletes it after 48 hours; until then it can be taken back.",
        When::WithoutGrace => "It goes at once: the 48 hours of grace do not count.",
    }
}

/// What is hit, in a sentence.
fn told(hit: &Hit, aim: &Aim) -> String {
    match hit.found.as_slice() {
        [] => format!("{} holds no volume.", words::capital(&whole(hit, aim))),
        [one] => {
            let service = one.service.as_ref();
            let service = service.map(|name| format!(" of the service {}", words::shown(name)));
            let mut parts = vec![format!(
                "On the volume {}{}",
                words::shown(&one.volume.name),
                service.unwrap_or_default()
            )];
            if let Ok(size) = &one.size {
                parts
                    .extend(Some(words::shown(&size.state).to_lowercase()).filter(|state| !state.is_empty()));
                if size.room > 0 {
                    parts.push(format!("room for {}", words::size(size.room)));
                }
            }
            format!("{}.", parts.join(", "))
        }
        many => {
            let all = many.iter().map(|found| {
                format!("{} in {}", words::shown(&found.volume.name), words::shown(&found.environment.name))
            });
            let mut listed: Vec<String> = all.take(3).collect();
            let more = many.len() + hit.unasked - listed.len();
            if more > 0 {
                listed.push(format!("{} more", words::number(more as u64)));
            }
            format!(
                "On {} volumes: {}.",
                words::number((many.len() + hit.unasked) as u64),
                words::list(&listed)
            )
        }
    }
}

/// What the operation names, with its name.
fn whole(hit: &Hit, aim: &Aim) -> String {
    let named = |list: &[super::volumes::Named], id: &str| {
        words::shown(list.iter().find(|one| one.id == id).map_or(id, |one| one.name.as_str()))
    };
    match aim {
        Aim::Volume(_) => "the volume".to_owned(),
        Aim::Environment(id) => format!("the environment {}", named(&hit.project.environments, id)),
        Aim::Service(id, _) => format!("the service {}", named(&hit.project.services, id)),
        Aim::Project(_) => format!("the project {}", words::shown(&hit.project.name)),
    }
}

fn backups(hit: &Hit) -> (Vec<Backup>, Vec<String>) {
    let all: Vec<&Copied> =
        hit.found.iter().filter_map(|f| f.backups.as_ref().ok()).flat_map(|kept| &kept.backups).collect();
    let volumes = hit.found.len() + hit.unasked;
    let why = match (all.len(), volumes) {
        (1, _) => "it is stored on this volume",
        (_, 1) => "they are stored on this volume",
        _ => "they are stored on these volumes",
    };
    let backups = all.iter().map(|copied| Backup {
        what: what(copied),
        place: "this volume".to_owned(),
        taken: copied.taken,
        bytes: copied.bytes,
        tested: None,
        survives: Survives::No(why.to_owned()),
    });
    let mut troubles = distinct(hit.found.iter().filter_map(|found| {
        let trouble = found.backups.as_ref().err()?;
        Some(format!("Railway's backups of {} were not listed. {trouble}", words::shown(&found.volume.name)))
    }));
    if hit.unasked > 0 || hit.project.more {
        troubles.push("Not all volumes were asked about their backups.".to_owned());
    }
    (backups.collect(), troubles)
}

fn what(copied: &Copied) -> String {
    match (&copied.name, copied.taken) {
        (Some(name), _) => format!("backup {name}"),
        (None, Some(taken)) => format!("backup {}", day(taken)),
        (None, None) => "a backup".to_owned(),
    }
}

/// The names that `[backups]` may call these volumes by.
fn called(hit: &Hit) -> Vec<String> {
    let both = hit.found.iter().flat_map(|found| [&found.volume.name, &found.volume.id]);
    distinct(both.flat_map(|name| [format!("volume {name}"), name.clone()]))
}

fn names(hit: &Hit, aim: &Aim) -> std::collections::BTreeMap<String, String> {
    let mut names: std::collections::BTreeMap<String, String> = hit
        .found
        .iter()
        .map(|found| (found.volume.id.clone(), found.volume.name.clone()))
        .filter(|(id, _)| matches!(aim, Aim::Volume(aimed) if aimed == id))
        .collect();
    let (list, id) = match aim {
        Aim::Volume(_) => return names,
        Aim::Environment(id) => (&hit.project.environments, id),
        Aim::Service(id, _) => (&hit.project.services, id),
        Aim::Project(id) => {
            names.insert(id.clone(), hit.project.name.clone());
            return names;
        }
    };
    names.extend(list.iter().find(|one| one.id == *id).map(|one| (one.id.clone(), one.name.clone())));
    names
}

fn outline(hit: &Hit, aim: &Aim) -> Outline {
    let all = matches!(aim, Aim::Project(_));
    let mut rows = vec![row(0, all, format!("project {}", words::shown(&hit.project.name)))];
    for environment in &hit.project.environments {
        let here: Vec<&Found> = hit.found.iter().filter(|f| f.environment.id == environment.id).collect();
        let goes = all || matches!(aim, Aim::Environment(id) if *id == environment.id);
        let note = if goes || !here.is_empty() { "" } else { "unchanged" };
        let ephemeral = here.iter().any(|found| found.size.as_ref().is_ok_and(|size| size.ephemeral));
        let note = if ephemeral { "ephemeral" } else { note };
        rows.push(noted(row(1, goes, format!("environment {}", words::shown(&environment.name))), note));
        for found in &here {
            volume(found, &mut rows);
        }
        let goes = |name: &String| match aim {
            Aim::Service(id, _) => hit.project.services.iter().any(|one| one.id == *id && one.name == *name),
            _ => goes,
        };
        let served: BTreeSet<&String> = here.iter().filter_map(|found| found.service.as_ref()).collect();
        rows.extend(served.into_iter().map(|name| {
            let gone = goes(name);
            let note = if gone { "" } else { "loses its volume, restarts empty" };
            noted(row(2, gone, format!("service {}", words::shown(name))), note)
        }));
    }
    let over = rows.len().saturating_sub(sayso_core::limits::CARD_OUTLINE_ROWS);
    rows.truncate(sayso_core::limits::CARD_OUTLINE_ROWS);
    let mut rest = Vec::new();
    if over > 0 {
        rest.push(format!("{} not shown.", words::count(over as u64, "more row is", "more rows are")));
    }
    if hit.unasked > 0 {
        rest.push(format!("{} go too.", words::count(hit.unasked as u64, "more volume", "more volumes")));
    }
    Outline { rows, rest: words::sentences(rest) }
}

fn volume(found: &Found, rows: &mut Vec<OutlineRow>) {
    let size = found.size.as_ref().map_or_else(|_| String::new(), |size| words::size(size.bytes));
    let name = format!("volume {}", words::shown(&found.volume.name));
    rows.push(OutlineRow { size, ..noted(row(2, true, name), &words::shown(&found.volume.id)) });
    let Ok(kept) = &found.backups else { return };
    // One more line than the limit says nothing that the line itself would not.
    let shown =
        if kept.backups.len() <= limits::BACKUP_ROWS + 1 { kept.backups.len() } else { limits::BACKUP_ROWS };
    for copied in &kept.backups[..shown] {
        let name = copied.taken.map_or_else(|| what(copied), |taken| format!("backup {}", day(taken)));
        let size = copied.bytes.map(words::size).unwrap_or_default();
        rows.push(OutlineRow { size, ..noted(row(3, true, words::shown(&name)), "on this volume") });
    }
    let more = kept.backups.len() - shown;
    if more > 0 {
        let name = format!("{} more backups", words::number(more as u64));
        rows.push(noted(row(3, true, name), "on this volume"));
    }
    for schedule in kept.schedules.iter().take(limits::BACKUP_ROWS) {
        rows.push(row(
            3,
            true,
            format!("backups that would be made {}", words::shown(&schedule.to_lowercase())),
        ));
    }
}

fn row(depth: u8, goes: bool, name: String) -> OutlineRow {
    let mark = if goes { LineMark::Removed } else { LineMark::Same };
    OutlineRow { depth, mark, name, size: String::new(), note: String::new() }
}

fn noted(row: OutlineRow, note: &str) -> OutlineRow {
    OutlineRow { note: note.to_owned(), ..row }
}

/// `24 Apr 2026 03:00 UTC`.
fn day(at: UnixMs) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let since = std::time::Duration::from_secs(u64::try_from(at.seconds()).unwrap_or(0));
    let text = humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since).to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let month = part(5, 7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    format!("{} {} {} {} UTC", part(8, 10), month.unwrap_or(&""), part(0, 4), part(11, 16))
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}
