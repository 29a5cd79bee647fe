//! The one-word names that stand in the tables, and back.

use sayso_core::life::Stage;
use sayso_core::{By, Decision, Presence, Severity};
use serde::de::IntoDeserializer as _;
use serde::de::value::Error;

use crate::LedgerError;

pub(crate) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Received => "received",
        Stage::Read => "read",
        Stage::Waiting => "waiting",
        Stage::Approved => "approved",
        Stage::Denied => "denied",
        Stage::Expired => "expired",
        Stage::Withdrawn => "withdrawn",
        Stage::Used => "used",
    }
}

pub(crate) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::None => "none",
        Severity::Low => "low",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

pub(crate) const fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "approved",
        Decision::Denied => "denied",
    }
}

pub(crate) const fn by(by: By) -> &'static str {
    match by {
        By::Person => "person",
        By::Rule => "rule",
        By::Timeout => "timeout",
    }
}

pub(crate) const fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::None => "none",
        Presence::Click => "click",
        Presence::Typed => "typed",
        Presence::Passphrase => "passphrase",
        Presence::SecurityKey => "security_key",
    }
}

/// The word back to what it names.
pub(crate) fn back<'de, T: serde::Deserialize<'de>>(word: &'de str) -> Result<T, LedgerError> {
    let reader: serde::de::value::StrDeserializer<'de, Error> = word.into_deserializer();
    T::deserialize(reader).map_err(|e| LedgerError::Broken(format!("a row holds {word:?}: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_what_it_names() {
        use Stage::{Approved, Denied, Expired, Read, Received, Used, Waiting, Withdrawn};
        for x in [Received, Read, Waiting, Approved, Denied, Expired, Withdrawn, Used] {
            assert_eq!(back::<Stage>(stage(x)).unwrap(), x);
        }
        for x in [Severity::None, Severity::Low, Severity::High, Severity::Critical] {
            assert_eq!(back::<Severity>(severity(x)).unwrap(), x);
        }
        for x in [Decision::Approved, Decision::Denied] {
            assert_eq!(back::<Decision>(decision(x)).unwrap(), x);
        }
        for x in [By::Person, By::Rule, By::Timeout] {
            assert_eq!(back::<By>(by(x)).unwrap(), x);
        }
        for x in
            [Presence::None, Presence::Click, Presence::Typed, Presence::Passphrase, Presence::SecurityKey]
        {
            assert_eq!(back::<Presence>(presence(x)).unwrap(), x);
        }
        assert_eq!(back::<Stage>("gone").unwrap_err().code(), "ledger_broken");
    }
}
