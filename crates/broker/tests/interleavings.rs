//! Whatever happens in whatever order: what never happens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sayso_core::seat::Call;
use sayso_core::{Ask, By, Decision, Digest, Receipt, RequestId};
use sayso_wire::desk::Desk as _;
use sayso_wire::protocol::{LogPage, RpcFault, Told, Wait, Withdraw};
use support::{Room, STRICT, caller, open, room, sign_with};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

#[derive(Debug, Clone, Copy)]
enum Sign {
    Right,
    Stranger,
    OtherCard,
    OtherAction,
    AsRule,
    Replayed,
}

#[derive(Debug, Clone, Copy)]
enum Move {
    Ask { reads: bool },
    AskAgain(usize),
    TakeUp(usize),
    Leave(usize),
    Settle,
    Decide { which: usize, approve: bool, sign: Sign },
    Withdraw { which: usize, leave_at_once: bool },
    Use(usize),
    Stop,
    Resume,
    Pass(u64),
    Restart,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let sign = prop_oneof![
        8 => Just(Sign::Right),
        1 => Just(Sign::Stranger),
        1 => Just(Sign::OtherCard),
        1 => Just(Sign::OtherAction),
        1 => Just(Sign::AsRule),
        1 => Just(Sign::Replayed),
    ];
    let one = prop_oneof![
        6 => any::<bool>().prop_map(|reads| Move::Ask { reads }),
        1 => (0..9_usize).prop_map(Move::AskAgain),
        1 => (0..9_usize).prop_map(Move::TakeUp),
        1 => (0..9_usize).prop_map(Move::Leave),
        4 => Just(Move::Settle),
        6 => (0..4_usize, any::<bool>(), sign)
            .prop_map(|(which, approve, sign)| Move::Decide { which, approve, sign }),
        2 => (0..4_usize, any::<bool>())
            .prop_map(|(which, leave_at_once)| Move::Withdraw { which, leave_at_once }),
        2 => (0..9_usize).prop_map(Move::Use),
        1 => Just(Move::Stop),
        1 => Just(Move::Resume),
        1 => (1..200_000_u64).prop_map(Move::Pass),
        1 => Just(Move::Restart),
    ];
    proptest::collection::vec(one, 10..40)
}

/// What was told of one request, by its nonce; and every receipt that the person truly gave.
#[derive(Default)]
struct Heard {
    told: Mutex<HashMap<String, Vec<Told>>>,
    used: Mutex<HashMap<RequestId, u32>>,
    given: Mutex<HashSet<String>>,
}

impl Heard {
    fn take(&self, nonce: &sayso_core::Nonce, answer: Result<Told, RpcFault>) {
        if let Ok(mut told) = answer {
            if std::mem::take(&mut told.used) {
                assert_eq!((told.decision, told.by), (Some(Decision::Approved), Some(By::Rule)));
                *self.used.lock().unwrap().entry(told.id).or_default() += 1;
            }
            self.told.lock().unwrap().entry(nonce.as_str().to_owned()).or_default().push(told);
        }
    }

    fn receipt(&self, which: usize) -> Option<Receipt> {
        let told = self.told.lock().unwrap();
        let mut receipts: Vec<Receipt> = told.values().flatten().filter_map(|t| t.receipt.clone()).collect();
        receipts.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        receipts.get(which % receipts.len().max(1)).cloned()
    }
}

struct World {
    room: Option<Room>,
    runtime: Option<Runtime>,
    asks: Vec<(Ask, bool)>,
    stays: Vec<JoinHandle<()>>,
    heard: Arc<Heard>,
    /// Held once more by each ask that has neither come to wait nor been answered.
    arriving: Arc<()>,
    stopped: bool,
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

impl World {
    fn new() -> Self {
        let runtime = runtime();
        let room = runtime.block_on(room());
        Self {
            room: Some(room),
            runtime: Some(runtime),
            asks: Vec::new(),
            stays: Vec::new(),
            heard: Arc::default(),
            arriving: Arc::default(),
            stopped: false,
        }
    }

    fn room(&self) -> &Room {
        self.room.as_ref().unwrap()
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().unwrap()
    }

    fn ask(&mut self, ask: Ask) {
        let (desk, heard, stopped) = (self.room().desk.clone(), Arc::clone(&self.heard), self.stopped);
        let arriving = Arc::clone(&self.arriving);
        let fresh = !self.asks.iter().any(|(known, _)| known.nonce == ask.nonce);
        self.stays.push(self.runtime.as_ref().unwrap().spawn(async move {
            let nonce = ask.nonce.clone();
            let (progress, mut listener) = tokio::sync::mpsc::channel(4);
            let mut asked = std::pin::pin!(desk.request(caller(), ask, progress));
            let answer = tokio::select! {
                answer = &mut asked => answer,
                _ = listener.recv() => {
                    drop(arriving);
                    asked.await
                }
            };
            if let (true, true, Ok(told)) = (stopped, fresh, &answer) {
                // A resume may have come before the ask did; a person was asked then, or a rule passed it.
                assert!(told.decision != Some(Decision::Approved) || !desk.0.is_stopped());
            }
            heard.take(&nonce, answer);
        }));
    }

