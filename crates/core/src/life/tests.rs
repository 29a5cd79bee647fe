//! Property tests: every order of events, at every time, with approvals that are really signed.

use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::*;
use crate::key::{Enrolled, PublicKey, Role, TrustedKeys};
use crate::receipt::{Expected, Receipt, ReceiptClaims};
use crate::request::Nonce;
use crate::time::UnixMs;
use crate::{By, KeyId};

const AGENT: &str = "tester";

fn this_request() -> RequestId {
    RequestId::from_random([1; 16])
}

fn this_action() -> Digest {
    Digest::of_bytes(b"this action")
}

fn card(which: u8) -> Digest {
    Digest::of_bytes(&[which])
}

fn nonce() -> Nonce {
    Nonce::try_from("n".repeat(22)).unwrap()
}

/// What a signed decision says, as far as a life looks at it.
#[derive(Debug, Clone)]
struct Says {
    decision: Decision,
    /// The signer: machine, approver or passphrase.
    role: Role,
    typed: bool,
    shown: Option<u8>,
    other_request: bool,
    other_action: bool,
}

impl Says {
    fn by(&self) -> By {
        if self.role == Role::Machine { By::Rule } else { By::Person }
    }

    fn presence(&self) -> Presence {
        match self.role {
            Role::Machine => Presence::None,
            Role::Approver if self.typed => Presence::Typed,
            Role::Approver => Presence::Click,
            Role::Passphrase => Presence::Passphrase,
        }
    }

    fn is_about_this(&self) -> bool {
        !self.other_request && !self.other_action
    }

    fn sub(&self) -> RequestId {
        if self.other_request { RequestId::from_random([2; 16]) } else { this_request() }
    }

    fn action(&self) -> Digest {
        if self.other_action { Digest::of_bytes(b"another action") } else { this_action() }
    }

    /// Signs it with a real key and verifies it with the public one.
    fn signed(&self) -> Verified {
        let seed = match self.role {
            Role::Machine => 1,
            Role::Approver => 2,
            Role::Passphrase => 3,
        };
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let key = PublicKey::from_raw(secret.verifying_key().as_bytes()).unwrap();
        let kid: KeyId = key.id().clone();
        let holder = format!("holder:{seed}");
        let claims = ReceiptClaims {
            iss: holder.clone(),
            aud: AGENT.to_owned(),
            sub: self.sub(),
            jti: nonce(),
            iat: 0,
            nbf: 0,
            exp: 300,
            decision: self.decision,
            by: self.by(),
            presence: self.presence(),
            action: self.action(),
            shown: self.shown.map(card),
            reason: None,
        };
        let input = claims.signing_input(&kid).unwrap();
        let receipt = Receipt::assemble(&input, &secret.sign(input.as_bytes()).to_bytes());
        let keys = TrustedKeys { keys: vec![Enrolled { key, role: self.role, holder }] };
        receipt.verify(&keys).unwrap()
    }

    fn approval(&self) -> Approval {
        let yes = Self { decision: Decision::Approved, ..self.clone() };
        let nonce = nonce();
        let expected = Expected { request: None, action: yes.action(), nonce: &nonce, agent: AGENT };
        yes.signed().into_approval(&expected, UnixMs(0)).unwrap()
    }
}

/// An event before it is made: approvals cannot be cloned, and a counterexample must be shrunk and shown.
#[derive(Debug, Clone)]
enum Plan {
    Read,
    Allowed(Says, u64),
    RuledOut,
    Asked(Demand),
    Shown(u8),
    Tightened(Presence, u64),
    Approved(Says),
    Denied(Option<Says>),
    Passed,
    Withdrawn,
    Use,
}

impl Plan {
    fn event(&self) -> Event {
        match self {
            Self::Read => Event::Read,
            Self::Allowed(says, receipt_ms) => {
                Event::Allowed { approval: says.approval(), receipt_ms: *receipt_ms }
            }
            Self::RuledOut => Event::RuledOut,
            Self::Asked(demand) => Event::Asked(demand.clone()),
            Self::Shown(which) => Event::Shown(card(*which)),
            Self::Tightened(presence, receipt_ms) => {
                Event::Tightened { presence: *presence, receipt_ms: *receipt_ms }
            }
            Self::Approved(says) => Event::Approved(says.approval()),
            Self::Denied(says) => Event::Denied(says.as_ref().map(Says::signed)),
            Self::Passed => Event::Passed,
            Self::Withdrawn => Event::Withdrawn(Withdrawal::ConnectionClosed),
            Self::Use => Event::Use,
        }
    }
}

