//! The two files together, section by section: the system's binds, the user's tightens.
//!
//! A section that the system's file does not have is the user's alone. One that it has binds whole: what it leaves
//! out there has its built-in value, and the user's file may go below that and not above.

use sayso_core::{Presence, Severity};

use crate::error::{File, Mistake, PolicyError};
use crate::profile::Profile;
use crate::written::{Approve, Limits, Rules, Socket, spell};
use crate::{MOST_MS, RECEIPT_MS, SocketPolicy, WAIT_MS};

const ASKED: [Severity; 3] = [Severity::Low, Severity::High, Severity::Critical];

fn loosens(field: impl Into<String>, problem: String) -> PolicyError {
    PolicyError { file: File::User, field: field.into(), problem, mistake: Mistake::Loosens }
}

/// How long, by environment and severity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// What counts first; built-in values stand where it says nothing.
    base: Limits,
    /// What can only shorten it; says nothing where it says nothing.
    tighter: Limits,
}

impl Bounds {
    pub(crate) fn of(system: Option<Limits>, user: Option<Limits>) -> Result<Self, PolicyError> {
        let (base, tighter) = match (system, user) {
            (Some(system), user) => (system, user.unwrap_or_default()),
            (None, user) => (user.unwrap_or_default(), Limits::default()),
        };
        let bounds = Self { base, tighter };
        bounds.check()?;
        Ok(bounds)
    }

    /// Refuses a user's value that could never count because the system's is shorter.
    fn check(&self) -> Result<(), PolicyError> {
        let base = &self.base;
        for (key, said, bound) in [
            ("limits.wait", self.tighter.wait, base.wait.unwrap_or(WAIT_MS)),
            ("limits.most", self.tighter.most, base.most.unwrap_or(MOST_MS)),
            ("limits.receipt", self.tighter.receipt, base.receipt.unwrap_or(RECEIPT_MS)),
        ] {
            shorter(key.to_owned(), said, bound)?;
        }
        for (index, row) in self.tighter.when.iter().enumerate() {
            let environments: Vec<Option<&str>> = match row.environment.as_deref() {
                Some(name) => vec![Some(name)],
                None => [None]
                    .into_iter()
                    .chain(
                        base.when
                            .iter()
                            .filter(|w| w.environment.is_some())
                            .map(|w| w.environment.as_deref()),
                    )
                    .collect(),
            };
            for environment in environments {
                for severity in ASKED.into_iter().filter(|&s| row.matches(environment, s)) {
                    let field = |key| format!("limits.when[{index}].{key}");
                    shorter(field("wait"), row.wait, base_wait(base, environment, severity))?;
                    shorter(field("most"), row.most, base_most(base, environment, severity))?;
                }
            }
        }
        Ok(())
    }

    /// How long a request waits. `asked` is what the asker is ready to wait.
    pub(crate) fn wait(&self, environment: Option<&str>, severity: Severity, asked: Option<u64>) -> u64 {
        let tighter = &self.tighter;
        let most = least(base_most(&self.base, environment, severity), most(tighter, environment, severity));
        let wait = least(base_wait(&self.base, environment, severity), wait(tighter, environment, severity));
        asked.unwrap_or(wait).min(most)
    }

    pub(crate) fn receipt(&self) -> u64 {
        least(self.base.receipt.unwrap_or(RECEIPT_MS), self.tighter.receipt)
    }
}

fn wait(limits: &Limits, environment: Option<&str>, severity: Severity) -> Option<u64> {
    let row = limits.when.iter().find(|row| row.wait.is_some() && row.matches(environment, severity));
    row.and_then(|row| row.wait).or(limits.wait)
}

fn most(limits: &Limits, environment: Option<&str>, severity: Severity) -> Option<u64> {
    let row = limits.when.iter().find(|row| row.most.is_some() && row.matches(environment, severity));
    row.and_then(|row| row.most).or(limits.most)
}

fn base_wait(base: &Limits, environment: Option<&str>, severity: Severity) -> u64 {
    wait(base, environment, severity).unwrap_or(WAIT_MS)
}

fn base_most(base: &Limits, environment: Option<&str>, severity: Severity) -> u64 {
    most(base, environment, severity).unwrap_or(MOST_MS)
}

