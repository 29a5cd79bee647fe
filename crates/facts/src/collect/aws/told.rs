//! What was found at AWS, as an answer.

use std::collections::BTreeMap;

use sayso_core::UnixMs;
use sayso_core::card::{Change, LineMark, Outline, OutlineRow};
use sayso_core::environment::{guess, is_production};
use sayso_core::fact::{Fact, Known, Tone};

use super::Asking;
use crate::collect::{Answer, Backup, Said, beside, dumps};
use crate::{limits, words};

/// Keys of tags that name an environment.
const ENVIRONMENT_TAGS: [&str; 5] = ["environment", "env", "stage", "environment-name", "tier"];

/// What one service said of one thing.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// "the bucket shop-uploads".
    pub(super) what: String,
    /// How much, in a few words.
    pub(super) headline: String,
    /// The rest, each a sentence.
    pub(super) sentences: Vec<String>,
    /// Whether how much could not be found out.
    pub(super) failed: bool,
    pub(super) backups: Vec<Backup>,
    pub(super) troubles: Vec<String>,
    pub(super) tags: Vec<(String, String)>,
    pub(super) rows: Vec<OutlineRow>,
    /// Rows that are not among them.
    pub(super) rest: String,
    /// What `[backups]` may call it.
    pub(super) called: Vec<String>,
    /// From ids to names.
    pub(super) names: BTreeMap<String, String>,
}

/// The answer about one thing.
pub(super) async fn answer(
    asking: &Asking<'_>,
    mut told: Told,
    account: Option<&str>,
    source: String,
) -> Answer {
    let (dumps, troubles) = dumps::of(asking.q, &told.called).await;
    told.backups.extend(dumps);
    told.troubles.extend(troubles);
    let (environment, beside) = environment(asking, &told, account);
    told.sentences.extend(beside);
    let now = asking.q.now;
    let detail = words::sentences(told.sentences);
    let data = if told.failed {
        Fact::failed(source.clone(), detail, now)
    } else {
        let (headline, source) = (told.headline, source.clone());
        Fact { headline, detail, known: Known::Checked, source, at: Some(now), tone: Tone::Plain }
    };
    let mut rest = told.rest;
    let over = told.rows.len().saturating_sub(sayso_core::limits::CARD_OUTLINE_ROWS);
    told.rows.truncate(sayso_core::limits::CARD_OUTLINE_ROWS);
    if over > 0 {
        let more = format!("{} not shown.", words::count(over as u64, "more row is", "more rows are"));
        rest = words::sentences([rest, more]);
    }
    let outline = Outline { rows: told.rows, rest };
    Answer {
        environment,
        data: Some(data),
        backups: Some(told.backups),
        backup_troubles: told.troubles,
        changes: if outline.rows.is_empty() { Vec::new() } else { vec![Change::Outline(outline)] },
        names: told.names,
        source,
        ..Answer::default()
    }
}

/// What is said of the environment; and a sentence on what says otherwise.
fn environment(asking: &Asking<'_>, told: &Told, account: Option<&str>) -> (Option<Said>, Option<String>) {
    let own = account.and_then(|account| {
        let found = asking.q.environments.of_host(account)?;
        // Whoever can send a request to this machine can also start what answers it.
        let believed = !asking.api.is_here() || is_production(found.name);
        let known = if believed { Known::Checked } else { Known::Claimed };
        let by = format!("sayso.toml, by the account {}", words::shown(account));
        Some(Said { name: found.name.to_owned(), by, known })
    });
    let is_one = |key: &str| ENVIRONMENT_TAGS.iter().any(|tag| key.eq_ignore_ascii_case(tag));
    let label = told.tags.iter().find(|(key, value)| is_one(key) && !value.trim().is_empty());
    let label = label.map(|(key, value)| Said {
        name: value.trim().to_owned(),
        by: format!("the tag {} of {}", words::shown(key), told.what),
        known: Known::Claimed,
    });
    let name = told.called.iter().find_map(|name| Some((name, guess(name)?)));
    let name = name.map(|(name, guess)| Said {
        name: guess.to_owned(),
        by: format!("the name {}", words::shown(name)),
        known: Known::Inferred,
    });
    let mut all: Vec<Said> = [own, label, name].into_iter().flatten().collect();
    if all.is_empty() {
        return (None, None);
    }
    // The person's own word and a label come before a guess; of those two, production is what counts.
    let said = all.iter().filter(|said| said.known != Known::Inferred).count();
    let first = all.iter().take(said.max(1)).position(|said| is_production(&said.name)).unwrap_or(0);
    let first = all.swap_remove(first);
    let other = all.into_iter().find(|other| !sayso_core::environment::is_same(&other.name, &first.name));
    let other =
        other.map(|other| format!("{} says {}.", words::capital(&other.by), words::quoted(&other.name)));
    (Some(first), other)
}

/// One answer of all; `more` things were not asked about.
pub(super) fn together(answers: Vec<Answer>, more: usize, now: UnixMs) -> Answer {
    let mut answers = answers.into_iter();
    let mut whole = answers.next().unwrap_or_default();
    for other in answers {
        let production = |said: &Option<Said>| said.as_ref().is_some_and(|said| is_production(&said.name));
        if whole.environment.is_none() || (production(&other.environment) && !production(&whole.environment))
        {
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
        if whole.source.is_empty() || whole.source == "AWS" {
            whole.source = other.source;
        }
    }
    if more > 0 {
        let why =
            format!("{} not asked about.", words::count(more as u64, "more thing was", "more things were"));
        let failed = Fact::failed(whole.source.clone(), why.clone(), now);
        whole.data = Some(whole.data.map_or_else(|| failed.clone(), |data| beside(data, failed.clone())));
        whole.backup_troubles.push(why);
    }
    whole
}

/// A row of an outline.
pub(super) fn row(depth: u8, goes: bool, name: &str, size: String, note: &str) -> OutlineRow {
    let mark = if goes { LineMark::Removed } else { LineMark::Same };
    OutlineRow { depth, mark, name: words::shown(name), size, note: words::shown(note) }
}

/// Rows of backups: some, and how many more there are.
pub(super) fn backup_rows(depth: u8, backups: &[Backup], now: UnixMs, rows: &mut Vec<OutlineRow>) {
    use crate::collect::Survives;
    // One more line than the limit says nothing that the line itself would not.
    let shown = if backups.len() <= limits::BACKUP_ROWS + 1 { backups.len() } else { limits::BACKUP_ROWS };
    for backup in &backups[..shown] {
        let age = backup.taken.map(|taken| words::ago(taken, now)).unwrap_or_default();
        let goes = matches!(backup.survives, Survives::No(_));
        let stays = if backup.survives == Survives::Yes { "stays" } else { "" };
        let note =
            [age.as_str(), stays].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        rows.push(row(depth, goes, &backup.what, String::new(), &note));
    }
    let more = backups.len() - shown;
    if more > 0 {
        let goes = backups[shown..].iter().all(|backup| matches!(backup.survives, Survives::No(_)));
        rows.push(row(
            depth,
            goes,
            &format!("{} more backups", words::number(more as u64)),
            String::new(),
            "",
        ));
    }
}