/// Mostly about this request, so that the runs get far.
fn says() -> impl Strategy<Value = Says> {
    let decision = prop_oneof![Just(Decision::Approved), Just(Decision::Denied)];
    let role = prop_oneof![
        1 => Just(Role::Machine),
        4 => Just(Role::Approver),
        2 => Just(Role::Passphrase),
    ];
    let shown = prop_oneof![4 => Just(Some(0)), 1 => Just(Some(1)), 1 => Just(None)];
    let seldom = prop::bool::weighted(0.1);
    (decision, role, any::<bool>(), shown, seldom, seldom).prop_map(
        |(decision, role, typed, shown, other_request, other_action)| Says {
            decision,
            role,
            typed,
            shown,
            other_request,
            other_action,
        },
    )
}

fn demand() -> impl Strategy<Value = Demand> {
    let presence =
        prop_oneof![2 => Just(Presence::Click), 1 => Just(Presence::Typed), 1 => Just(Presence::Passphrase)];
    (presence, length(), length()).prop_map(|(presence, wait_ms, receipt_ms)| Demand {
        presence,
        wait_ms,
        receipt_ms,
    })
}

fn length() -> impl Strategy<Value = u64> {
    prop_oneof![12 => 200..2000u64, 1 => 0..3u64, 1 => Just(u64::MAX)]
}

/// What ends a life is rare among them, so that many runs reach what stands behind an approval.
fn plan() -> impl Strategy<Value = Plan> {
    prop_oneof![
        12 => Just(Plan::Read),
        3 => (says(), length()).prop_map(|(says, ms)| Plan::Allowed(says, ms)),
        1 => Just(Plan::RuledOut),
        12 => demand().prop_map(Plan::Asked),
        12 => prop_oneof![4 => Just(0), 1 => Just(1)].prop_map(Plan::Shown),
        4 => demand().prop_map(|demand| Plan::Tightened(demand.presence, demand.receipt_ms)),
        30 => says().prop_map(Plan::Approved),
        2 => prop::option::of(says()).prop_map(Plan::Denied),
        4 => Just(Plan::Passed),
        1 => Just(Plan::Withdrawn),
        12 => Just(Plan::Use),
    ]
}

/// A life at its start or as a restart finds it.
#[derive(Debug, Clone)]
enum Start {
    New,
    Waiting(u64, Demand),
    Approved(Says, u64),
}

fn start() -> impl Strategy<Value = Start> {
    prop_oneof![
        3 => Just(Start::New),
        3 => (length(), demand()).prop_map(|(deadline, demand)| Start::Waiting(deadline, demand)),
        1 => (says(), length()).prop_map(|(says, lapses)| {
            let this = Says { other_request: false, other_action: false, ..says };
            Start::Approved(this, lapses)
        }),
    ]
}

impl Start {
    fn life(&self) -> Life {
        let (id, action) = (this_request(), this_action());
        match self {
            Self::New => Life::new(id, action),
            Self::Waiting(deadline, demand) => {
                Life::restored_waiting(id, action, Tick(*deadline), demand.clone())
            }
            Self::Approved(says, lapses) => {
                Life::restored_approved(id, action, says.approval(), Tick(*lapses))
            }
        }
    }
}

/// A run: where it starts, then events with the milliseconds that pass before each.
fn run() -> impl Strategy<Value = (Start, Vec<(u64, Plan)>)> {
    let step = prop_oneof![60 => 0..10u64, 8 => 0..1000u64, 1 => Just(u64::MAX)];
    (start(), prop::collection::vec((step, plan()), 0..30))
}

/// What is remembered of a life before a step.
struct Before {
    stage: Stage,
    /// The whole state as text: `State` holds an approval and cannot be cloned.
    state: String,
    waiting: Option<(Tick, Demand, Option<Digest>)>,
    approved: Option<(String, Tick)>,
}

impl Before {
    fn of(life: &Life) -> Self {
        let (mut waiting, mut approved) = (None, None);
        match life.state() {
            State::Waiting { deadline, demand, shown } => {
                waiting = Some((*deadline, demand.clone(), *shown));
            }
            State::Approved { approval, lapses } => {
                approved = Some((approval.receipt().as_str().to_owned(), *lapses));
            }
            _ => {}
        }
        Self { stage: life.stage(), state: format!("{:?}", life.state()), waiting, approved }
    }

