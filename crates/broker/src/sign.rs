//! What the machine's key signs: the decisions of rules and of silence.

use sayso_core::receipt::{Expected, ReceiptClaims};
use sayso_core::record::{Kept, Outcome};
use sayso_core::{Approval, By, Decision, Digest, Now, Presence};
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
        let Ruling { decision, by, why } = *ruling;
        let iat = now.wall.seconds();
        let claims = ReceiptClaims {
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
        };
        let receipt = self.machine.sign(&claims).map_err(|e| RpcFault::refused(e.code(), e.to_string()))?;
        Ok(Outcome {
            decision,
            by,
            presence: Presence::None,
            reason: Some(why.to_owned()),
            receipt,
            boot: self.boot.0.clone(),
            lapses: now.tick.after_ms(receipt_ms),
        })
    }

    /// The approval in an outcome, by verifying its receipt as any asker would.
    pub(crate) fn approval_of(&self, kept: &Kept, outcome: &Outcome, now: Now) -> Result<Approval, RpcFault> {
        let ask = &kept.request.ask;
        let expected = Expected {
            request: Some(kept.request.id),
            action: kept.action,
            nonce: &ask.nonce,
            agent: &ask.agent,
        };
        outcome
            .receipt
            .clone()
            .verify(&self.trusted())
            .and_then(|verified| verified.into_approval(&expected, now.wall))
            .map_err(|e| RpcFault::refused(e.code(), e.to_string()))
    }
}

/// The second from which on a receipt is not in force: the first whole one at or after its last millisecond, so that
/// a short one is in force at all. The broker's own clock counts the milliseconds.
fn lapses_at(now: Now, receipt_ms: u64) -> i64 {
    let end = now.wall.0.saturating_add(i64::try_from(receipt_ms).unwrap_or(i64::MAX));
    end.div_euclid(1000) + i64::from(end.rem_euclid(1000) != 0)
}
