//! What the machine's key signs: the decisions of rules and of silence.
//!
//! Invariant: a rule's approval comes from the call that signs it, with the key's role and enrolment checked as at a
//! verification; every other approval comes from verifying its receipt.

use sayso_core::receipt::{Expected, ReceiptClaims, ReceiptError};
use sayso_core::record::{Kept, Outcome};
use sayso_core::{Approval, By, Decision, Digest, Now, Presence, Receipt};
use sayso_wire::protocol::RpcFault;

use crate::Broker;

/// What the machine says of a request, and in whose name.
pub(crate) struct Ruling<'a> {
    pub(crate) decision: Decision,
    pub(crate) by: By,
    pub(crate) why: &'a str,
}

impl Broker {
    /// A decision of a rule or of silence, signed.
    pub(crate) fn machine_outcome(
        &self,
        kept: &Kept,
        ruling: &Ruling<'_>,
        shown: Option<Digest>,
        receipt_ms: u64,
        now: Now,
    ) -> Result<Outcome, RpcFault> {
        let claims = self.claims(kept, ruling, shown, receipt_ms, now);
        let receipt = self.machine.sign(&claims).map_err(|e| RpcFault::refused(e.code(), e.to_string()))?;
        Ok(self.outcome(ruling, receipt, receipt_ms, now))
    }

    /// A rule's yes, signed, with the approval in it.
    pub(crate) fn machine_approval(
        &self,
        kept: &Kept,
        why: &str,
        receipt_ms: u64,
        now: Now,
    ) -> Result<(Outcome, Approval), RpcFault> {
        let ruling = Ruling { decision: Decision::Approved, by: By::Rule, why };
        let claims = self.claims(kept, &ruling, None, receipt_ms, now);
        let verified = self.machine.sign_verified(claims, &self.trusted()).map_err(|e| refused(&e))?;
        let outcome = self.outcome(&ruling, verified.receipt().clone(), receipt_ms, now);
        let approval = verified.into_approval(&expected(kept), now.wall).map_err(|e| refused(&e))?;
        Ok((outcome, approval))
    }

    fn claims(
        &self,
        kept: &Kept,
        ruling: &Ruling<'_>,
        shown: Option<Digest>,
        receipt_ms: u64,
        now: Now,
    ) -> ReceiptClaims {
        let Ruling { decision, by, why } = *ruling;
        let iat = now.wall.seconds();
        ReceiptClaims {
            iss: self.machine.holder().to_owned(),
            aud: kept.request.ask.agent.clone(),
            sub: kept.request.id,
            jti: kept.request.ask.nonce.clone(),
            iat,
            nbf: iat,
            exp: lapses_at(now, receipt_ms),
            decision,
            by,
            presence: Presence::None,
            action: kept.action,
            shown,
            reason: Some(why.to_owned()),
        }
    }

    fn outcome(&self, ruling: &Ruling<'_>, receipt: Receipt, receipt_ms: u64, now: Now) -> Outcome {
        Outcome {
            decision: ruling.decision,
            by: ruling.by,
            presence: Presence::None,
            reason: Some(ruling.why.to_owned()),
            receipt,
            boot: self.boot.0.clone(),
            lapses: now.tick.after_ms(receipt_ms),
        }
    }

    /// The approval in an outcome, by verifying its receipt as any asker would.
    pub(crate) fn approval_of(&self, kept: &Kept, outcome: &Outcome, now: Now) -> Result<Approval, RpcFault> {
        outcome
            .receipt
            .clone()
            .verify(&self.trusted())
            .and_then(|verified| verified.into_approval(&expected(kept), now.wall))
            .map_err(|e| refused(&e))
    }
}

/// What an approval of this request must be about.
fn expected(kept: &Kept) -> Expected<'_> {
    let ask = &kept.request.ask;
    Expected { request: Some(kept.request.id), action: kept.action, nonce: &ask.nonce, agent: &ask.agent }
}

fn refused(error: &ReceiptError) -> RpcFault {
    RpcFault::refused(error.code(), error.to_string())
}

/// The second from which on a receipt is not in force: the first whole one at or after its last millisecond, so that
/// a short one is in force at all. The broker's own clock counts the milliseconds.
fn lapses_at(now: Now, receipt_ms: u64) -> i64 {
    let end = now.wall.0.saturating_add(i64::try_from(receipt_ms).unwrap_or(i64::MAX));
    end.div_euclid(1000) + i64::from(end.rem_euclid(1000) != 0)
}
