//! One file as it is written: every field that it says, checked by itself, and nothing filled in.

use std::time::Duration;

use sayso_core::backup::BackupPlace;
use sayso_core::environment::Environment;
use sayso_core::{Presence, Severity};

use crate::error::{File, PolicyError};
use crate::profile::Profile;
use crate::table::Fields;
use crate::{LONGEST_RECEIPT, LONGEST_WAIT, MOST_MS, SHORTEST};

/// A file. A section that it does not have is `None`: about that it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) limits: Option<Limits>,
    pub(crate) approve: Option<Approve>,
    pub(crate) environments: Vec<Environment>,
    pub(crate) socket: Option<Socket>,
    pub(crate) rules: Option<Rules>,
    pub(crate) backups: Vec<BackupPlace>,
}

/// `[rules]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) profile: Option<Profile>,
}

/// `[limits]`, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) wait: Option<u64>,
    pub(crate) most: Option<u64>,
    pub(crate) receipt: Option<u64>,
    pub(crate) when: Vec<When>,
}

/// One `[[limits.when]]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) environment: Option<String>,
    pub(crate) severity: Option<Severity>,
    pub(crate) wait: Option<u64>,
    pub(crate) most: Option<u64>,
}

impl When {
    pub(crate) fn matches(&self, environment: Option<&str>, severity: Severity) -> bool {
        self.environment.as_deref().is_none_or(|name| Some(name) == environment)
            && self.severity.is_none_or(|s| s == severity)
    }
}

/// `[approve]`: the least presence by severity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Approve {
    pub(crate) low: Option<Presence>,
    pub(crate) high: Option<Presence>,
    pub(crate) critical: Option<Presence>,
}

/// `[socket]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Socket {
    pub(crate) users: Option<Vec<String>>,
    pub(crate) folder: Option<String>,
}

impl Written {
    pub(crate) fn parse(file: File, text: &str) -> Result<Self, PolicyError> {
        let mut fields = Fields::of_file(file, text)?;
        let written = Self {
            limits: fields.table("limits")?.map(limits).transpose()?,
            approve: fields.table("approve")?.map(approve).transpose()?,
            environments: fields.table("environments")?.map_or_else(|| Ok(Vec::new()), environments)?,
            socket: fields.table("socket")?.map(socket).transpose()?,
            rules: fields.table("rules")?.map(rules).transpose()?,
            backups: fields.table("backups")?.map_or_else(|| Ok(Vec::new()), backups)?,
        };
        fields.end()?;
        Ok(written)
    }
}

fn limits(mut fields: Fields) -> Result<Limits, PolicyError> {
    let limits = Limits {
        wait: duration(&mut fields, "wait", LONGEST_WAIT)?,
        most: duration(&mut fields, "most", LONGEST_WAIT)?,
        receipt: duration(&mut fields, "receipt", LONGEST_RECEIPT)?,
        when: Vec::new(),
    };
    let most = limits.most.unwrap_or(MOST_MS);
    within_most(&fields, limits.wait, most)?;
    let when = fields.tables("when")?.into_iter().map(|row| when(row, most)).collect::<Result<_, _>>()?;
    fields.end()?;
    Ok(Limits { when, ..limits })
}

fn when(mut fields: Fields, most: u64) -> Result<When, PolicyError> {
    let row = When {
        environment: fields.text("environment", "the name of an environment")?,
        severity: severity(&mut fields)?,
        wait: duration(&mut fields, "wait", LONGEST_WAIT)?,
        most: duration(&mut fields, "most", LONGEST_WAIT)?,
    };
    within_most(&fields, row.wait, row.most.unwrap_or(most))?;
    if row.environment.is_none() && row.severity.is_none() {
        return Err(fields.bad("environment", "or `severity` must say when this row counts"));
    }
    if row.wait.is_none() && row.most.is_none() {
        return Err(fields.bad("wait", "or `most` must say what holds in this row"));
    }
    fields.end()?;
    Ok(row)
}

fn within_most(fields: &Fields, wait: Option<u64>, most: u64) -> Result<(), PolicyError> {
    match wait {
        Some(wait) if wait > most => Err(fields.bad(
            "wait",
            format!("is longer than `most`, which is {} here; raise `most` or shorten it", spell(most)),
        )),
        _ => Ok(()),
    }
}

fn severity(fields: &mut Fields) -> Result<Option<Severity>, PolicyError> {
    const TAKES: &str = "\"low\", \"high\" or \"critical\"";
    match fields.text("severity", TAKES)?.as_deref() {
        None => Ok(None),
        Some("low") => Ok(Some(Severity::Low)),
        Some("high") => Ok(Some(Severity::High)),
        Some("critical") => Ok(Some(Severity::Critical)),
        Some(other) => Err(fields.bad("severity", format!("takes {TAKES}, not {other:?}"))),
    }
}

fn duration(fields: &mut Fields, key: &'static str, longest: Duration) -> Result<Option<u64>, PolicyError> {
    const TAKES: &str = "a duration such as \"90s\", \"5m\" or \"1h\"";
    let Some(text) = fields.text(key, TAKES)? else { return Ok(None) };
    let Ok(duration) = humantime::parse_duration(&text) else {
        return Err(fields.bad(key, format!("takes {TAKES}, not {text:?}")));
    };
    if duration < SHORTEST || duration > longest {
        let (least, most) = (humantime::format_duration(SHORTEST), humantime::format_duration(longest));
        return Err(fields.bad(key, format!("takes {least} to {most}, not {text:?}")));
    }
    Ok(u64::try_from(duration.as_millis()).ok())
}