    fn due(&self, now: Tick) -> bool {
        self.waiting.as_ref().is_some_and(|(deadline, ..)| now >= *deadline)
    }
}

fn holds(plan: &Plan, now: Tick, before: &Before, life: &Life, step: &Step) -> TestCaseResult {
    let after = life.stage();
    an_end_is_an_end(before, life, step)?;
    the_deadline_comes_first(now, before, life)?;
    only_evidence_approves(plan, before, after)?;
    only_an_approval_is_used(plan, now, before, after, step)?;
    a_record_precedes_every_tell(before, after, step)?;
    a_demand_only_grows(before, life)?;
    if step.taken.is_err() && !before.due(now) {
        prop_assert_eq!(format!("{:?}", life.state()), before.state.clone(), "a refusal changes nothing");
        prop_assert!(step.effects.is_empty(), "a refusal has no effects");
    }
    Ok(())
}

fn an_end_is_an_end(before: &Before, life: &Life, step: &Step) -> TestCaseResult {
    if before.stage.is_end() {
        prop_assert_eq!(life.stage(), before.stage);
        prop_assert!(step.effects.is_empty());
    }
    Ok(())
}

fn the_deadline_comes_first(now: Tick, before: &Before, life: &Life) -> TestCaseResult {
    if before.due(now) {
        prop_assert_eq!(life.stage(), Stage::Expired);
    } else if life.stage() == Stage::Expired {
        prop_assert_eq!(before.stage, Stage::Expired, "nothing expires before its deadline");
    }
    Ok(())
}

fn a_demand_only_grows(before: &Before, life: &Life) -> TestCaseResult {
    if let (Some((deadline, was, _)), State::Waiting { deadline: now, demand, .. }) =
        (&before.waiting, life.state())
    {
        prop_assert_eq!(deadline, now);
        prop_assert!(demand.presence >= was.presence && demand.receipt_ms <= was.receipt_ms);
    }
    Ok(())
}

fn only_evidence_approves(plan: &Plan, before: &Before, after: Stage) -> TestCaseResult {
    if after != Stage::Approved || before.stage == Stage::Approved {
        return Ok(());
    }
    match plan {
        Plan::Allowed(says, _) => {
            prop_assert_eq!(before.stage, Stage::Read);
            prop_assert!(says.is_about_this());
        }
        Plan::Approved(says) => {
            prop_assert_eq!(before.stage, Stage::Waiting);
            let (_, demand, shown) = before.waiting.as_ref().unwrap();
            prop_assert!(says.is_about_this());
            prop_assert_eq!(says.by(), By::Person);
            prop_assert!(shown.is_some(), "nobody approves a card that nobody was shown");
            prop_assert_eq!(says.shown.map(card), *shown);
            prop_assert!(says.presence() >= demand.presence);
        }
        other => prop_assert!(false, "{:?} approved", other),
    }
    Ok(())
}

fn only_an_approval_is_used(
    plan: &Plan,
    now: Tick,
    before: &Before,
    after: Stage,
    step: &Step,
) -> TestCaseResult {
    let let_act: Vec<_> = step
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::LetAct(approval) => Some(approval.receipt().as_str().to_owned()),
            _ => None,
        })
        .collect();
    if after == Stage::Used && before.stage != Stage::Used {
        let (receipt, lapses) = before.approved.clone().unwrap();
        prop_assert!(matches!(plan, Plan::Use));
        prop_assert!(now < lapses, "a lapsed approval is not used");
        prop_assert_eq!(let_act, vec![receipt], "the very approval that was given moves out, once");
    } else {
        prop_assert!(let_act.is_empty(), "nobody acts but on the step to used");
    }
    Ok(())
}

