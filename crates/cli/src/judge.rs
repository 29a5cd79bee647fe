//! What Sayso told, held against the pinned keys.
//!
//! # Invariants
//! - Nothing that was told is a yes before its receipt verified, for the very request, action, nonce and name, in force
//!   now.
//! - A denial needs no evidence to be one.

use sayso_core::receipt::{Expected, Verified};
use sayso_core::{Approval, Ask, By, Decision, Digest, TrustedKeys};
use sayso_wire::Places;
use sayso_wire::protocol::Told;

use crate::asking::{End, No};
use crate::{pinned, words};

/// The approval in what was told, held against the pinned keys. `early` are the keys as they were when it was asked.
///
/// # Errors
/// [`No`] for everything that is no approval, or none that holds.
pub(crate) fn approval_in(
    places: &Places,
    ask: &Ask,
    action: Digest,
    told: Told,
    early: Option<TrustedKeys>,
) -> Result<Approval, No> {
    let expected = Expected { request: Some(told.id), action, nonce: &ask.nonce, agent: &ask.agent };
    match told.decision {
        None => {
            let sentence = "The request was taken back before anybody decided. Nothing was done.";
            Err(No::of(End::Withdrawn, "withdrawn", sentence).with(told))
        }
        Some(Decision::Denied) => Err(denial(places, &expected, told)),
        Some(Decision::Approved) => approval(places, &expected, &told, early).map_err(|no| no.with(told)),
    }
}

/// The approval in what was told. The keys as they were when it was asked are enough for what a rule decided the moment
/// after; for a person's decision, and for any doubt, those count that are pinned now.
fn approval(
    places: &Places,
    expected: &Expected<'_>,
    told: &Told,
    early: Option<TrustedKeys>,
) -> Result<Approval, No> {
    let receipt = told.receipt.clone().ok_or_else(|| {
        No::denied(
            "receipt_missing",
            "Sayso says yes without a receipt, so it counts as no. Nothing was done.",
        )
    })?;
    let by_rule = |verified: &Verified| verified.claims().by == By::Rule;
    let verified = match early.and_then(|keys| receipt.clone().verify(&keys).ok()).filter(by_rule) {
        Some(verified) => Ok(verified),
        None => receipt.verify(&pinned::keys(places).map_err(|why| {
            No::denied(
                why.code(),
                words::sentence(&format!("The approval cannot be verified, so it counts as no: {why}")),
            )
        })?),
    };
    verified.and_then(|verified| verified.into_approval(expected, words::now())).map_err(|why| {
        No::denied(
            why.code(),
            words::sentence(&format!("The approval does not hold, so it counts as no: {why}")),
        )
    })
}

/// A denial needs no evidence to be one; a receipt that holds says by whom it truly was, and one that does not is
/// told.
fn denial(places: &Places, expected: &Expected<'_>, told: Told) -> No {
    let verified: Option<Result<Verified, String>> = told.receipt.clone().map(|receipt| {
        let keys = pinned::keys(places).map_err(|why| why.to_string())?;
        let verified = receipt.verify(&keys).map_err(|why| why.to_string())?;
        verified
            .key_is_in_force()
            .and_then(|()| verified.is_about(expected))
            .map_err(|why| why.to_string())?;
        Ok(verified)
    });
    let (by, reason, doubt) = match verified {
        Some(Ok(verified)) => (Some(verified.claims().by), verified.claims().reason.clone(), None),
        Some(Err(why)) => (told.by, told.reason.clone(), Some(why)),
        None => (told.by, told.reason.clone(), None),
    };
    let mut sentence = match (by, reason) {
        (Some(By::Timeout), _) => {
            "Nobody decided in time, so it is denied. Nothing was done. Ask again when somebody is there."
                .to_owned()
        }
        (Some(by), Some(why)) => format!("Denied by {}: {why}", words::by(by)),
        (Some(by), None) => format!("Denied by {}, without a reason.", words::by(by)),
        (None, Some(why)) => format!("Denied: {why}"),
        (None, None) => "Denied.".to_owned(),
    };
    if let Some(doubt) = doubt {
        sentence = format!("{sentence} (Its receipt cannot be verified: {doubt}.)");
    }
    let end = if by == Some(By::Timeout) { End::Expired } else { End::Denied };
    No { end, code: None, sentence, told: Some(Box::new(told)) }
}