/// A duration in words that the file would take.
pub(crate) fn spell(ms: u64) -> String {
    humantime::format_duration(Duration::from_millis(ms)).to_string()
}

fn approve(mut fields: Fields) -> Result<Approve, PolicyError> {
    let approve = Approve {
        low: presence(&mut fields, "low")?,
        high: presence(&mut fields, "high")?,
        critical: presence(&mut fields, "critical")?,
    };
    for (worse, more, key, than) in [
        (approve.high, approve.low, "high", "low"),
        (approve.critical, approve.high, "critical", "high"),
        (approve.critical, approve.low, "critical", "low"),
    ] {
        if worse.zip(more).is_some_and(|(worse, more)| worse < more) {
            return Err(
                fields.bad(key, format!("is less than `approve.{than}`; what is worse cannot take less"))
            );
        }
    }
    fields.end()?;
    Ok(approve)
}

fn presence(fields: &mut Fields, key: &'static str) -> Result<Option<Presence>, PolicyError> {
    const TAKES: &str = "\"click\", \"typed\" or \"passphrase\"";
    match fields.text(key, TAKES)?.as_deref() {
        None => Ok(None),
        Some("click") => Ok(Some(Presence::Click)),
        Some("typed") => Ok(Some(Presence::Typed)),
        Some("passphrase") => Ok(Some(Presence::Passphrase)),
        Some(other) => Err(fields.bad(key, format!("takes {TAKES}, not {other:?}"))),
    }
}

fn environments(fields: Fields) -> Result<Vec<Environment>, PolicyError> {
    fields.each()?.into_iter().map(|(name, fields)| environment(name, fields)).collect()
}

fn environment(name: String, mut fields: Fields) -> Result<Environment, PolicyError> {
    let environment = Environment {
        name,
        folders: fields.texts("folders")?.unwrap_or_default(),
        remotes: fields.texts("remotes")?.unwrap_or_default(),
        hosts: fields.texts("hosts")?.unwrap_or_default(),
    };
    let rooted = |folder: &&String| {
        let windows = folder.as_bytes().get(1) == Some(&b':') || folder.starts_with(r"\\");
        folder.starts_with('/') || *folder == "~" || folder.starts_with("~/") || windows
    };
    if let Some(folder) = environment.folders.iter().find(|folder| !rooted(folder)) {
        return Err(fields.bad("folders", format!("takes absolute folders, or such below ~, not {folder:?}")));
    }
    for (key, list) in [("remotes", &environment.remotes), ("hosts", &environment.hosts)] {
        if list.iter().any(String::is_empty) {
            return Err(fields.bad(key, "takes no empty text"));
        }
    }
    fields.end()?;
    Ok(environment)
}

fn backups(fields: Fields) -> Result<Vec<BackupPlace>, PolicyError> {
    fields.each()?.into_iter().map(|(name, fields)| backup_place(name, fields)).collect()
}

fn backup_place(name: String, mut fields: Fields) -> Result<BackupPlace, PolicyError> {
    let place = BackupPlace {
        name,
        of: fields.texts("of")?.unwrap_or_default(),
        dumps: fields.text("dumps", "a folder")?,
        restic: fields.text("restic", "a restic repository")?,
        borg: fields.text("borg", "a Borg repository")?,
        pgbackrest: fields.text("pgbackrest", "the name of a pgBackRest stanza")?,
        credential: fields.text("credential", "the name of a credential")?,
    };
    if place.of.is_empty() || place.of.iter().any(String::is_empty) {
        return Err(fields.bad("of", "names what is backed up there: folders, databases, volumes or buckets"));
    }
    let places = [&place.dumps, &place.restic, &place.borg, &place.pgbackrest];
    if places.iter().all(|said| said.is_none()) {
        return Err(fields.bad("dumps", "or `restic`, `borg` or `pgbackrest` must say where the backups are"));
    }
    fields.end()?;
    Ok(place)
}

fn rules(mut fields: Fields) -> Result<Rules, PolicyError> {
    const TAKES: &str = "\"guard\" or \"strict\"";
    let profile = match fields.text("profile", TAKES)? {
        None => None,
        Some(name) => Some(
            Profile::named(&name)
                .ok_or_else(|| fields.bad("profile", format!("takes {TAKES}, not {name:?}")))?,
        ),
    };
    fields.end()?;
    Ok(Rules { profile })
}

fn socket(mut fields: Fields) -> Result<Socket, PolicyError> {
    let socket = Socket {
        users: fields.texts("users")?,
        folder: fields.text("folder", "an absolute folder such as \"/run/sayso\"")?,
    };
    let named =
        |user: &String| !user.is_empty() && !user.contains(|c: char| c.is_whitespace() || c.is_control());
    if !socket.users.iter().flatten().all(named) {
        return Err(fields.bad("users", "takes names or numbers of users, without spaces"));
    }
    if socket.folder.as_deref().is_some_and(|folder| !folder.starts_with('/') || folder.contains('\0')) {
        return Err(fields.bad("folder", "takes an absolute folder such as \"/run/sayso\""));
    }
    fields.end()?;
    Ok(socket)
}
