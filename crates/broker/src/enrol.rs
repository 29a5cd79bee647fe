//! Keys that come to count while Sayso runs: a passphrase's, and new ones in the place of lost or forgotten ones.
//!
//! Invariants: what was listed stays listed, in its order, the machine's key among it; one key is added at a time,
//! and an approver's only for whom there is one. A key that takes a place without the word of the one before it is
//! recorded as that, and the person is told. One enrolment at a time, so that none is recorded twice.

use sayso_core::key::{Enrolled, Role};
use sayso_core::record::{self, Entry, What};
use sayso_core::seat::Fault;
use sayso_core::{PublicKey, TrustedKeys};
use sayso_keys::{Trouble, enrolment};

use crate::notice::Notice;
use crate::seat::to_fault;
use crate::{Broker, fault, pipeline};

impl Broker {
    /// Enrols a passphrase's key: the first, or one that the old passphrase vouches for.
    pub(crate) async fn enrol(&self, key: Enrolled, proof: &str) -> Result<(), Fault> {
        let _one_at_a_time = self.enrolling.lock().await;
        sayso_keys::verify_enrolment_proof(&self.trusted(), &key, proof).map_err(Fault::from)?;
        self.add(key, false).await
    }

    /// Enrols a passphrase's key in the place of one whose passphrase was forgotten; the approver's key vouches.
    pub(crate) async fn renew_passphrase(&self, key: Enrolled, proof: &str) -> Result<(), Fault> {
        let _one_at_a_time = self.enrolling.lock().await;
        sayso_keys::verify_renewal_proof(&self.trusted(), &key, proof).map_err(Fault::from)?;
        self.add(key, true).await?;
        self.notify(Notice::KeyRenewed(Role::Passphrase));
        Ok(())
    }

    async fn add(&self, key: Enrolled, renewed: bool) -> Result<(), Fault> {
        self.record_key(key.clone(), renewed).await?;
        let folder = self.keys_folder.clone();
        let added = tokio::task::spawn_blocking(move || enrolment::append(&folder, key)).await;
        self.set_trusted(read(added)?);
        Ok(())
    }

    /// Reads `keys.json` again: the first start made the approver's key, or the person had a lost one replaced. Who
    /// can write that file is this user, and a restart would believe it as it stands; while Sayso runs, nothing but
    /// such a key is taken from it.
    ///
    /// # Errors
    /// A fault with a sentence; then what counted before still counts, and nothing else.
    pub async fn take_listed_keys(&self) -> Result<(), Fault> {
        let _one_at_a_time = self.enrolling.lock().await;
        let folder = self.keys_folder.clone();
        let listed = read(tokio::task::spawn_blocking(move || enrolment::load(&folder)).await)?;
        let known = self.trusted();
        if let Some(new) = added(&known, &listed, self.machine.public()).map_err(changed)? {
            let renewed = known.of_role(new.role).is_some();
            self.record_key(new.clone(), renewed).await?;
            if renewed {
                self.notify(Notice::KeyRenewed(new.role));
            }
        }
        self.set_trusted(listed);
        self.set_key_trouble(None);
        Ok(())
    }

    async fn record_key(&self, key: Enrolled, renewed: bool) -> Result<(), Fault> {
        let what = What::Enrolled(record::Enrolled { key, renewed });
        let entry = Entry { at: self.now().wall, what };
        self.ledger.commit(vec![entry]).await.map_err(|e| to_fault(pipeline::not_recorded(&e)))?;
        Ok(())
    }
}

/// The approver's key that `listed` has and `known` has not, where that is all that differs; else what differs.
fn added<'a>(
    known: &TrustedKeys,
    listed: &'a TrustedKeys,
    machine: &PublicKey,
) -> Result<Option<&'a Enrolled>, &'static str> {
    let is_known = |key: &&Enrolled| known.find(key.key.id().as_str()).is_some();
    if !listed.keys.iter().filter(is_known).eq(&known.keys) {
        return Err("a key that counted is gone from it, or stands elsewhere in it");
    }
    let listed_machine = listed.find(machine.id().as_str());
    if listed_machine.is_none_or(|key| key.role != Role::Machine) || !listed.in_force(machine.id()) {
        return Err("this machine's key is not in force in it");
    }
    let mut new = listed.keys.iter().filter(|key| !is_known(key));
    let (Some(first), None) = (new.next(), new.next()) else {
        return if listed == known { Ok(None) } else { Err("more than one key was added") };
    };
    let holder = known.of_role(Role::Approver).map_or(&first.holder, |before| &before.holder);
    if first.role != Role::Approver || first.holder != *holder || !listed.in_force(first.key.id()) {
        return Err("the key that was added is not the approver's new one");
    }
    Ok(Some(first))
}

fn changed(what: &str) -> Fault {
    let message = format!(
        "keys.json was changed, and not by Sayso: {what}. Nothing new in it counts. Compare it with a copy that you \
         trust; if you changed it yourself, restart Sayso."
    );
    fault("keys_changed", message)
}

fn read(read: Result<Result<TrustedKeys, Trouble>, tokio::task::JoinError>) -> Result<TrustedKeys, Fault> {
    read.map_err(|e| fault("keys_unread", e.to_string()))?.map_err(Fault::from)
}
