//! The fact *backups* of what collectors found: what survives, and what goes with it.

use sayso_core::UnixMs;
use sayso_core::fact::{Fact, Known, Tone};

use super::Answer;
use crate::words;

/// Whether a backup is still there after the action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Survives {
    /// It lies elsewhere.
    Yes,
    /// It goes too: why, as the end of a sentence: "it lies on this volume".
    No(String),
    /// Nobody could tell: why, as a sentence.
    Unknown(String),
}

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Backup {
    /// What it is: "dump shop-2026-08-20.sql.gz", "snapshot rds:shop-2026-11-21", "restic snapshot 1f2e3d4c".
    pub(crate) what: String,
    /// Where it lies: "~/backups/shop", "this volume", "eu-central-1".
    pub(crate) place: String,
    /// When it was taken.
    pub(crate) taken: Option<UnixMs>,
    /// How large it is.
    pub(crate) bytes: Option<u64>,
    /// Whether somebody restored or verified it; `None`: nobody knows.
    pub(crate) tested: Option<bool>,
    /// Whether it is still there afterwards.
    pub(crate) survives: Survives,
}

/// How long ago, as an age: "3 months old".
pub(crate) fn age(taken: UnixMs, now: UnixMs) -> String {
    const UNITS: [(i64, &str, &str); 5] = [
        (365 * 86_400, "year", "years"),
        (30 * 86_400, "month", "months"),
        (86_400, "day", "days"),
        (3600, "hour", "hours"),
        (60, "minute", "minutes"),
    ];
    let seconds = now.0.saturating_sub(taken.0) / 1000;
    for (length, one, many) in UNITS {
        if let Ok(n @ 1..) = u64::try_from(seconds / length) {
            return format!("{} old", words::count(n, one, many));
        }
    }
    "less than a minute old".to_owned()
}

/// The fact of everything that was found together.
pub(super) fn fact(answers: &[Answer], now: UnixMs) -> Fact {
    let looked: Vec<&Answer> = answers.iter().filter(|answer| answer.backups.is_some()).collect();
    let all: Vec<&Backup> = looked.iter().flat_map(|answer| answer.backups.iter().flatten()).collect();
    let troubles: Vec<String> = answers.iter().flat_map(|answer| answer.backup_troubles.clone()).collect();
    let mut sources: Vec<String> = Vec::new();
    for answer in answers.iter().filter(|answer| !answer.source.is_empty()) {
        if !sources.contains(&answer.source) {
            sources.push(answer.source.clone());
        }
    }
    let source = words::list(&sources);
    if looked.is_empty() {
        return if troubles.is_empty() {
            Fact::unknown("Nothing here can check what survives this.")
        } else {
            Fact::failed(source, words::sentences(troubles), now)
        };
    }
    let mut survivors: Vec<&&Backup> = all.iter().filter(|b| b.survives == Survives::Yes).collect();
    survivors.sort_by_key(|backup| std::cmp::Reverse(backup.taken));
    let doubtful = all.iter().filter(|b| matches!(b.survives, Survives::Unknown(_))).count();
    let (headline, tone) = match survivors.first() {
        Some(newest) => survivor_headline(newest, now),
        None if !troubles.is_empty() || doubtful > 0 => ("Could not be checked".to_owned(), Tone::Bad),
        None if all.is_empty() => ("None found".to_owned(), Tone::Bad),
        None => ("Destroyed with it".to_owned(), Tone::Bad),
    };
    let known = if survivors.is_empty() && (!troubles.is_empty() || doubtful > 0) {
        Known::Failed
    } else {
        Known::Checked
    };
    let detail = words::sentences(
        [going(&all), newest_survivor(&survivors, now)].into_iter().chain(doubts(&all)).chain(troubles),
    );
    Fact { headline, detail, known, source, at: Some(now), tone }
}

/// What is older than a day is bad news by itself: a day's work is in no backup.
const FRESH_MS: i64 = 24 * 60 * 60 * 1000;

fn survivor_headline(newest: &Backup, now: UnixMs) -> (String, Tone) {
    match newest.taken {
        Some(taken) => {
            let fresh = now.0.saturating_sub(taken.0) <= FRESH_MS;
            let headline =
                format!("Newest survivor is {}, at {}", age(taken, now), words::shown(&newest.place));
            (headline, if fresh { Tone::Plain } else { Tone::Bad })
        }
        None => (format!("A survivor of unknown age, at {}", words::shown(&newest.place)), Tone::Bad),
    }
}