fn a_record_precedes_every_tell(before: &Before, after: Stage, step: &Step) -> TestCaseResult {
    let records: Vec<_> = step
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Record(stage) => Some(*stage),
            _ => None,
        })
        .collect();
    // Being read tells nobody anything and is no row of its own in the ledger.
    if after == before.stage || after == Stage::Read {
        prop_assert!(step.effects.is_empty());
        return Ok(());
    }
    prop_assert_eq!(records, vec![after]);
    prop_assert_eq!(step.effects.first(), Some(&Effect::Record(after)));
    for effect in &step.effects {
        if let Effect::TellAsker(stage) = effect {
            prop_assert_eq!(*stage, after);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_order_of_events_reaches_used_without_a_valid_approval_or_approved_after_another_end(
        (start, plans) in run()
    ) {
        let mut life = start.life();
        let mut now = Tick(0);
        let mut uses = 0;
        let mut told = 0;
        for (passed, plan) in &plans {
            now = now.after_ms(*passed);
            let before = Before::of(&life);
            let step = life.step(plan.event(), now);
            uses += step.effects.iter().filter(|e| matches!(e, Effect::LetAct(_))).count();
            told += step.effects.iter().filter(|e| matches!(e, Effect::TellAsker(_))).count();
            holds(plan, now, &before, &life, &step)?;
        }
        prop_assert!(uses <= 1, "an approval is used once");
        prop_assert!(told <= 1, "an asker is told once");
        prop_assert_eq!(uses == 1, life.stage() == Stage::Used);
    }
}

fn yes() -> Says {
    Says {
        decision: Decision::Approved,
        role: Role::Approver,
        typed: false,
        shown: Some(0),
        other_request: false,
        other_action: false,
    }
}

fn waiting() -> Life {
    let demand = Demand { presence: Presence::Click, wait_ms: 100, receipt_ms: 50 };
    let mut life = Life::new(this_request(), this_action());
    assert_eq!(life.step(Event::Read, Tick(0)).taken, Ok(()));
    assert_eq!(life.step(Event::Asked(demand), Tick(0)).taken, Ok(()));
    assert_eq!(life.step(Event::Shown(card(0)), Tick(0)).taken, Ok(()));
    life
}

#[test]
fn a_person_approves_and_the_asker_acts_once() {
    let mut life = waiting();
    assert_eq!(life.step(Event::Approved(yes().approval()), Tick(99)).taken, Ok(()));
    assert_eq!(life.step(Event::Use, Tick(148)).taken, Ok(()));
    assert_eq!(life.stage(), Stage::Used);
    assert_eq!(life.step(Event::Use, Tick(148)).taken, Err(Refusal::OutOfTurn(Stage::Used)));
}

#[test]
fn an_approval_at_the_deadline_comes_too_late() {
    let mut life = waiting();
    let step = life.step(Event::Approved(yes().approval()), Tick(100));
    assert_eq!(step.taken, Err(Refusal::OutOfTurn(Stage::Expired)));
    assert_eq!(step.effects[0], Effect::Record(Stage::Expired));
}

#[test]
fn an_approval_of_the_card_before_its_last_change_is_refused() {
    let mut life = waiting();
    assert_eq!(life.step(Event::Shown(card(1)), Tick(1)).taken, Ok(()));
    let step = life.step(Event::Approved(yes().approval()), Tick(1));
    assert_eq!(step.taken, Err(Refusal::CardChanged));
    assert_eq!(life.stage(), Stage::Waiting);
}

#[test]
fn an_unused_approval_lapses() {
    let mut life = waiting();
    assert_eq!(life.step(Event::Approved(yes().approval()), Tick(0)).taken, Ok(()));
    assert_eq!(life.step(Event::Use, Tick(50)).taken, Err(Refusal::Lapsed));
}

#[test]
fn a_request_that_is_taken_up_after_a_restart_must_be_shown_anew() {
    let demand = Demand { presence: Presence::Click, wait_ms: 100, receipt_ms: 50 };
    let mut life = Life::restored_waiting(this_request(), this_action(), Tick(100), demand);
    let step = life.step(Event::Approved(yes().approval()), Tick(1));
    assert_eq!(step.taken, Err(Refusal::FactsPending));
}

#[test]
fn what_a_rule_allows_can_be_used_in_the_same_breath_and_once() {
    let machine = Says {
        decision: Decision::Approved,
        role: Role::Machine,
        typed: false,
        shown: None,
        other_request: false,
        other_action: false,
    };
    let mut life = Life::new(this_request(), this_action());
    life.step(Event::Read, Tick(5)).taken.unwrap();
    assert_eq!(life.step(Event::Use, Tick(5)).taken, Err(Refusal::OutOfTurn(Stage::Read)));
    let allowed = life.step(Event::Allowed { approval: machine.approval(), receipt_ms: 1 }, Tick(5));
    assert_eq!(allowed.effects, [Effect::Record(Stage::Approved), Effect::TellAsker(Stage::Approved)]);
    let used = life.step(Event::Use, Tick(5));
    assert_eq!(used.taken, Ok(()));
    assert!(matches!(used.effects[..], [Effect::Record(Stage::Used), Effect::LetAct(_)]));
    assert_eq!(life.step(Event::Use, Tick(5)).taken, Err(Refusal::OutOfTurn(Stage::Used)));
}