fn least(bound: u64, tighter: Option<u64>) -> u64 {
    tighter.map_or(bound, |tighter| tighter.min(bound))
}

fn shorter(field: String, said: Option<u64>, bound: u64) -> Result<(), PolicyError> {
    match said {
        Some(said) if said > bound => Err(loosens(
            field,
            format!("takes at most {} under the system's sayso.toml, not {}", spell(bound), spell(said)),
        )),
        _ => Ok(()),
    }
}

/// The least presence, by severity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Floor {
    base: Approve,
    tighter: Approve,
}

impl Floor {
    pub(crate) fn of(system: Option<Approve>, user: Option<Approve>) -> Result<Self, PolicyError> {
        let (base, tighter) = match (system, user) {
            (Some(system), user) => (system, user.unwrap_or_default()),
            (None, user) => (user.unwrap_or_default(), Approve::default()),
        };
        for (key, severity) in
            [("low", Severity::Low), ("high", Severity::High), ("critical", Severity::Critical)]
        {
            let bound = base_presence(&base, severity);
            if said(&tighter, severity).is_some_and(|said| said < bound) {
                return Err(loosens(
                    format!("approve.{key}"),
                    format!("takes at least {:?} under the system's sayso.toml", word(bound)),
                ));
            }
        }
        Ok(Self { base, tighter })
    }

    /// What is worse never takes less than what is not as bad, whoever said it.
    pub(crate) fn presence(&self, severity: Severity) -> Presence {
        let tighter =
            ASKED.into_iter().filter(|&s| s <= severity).filter_map(|s| said(&self.tighter, s)).max();
        tighter.unwrap_or(Presence::Click).max(base_presence(&self.base, severity))
    }
}

fn base_presence(base: &Approve, severity: Severity) -> Presence {
    let built_in = |s| if s == Severity::Critical { Presence::Typed } else { Presence::Click };
    let upto = ASKED.into_iter().filter(|&s| s <= severity);
    upto.map(|s| said(base, s).unwrap_or(built_in(s))).max().unwrap_or(Presence::Typed)
}

const fn said(approve: &Approve, severity: Severity) -> Option<Presence> {
    match severity {
        Severity::None => None,
        Severity::Low => approve.low,
        Severity::High => approve.high,
        Severity::Critical => approve.critical,
    }
}

const fn word(presence: Presence) -> &'static str {
    match presence {
        Presence::None | Presence::Click => "click",
        Presence::Typed => "typed",
        Presence::Passphrase | Presence::SecurityKey => "passphrase",
    }
}

/// Who may connect: where the system's file says anything of it, the user's may only leave users out.
pub(crate) fn socket(system: Option<Socket>, user: Option<Socket>) -> Result<SocketPolicy, PolicyError> {
    let (system, user) = match (system, user) {
        (Some(system), user) => (system, user.unwrap_or_default()),
        (None, user) => {
            let user = user.unwrap_or_default();
            return Ok(SocketPolicy { users: user.users.unwrap_or_default(), folder: user.folder });
        }
    };
    let admitted = system.users.unwrap_or_default();
    if let Some(other) = user.users.iter().flatten().find(|name| !admitted.contains(name)) {
        return Err(loosens(
            "socket.users",
            format!("takes only users that the system's sayso.toml admits, and {other:?} is none of them"),
        ));
    }
    if user.folder.is_some() && user.folder != system.folder {
        return Err(loosens(
            "socket.folder",
            "is the system's sayso.toml's to say; leave it out here".to_owned(),
        ));
    }
    Ok(SocketPolicy { users: user.users.unwrap_or(admitted), folder: system.folder })
}

/// How much passes: where the system's file speaks of rules, the user's may only let less pass.
pub(crate) fn profile(system: Option<Rules>, user: Option<Rules>) -> Result<Profile, PolicyError> {
    let said = user.and_then(|user| user.profile);
    let Some(system) = system else { return Ok(said.unwrap_or_default()) };
    let bound = system.profile.unwrap_or_default();
    match said {
        Some(said) if said < bound => {
            Err(loosens("rules.profile", "takes only \"strict\" under the system's sayso.toml".to_owned()))
        }
        said => Ok(said.unwrap_or(bound)),
    }
}