/// "All 6 go with it: they lie on this volume."
fn going(all: &[&Backup]) -> String {
    let why: Vec<&String> = all
        .iter()
        .filter_map(|backup| match &backup.survives {
            Survives::No(why) => Some(why),
            _ => None,
        })
        .collect();
    let Some(first) = why.first() else { return String::new() };
    let because = if why.iter().all(|other| other == first) { format!(": {first}") } else { String::new() };
    let count = words::number(why.len() as u64);
    match (why.len(), all.len()) {
        (1, 1) => format!("The only backup goes with it{because}."),
        (n, of) if n == of => format!("All {count} go with it{because}."),
        (1, _) => format!("1 of them goes with it{because}."),
        _ => format!("{count} of them go with it{because}."),
    }
}

/// "The newest elsewhere is dump shop.sql.gz at ~/backups, 2.1 GB, from 24 August 2026, never tested."
fn newest_survivor(survivors: &[&&Backup], now: UnixMs) -> String {
    let Some(newest) = survivors.first() else { return String::new() };
    let mut parts = vec![format!(
        "The newest elsewhere is {} at {}",
        words::shown(&newest.what),
        words::shown(&newest.place)
    )];
    parts.extend(newest.bytes.map(words::size));
    parts.extend(newest.taken.map(|taken| age(taken, now)));
    parts.push(match newest.tested {
        Some(true) => "tested".to_owned(),
        Some(false) => "its test failed".to_owned(),
        None => "not known to be tested".to_owned(),
    });
    format!("{}.", parts.join(", "))
}

fn doubts(all: &[&Backup]) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for backup in all {
        if let Survives::Unknown(why) = &backup.survives
            && !sentences.contains(why)
            && sentences.len() < crate::limits::NOTES
        {
            sentences.push(why.clone());
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_700_000_000_000);
    const DAY: i64 = 86_400_000;

    fn backup(days: i64, survives: Survives) -> Backup {
        Backup {
            what: format!("dump-{days}.sql"),
            place: "~/dumps".to_owned(),
            taken: Some(UnixMs(NOW.0 - days * DAY)),
            bytes: Some(2_100_000_000),
            tested: None,
            survives,
        }
    }

    fn of(backups: Option<Vec<Backup>>, troubles: &[&str]) -> Fact {
        let backup_troubles = troubles.iter().map(|t| (*t).to_owned()).collect();
        fact(&[Answer { backups, backup_troubles, source: "S".to_owned(), ..Answer::default() }], NOW)
    }

    fn gone() -> Survives {
        Survives::No("they lie on this volume".to_owned())
    }

    #[test]
    fn a_backup_on_what_is_destroyed_never_counts() {
        let all = of(Some((0..6).map(|day| backup(day, gone())).collect()), &[]);
        assert_eq!((all.headline.as_str(), all.tone), ("Destroyed with it", Tone::Bad));
        assert_eq!(all.detail, "All 6 go with it: they lie on this volume.");
        let one = of(Some(vec![backup(0, gone()), backup(95, Survives::Yes)]), &[]);
        assert_eq!(
            (one.headline.as_str(), one.tone),
            ("Newest survivor is 3 months old, at ~/dumps", Tone::Bad)
        );
        assert!(
            one.detail.contains("The newest elsewhere is dump-95.sql at ~/dumps, 2.1 GB"),
            "{}",
            one.detail
        );
    }

    #[test]
    fn only_a_search_without_trouble_says_that_there_is_none() {
        assert_eq!(of(Some(Vec::new()), &[]).headline, "None found");
        let trouble = of(Some(Vec::new()), &["The folder could not be read."]);
        assert_eq!((trouble.headline.as_str(), trouble.known), ("Could not be checked", Known::Failed));
        let doubt = of(Some(vec![backup(1, Survives::Unknown("Nobody could tell.".to_owned()))]), &[]);
        assert_eq!(doubt.headline, "Could not be checked");
        assert!(doubt.detail.contains("Nobody could tell."));
        assert_eq!(of(None, &[]).known, Known::Unknown);
        assert_eq!(of(None, &["No route."]).known, Known::Failed);
    }

    #[test]
    fn a_fresh_survivor_is_plain_news() {
        let fresh = of(Some(vec![backup(0, Survives::Yes), backup(3, gone())]), &[]);
        assert_eq!(
            (fresh.headline.as_str(), fresh.tone),
            ("Newest survivor is less than a minute old, at ~/dumps", Tone::Plain)
        );
    }
}