    fn take_up(&mut self, ask: &Ask) {
        let (desk, heard, nonce) = (self.room().desk.clone(), Arc::clone(&self.heard), ask.nonce.clone());
        self.stays.push(self.runtime.as_ref().unwrap().spawn(async move {
            let (progress, _listener) = tokio::sync::mpsc::channel(4);
            let wait = Wait { id: None, nonce: nonce.clone() };
            let answer = desk.wait(caller(), wait, progress).await;
            heard.take(&nonce, answer);
        }));
    }

    fn settle(&self) {
        let (broker, arriving) = (self.room().broker.clone(), &self.arriving);
        self.runtime().block_on(async move {
            for _ in 0..400 {
                let pending = |id: &RequestId| broker.card_view(*id).is_some_and(|v| !v.settled);
                if Arc::strong_count(arriving) == 1 && !broker.waiting_ids().iter().any(pending) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    }

    fn decide(&self, which: usize, approve: bool, sign: Sign) {
        let ids = self.room().broker.waiting_ids();
        let Some(view) = ids.get(which % ids.len().max(1)).and_then(|id| self.room().broker.card_view(*id))
        else {
            return;
        };
        let decision = if approve { Decision::Approved } else { Decision::Denied };
        let mut claims = self.room().claims(&view, decision);
        let receipt = match sign {
            Sign::Right => {
                let receipt = self.room().sign(&claims);
                self.heard.given.lock().unwrap().insert(receipt.as_str().to_owned());
                receipt
            }
            Sign::Stranger => sign_with(&SigningKey::from_bytes(&[9; 32]), &claims),
            Sign::OtherCard => {
                // A denial may be of any card; only an approval is of the one that stands there.
                claims.decision = Decision::Approved;
                claims.shown = Some(Digest::of_bytes(b"another card"));
                self.room().sign(&claims)
            }
            Sign::OtherAction => {
                claims.action = Digest::of_bytes(b"another action");
                self.room().sign(&claims)
            }
            Sign::AsRule => {
                claims.by = By::Rule;
                self.room().sign(&claims)
            }
            Sign::Replayed => match self.heard.receipt(which) {
                Some(receipt) => receipt,
                None => return,
            },
        };
        let broker = self.room().broker.clone();
        self.runtime().spawn(async move { broker.call(Call::Decide { receipt }).await });
    }

    fn withdraw(&self, which: usize, leave_at_once: bool) {
        let ids = self.room().broker.waiting_ids();
        let Some(view) = ids.get(which % ids.len().max(1)).and_then(|id| self.room().broker.card_view(*id))
        else {
            return;
        };
        let desk = self.room().desk.clone();
        let words = Withdraw { id: view.card.id, nonce: view.draft.jti };
        let asked = self.runtime().spawn(async move { desk.withdraw(caller(), words).await });
        if leave_at_once {
            std::thread::yield_now();
            asked.abort();
        }
    }

    fn use_one(&self, which: usize) {
        let Some(receipt) = self.heard.receipt(which) else { return };
        let used = self.runtime().block_on(self.room().use_receipt(receipt));
        if let Ok(id) = used {
            *self.heard.used.lock().unwrap().entry(id).or_default() += 1;
        }
    }

    fn set_stopped(&mut self, stopped: bool) {
        let broker = self.room().broker.clone();
        self.runtime().block_on(async move { broker.set_stopped(stopped).await }).unwrap();
        self.stopped = stopped;
        if stopped {
            self.nothing_waits();
        }
    }

    /// What came in at the very moment of the stop is denied a moment later.
    fn nothing_waits(&self) {
        let broker = self.room().broker.clone();
        self.runtime().block_on(async move {
            for _ in 0..1000 {
                if broker.waiting() == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            panic!("something waits although all agents are stopped");
        });
    }

    /// The process ends as it stands, and another one begins.
    fn restart(&mut self) {
        let Room { folder, broker, desk, clock, .. } = self.room.take().unwrap();
        drop((broker, desk));
        self.runtime.take().unwrap().shutdown_timeout(Duration::from_secs(5));
        self.stays.clear();
        let runtime = runtime();
        self.room = Some(runtime.block_on(open(folder, clock, STRICT, "boot-1")));
        self.runtime = Some(runtime);
        for (ask, _) in self.asks.clone() {
            self.take_up(&ask);
        }
        assert_eq!(self.room().broker.is_stopped(), self.stopped);
        if self.stopped {
            assert_eq!(self.room().broker.waiting(), 0, "a restart revived what was stopped");
        }
    }

    fn make(&mut self, step: Move) {
        match step {
            Move::Ask { reads } => {
                // The nonces of a room begin anew at a restart; these do not.
                let number = self.asks.len();
                let mut ask = self.room().ask(if reads { "ls" } else { "make deploy" });
                ask.nonce = format!("{}-{number}", ask.nonce.as_str().split_at(22).0).try_into().unwrap();
                ask.use_at_once = number.is_multiple_of(2);
                self.ask(ask.clone());
                self.asks.push((ask, reads));
            }
            Move::AskAgain(which) => {
                if let Some((ask, _)) = self.asks.get(which).cloned() {
                    self.ask(ask);
                }
            }
            Move::TakeUp(which) => {
                if let Some((ask, _)) = self.asks.get(which).cloned() {
                    self.take_up(&ask);
                }
            }
            Move::Leave(which) => {
                if let Some(stay) = self.stays.get(which) {
                    stay.abort();
                }
            }
            Move::Settle => self.settle(),
            Move::Decide { which, approve, sign } => {
                // Now and then before the facts have settled.
                if which > 0 {
                    self.settle();
                }
                self.decide(which, approve, sign);
            }
            Move::Withdraw { which, leave_at_once } => self.withdraw(which, leave_at_once),
            Move::Use(which) => self.use_one(which),
            Move::Stop => self.set_stopped(true),
            Move::Resume => self.set_stopped(false),
            Move::Pass(ms) => self.room().pass(ms),
            Move::Restart => self.restart(),
        }
    }

    /// Ends everything that waits, hears every end, and looks at it all.
    fn check(mut self) -> u32 {
        self.set_stopped(true);
        // Only the stays that nobody broke off; those cannot hang once nothing waits.
        let stays = std::mem::take(&mut self.stays);
        self.runtime().block_on(async {
            for stay in stays {
                let ended = tokio::time::timeout(Duration::from_secs(30), stay).await;
                if let Err(broken) = ended.expect("an asker was never told the end of its request") {
                    assert!(broken.is_cancelled(), "{broken}");
                }
            }
        });
        for (ask, _) in self.asks.clone() {
            self.take_up(&ask);
        }
        let stays = std::mem::take(&mut self.stays);
        self.runtime().block_on(async {
            for stay in stays {
                tokio::time::timeout(Duration::from_secs(30), stay).await.unwrap().unwrap();
            }
        });
        let persons = self.check_told();
        self.check_ledger();
        persons
    }

    /// Gives how many were approved by a person.
    fn check_told(&self) -> u32 {
        let mut persons = 0;
        let told = self.heard.told.lock().unwrap();
        for (ask, reads) in &self.asks {
            let Some(ends) = told.get(ask.nonce.as_str()) else { continue };
            for end in ends {
                assert_eq!(end, &ends[0], "a request ended twice");
            }
            let end = &ends[0];
            let Some(receipt) = end.receipt.clone() else { continue };
            let text = receipt.as_str().to_owned();
            let verified =
                receipt.verify(&self.room().broker.trusted()).expect("a receipt that does not hold");
            let claims = verified.claims();
            assert_eq!((Some(claims.decision), Some(claims.by)), (end.decision, end.by));
            assert_eq!((claims.sub, &claims.jti), (end.id, &ask.nonce));
            assert_eq!(claims.action, ask.action.digest().unwrap());
            match (claims.decision, claims.by) {
                (Decision::Approved, By::Rule) => assert!(reads, "a rule approved what a person must"),
                (Decision::Approved, By::Timeout) => panic!("silence approved"),
                (_, By::Person) => {
                    assert!(self.heard.given.lock().unwrap().contains(&text), "nobody gave this");
                    persons += u32::from(claims.decision == Decision::Approved);
                }
                (Decision::Denied, _) => {}
            }
        }
        for (id, count) in self.heard.used.lock().unwrap().iter() {
            assert_eq!(*count, 1, "used twice");
            let approved =
                told.values().flatten().any(|t| t.id == *id && t.decision == Some(Decision::Approved));
            assert!(approved, "used without an approval");
        }
        persons
    }

    fn check_ledger(&self) {
        let desk = self.room().desk.clone();
        let (found, page) = self.runtime().block_on(async {
            let all = LogPage { search: String::new(), before: None };
            (desk.log_verify(caller()).await.unwrap(), desk.log_page(caller(), all).await.unwrap())
        });
        assert!(found.fault.is_none(), "the record does not hold: {:?}", found.fault);
        let mut seen = HashSet::new();
        for row in &page.rows {
            assert!(seen.insert(row.id), "a request stands in the record twice");
            assert!(row.ended.is_some(), "{} is recorded as waiting, and nobody knows of it", row.id);
            assert!(row.receipt.is_none() || row.verified, "a recorded receipt does not hold");
        }
        let told = self.heard.told.lock().unwrap();
        for end in told.values().flatten() {
            let row = page.rows.iter().find(|row| row.id == end.id).expect("told and not recorded");
            assert_eq!(row.decision, end.decision);
        }
    }
}

#[test]
fn no_order_of_moves_approves_without_a_person_ends_twice_or_loses_a_request() {
    let persons = AtomicU32::new(0);
    let config = Config { cases: 24, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let run = TestRunner::new(config).run(&moves(), |moves| {
        let mut world = World::new();
        for step in moves {
            world.make(step);
        }
        persons.fetch_add(world.check(), Ordering::SeqCst);
        Ok(())
    });
    if let Err(why) = run {
        panic!("{why}");
    }
    assert!(persons.load(Ordering::SeqCst) > 0, "nothing was ever approved, so nothing was tried");
}
