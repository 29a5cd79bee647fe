//! Policy: from an action, its reading and its environment to allow, ask or deny.
//!
//! # Invariants
//! - Pure: the two `sayso.toml` come in as text, the clock not at all.
//! - What passes without a person is the profile's to say, and by it a reading of severity *none* with something
//!   unread weighs *high*.
//! - The system's file binds: whatever the user's says, the verdict is never looser than the system's alone in any
//!   section that the system's file has. This holds by construction (both are evaluated, the stricter counts);
//!   a user's file that asks for less is refused with the field's name all the same, so that nobody believes in a
//!   setting that does not count.
//! - In production, what is grave and cannot be had back takes the presence of what is critical.
//! - Presence never falls for want of a passphrase: where one is demanded and none is set, the answer is no.
//!
//! # Deliberately absent
//! Reading files, knowing users' numbers, matching folders to environments (`facts` does), rules by agent or tool.

mod bounds;
mod error;
mod profile;
mod table;
mod written;

use std::time::Duration;

use sayso_core::backup::BackupPlaces;
use sayso_core::decision::Demand;
use sayso_core::environment::Environments;
use sayso_core::reading::Reversible;
use sayso_core::{Action, Presence, Reading, Severity, Verdict, limits};

pub use error::{File, Mistake, PolicyError};
pub use profile::Profile;

use bounds::{Bounds, Floor};
use written::Written;

/// How long a request waits for a person unless a file says otherwise.
pub const WAIT_MS: u64 = limits::WAIT_SECONDS * 1000;
/// What no `--timeout` can pass unless a file says otherwise: an hour is a lunch break; an agent that waits longer
/// is better told no and asked to come back.
pub const MOST_MS: u64 = 60 * 60 * 1000;
/// How long an approval can be used unless a file says otherwise.
pub const RECEIPT_MS: u64 = limits::RECEIPT_SECONDS * 1000;
/// The longest wait that a file can give. A card older than a week is about a world that is gone.
pub const LONGEST_WAIT: Duration = Duration::from_hours(7 * 24);
/// The longest life of a receipt that a file can give: what was shown must still be so when it is used.
pub const LONGEST_RECEIPT: Duration = Duration::from_hours(1);
/// The shortest of either. Less than a second is a mistake in the unit.
pub const SHORTEST: Duration = Duration::from_secs(1);

/// Who may connect beside the user's own programs, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocketPolicy {
    /// Other users, by name or number, whose programs may ask.
    pub users: Vec<String>,
    /// The socket's folder where it is not the usual one.
    pub folder: Option<String>,
}

/// What the two files say, ready to judge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    bounds: Bounds,
    floor: Floor,
    environments: Environments,
    socket: SocketPolicy,
    profile: Profile,
    backups: BackupPlaces,
    /// Why nothing but plain reads passes: the system's file cannot be read.
    broken: Option<String>,
}

impl Policy {
    /// The policy of the system's file and the user's, where there are such.
    ///
    /// # Errors
    /// If a file is not what it must be, or the user's loosens the system's.
    pub fn from_toml(system: Option<&str>, user: Option<&str>) -> Result<Self, PolicyError> {
        let system = Written::parse(File::System, system.unwrap_or_default())?;
        let user = Written::parse(File::User, user.unwrap_or_default())?;
        let bounds = Bounds::of(system.limits, user.limits)?;
        let floor = Floor::of(system.approve, user.approve)?;
        let socket = bounds::socket(system.socket, user.socket)?;
        let profile = bounds::profile(system.rules, user.rules)?;
        let mut rows = system.environments;
        rows.extend(user.environments);
        let backups = BackupPlaces { rows: [system.backups, user.backups].concat() };
        Ok(Self {
            bounds,
            floor,
            environments: Environments { rows },
            socket,
            profile,
            backups,
            broken: None,
        })
    }

    /// As [`Policy::from_toml`]; a user's file that cannot be used is left out whole and the error says why. If it is
    /// the system's that cannot be used, every action but a plain read is denied with that error as its sentence:
    /// what a team's policy would have said is not known.
    pub fn from_toml_or_system(system: Option<&str>, user: Option<&str>) -> (Self, Option<PolicyError>) {
        let error = match Self::from_toml(system, user) {
            Ok(policy) => return (policy, None),
            Err(error) => error,
        };
        match Self::from_toml(system, None) {
            Ok(policy) => (policy, Some(error)),
            Err(error) => (Self { broken: Some(error.to_string()), ..Self::default() }, Some(error)),
        }
    }

    /// What becomes of `action`. `environment` is the checked name, absent where it is not known; `wait_ms` how long the
    /// asker is ready to wait; `passphrase_enrolled` whether a passphrase's key is enrolled, which every
    /// critical approval then takes.
    pub fn judge(
        &self,
        action: &Action,
        reading: &Reading,
        environment: Option<&str>,
        wait_ms: Option<u64>,
        passphrase_enrolled: bool,
    ) -> Verdict {
        let severity = profile::weight(reading);
        let profile = if self.broken.is_some() { Profile::Strict } else { self.profile };
        if let Some(why) = profile.passes(reading) {
            return Verdict::Allow { why: why.to_owned() };
        }
        if let Some(broken) = &self.broken {
            return Verdict::Deny {
                why: format!(
                    "Only plain reads pass until this is put right, and this {} is none: {broken}",
                    action.kind()
                ),
            };
        }
        let weight = in_production(severity, reading, environment);
        let mut presence = self.floor.presence(weight);
        if weight == Severity::Critical && passphrase_enrolled {
            presence = presence.max(Presence::Passphrase);
        }
        if presence >= Presence::Passphrase && !passphrase_enrolled {
            return Verdict::Deny {
                why: "The policy demands a passphrase for this and none is set. Open Sayso, set a passphrase and \
                      ask again."
                    .to_owned(),
            };
        }
        let wait_ms = self.bounds.wait(environment, severity, wait_ms);
        Verdict::Ask(Demand { presence, wait_ms, receipt_ms: self.bounds.receipt() })
    }

    /// How much passes without a person.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// How long an approval that a rule made can be used, in milliseconds.
    pub fn receipt_ms(&self) -> u64 {
        self.bounds.receipt()
    }

    /// The table of environments: the system's rows first, then the user's.
    pub const fn environments(&self) -> &Environments {
        &self.environments
    }

    /// Where backups are: the system's rows first, then the user's.
    pub const fn backup_places(&self) -> &BackupPlaces {
        &self.backups
    }

    /// Who may connect beside the user's own programs, and where.
    pub const fn socket(&self) -> &SocketPolicy {
        &self.socket
    }
}

/// What the hand must do: in production, what is grave and cannot be had back takes as much as what is critical.
fn in_production(severity: Severity, reading: &Reading, environment: Option<&str>) -> Severity {
    let for_good = reading.effects.iter().any(|effect| effect.reversible == Reversible::No);
    let there = environment.is_some_and(sayso_core::environment::is_production);
    if severity == Severity::High && for_good && there { Severity::Critical } else { severity }
}

#[cfg(test)]
mod tests;
