//! A broker on real parts (ledger, machine key, rules, reading, facts) with a clock that the test moves and a
//! person whose key the test holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code, missing_docs, unreachable_pub)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ed25519_dalek::{Signer as _, SigningKey};
use sayso_broker::clock::{BootId, Clock};
use sayso_broker::{Broker, BrokerDesk, Parts};
use sayso_core::action::{AbsolutePath, Command, Shell};
use sayso_core::key::{Enrolled, Role};
use sayso_core::receipt::ReceiptClaims;
use sayso_core::request::{Peer, PeerProcess};
use sayso_core::seat::{Call, CardView, Fault};
use sayso_core::{
    Action, Ask, By, Decision, Nonce, Now, Presence, PublicKey, Receipt, RequestId, Tick, TrustedKeys, UnixMs,
};
use sayso_keys::MachineKey;
use sayso_rules::Policy;
use sayso_wire::desk::{Caller, Desk as _, Line};
use sayso_wire::protocol::{RpcFault, Told};
use tokio::task::JoinHandle;

/// Both clocks, moved by hand. The wall starts at the real time, because receipts live by it.
pub struct HandClock {
    pub tick: AtomicU64,
    pub wall: AtomicI64,
}

impl Clock for HandClock {
    fn now(&self) -> Now {
        Now { tick: Tick(self.tick.load(Ordering::SeqCst)), wall: UnixMs(self.wall.load(Ordering::SeqCst)) }
    }
}

pub struct Room {
    pub folder: tempfile::TempDir,
    pub broker: Arc<Broker>,
    pub desk: BrokerDesk,
    pub clock: Arc<HandClock>,
    pub person: SigningKey,
    nonces: Mutex<u64>,
}

pub const HOLDER: &str = "person:anna";

/// A room in which all but plain reads wait for a person.
/// Under these rules plain reads pass, and all else is a person's.
pub const STRICT: &str = "[rules]\nprofile = \"strict\"";

pub async fn room() -> Room {
    room_with(STRICT).await
}

pub async fn room_with(config: &str) -> Room {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(HandClock {
        tick: AtomicU64::new(1_000_000),
        wall: AtomicI64::new(sayso_broker::clock::SystemClock.now().wall.0),
    });
    open(folder, clock, config, "boot-1").await
}

pub async fn open(folder: tempfile::TempDir, clock: Arc<HandClock>, config: &str, boot: &str) -> Room {
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let machine = Arc::new(MachineKey::open_or_create(&data).unwrap());
    let person = SigningKey::from_bytes(&[7; 32]);
    let key = |raw: &[u8; 32], role, holder: &str| Enrolled {
        key: PublicKey::from_raw(raw).unwrap(),
        role,
        holder: holder.to_owned(),
    };
    let trusted = TrustedKeys {
        keys: vec![
            key(machine.public().raw(), Role::Machine, machine.holder()),
            key(person.verifying_key().as_bytes(), Role::Approver, HOLDER),
        ],
    };
    let ledger = open_ledger(&data, &machine).await;
    let parts = Parts {
        keys_folder: data,
        home: folder.path().to_owned(),
        machine,
        trusted,
        policy: Policy::from_toml(None, Some(config)).unwrap(),
        ledger,
        clock: clock.clone(),
        boot: BootId(boot.to_owned()),
        key_trouble: None,
        credentials: Arc::new(sayso_facts::NoCredentials),
    };
    let broker = Broker::start(parts).await.unwrap();
    Room { desk: BrokerDesk(broker.clone()), broker, folder, clock, person, nonces: Mutex::new(0) }
}

async fn open_ledger(data: &Path, machine: &Arc<MachineKey>) -> sayso_ledger::Ledger {
    sayso_broker::open_ledger(data, machine).await.unwrap()
}

impl Room {
    pub fn ask(&self, script: &str) -> Ask {
        let mut count = self.nonces.lock().unwrap();
        *count += 1;
        let unique = self.folder.path().file_name().unwrap().to_string_lossy().replace('.', "");
        Ask {
            nonce: Nonce::try_from(format!("nonce-{unique}-{count:016}")).unwrap(),
            agent: "test-agent".to_owned(),
            action: Action::Shell(Shell {
                command: Command::Script(script.to_owned()),
                cwd: AbsolutePath::try_from(self.folder.path().to_str().unwrap().to_owned()).unwrap(),
                env: Vec::new(),
            }),
            claims: BTreeMap::new(),
            reason: None,
            wait_ms: None,
            use_at_once: false,
        }
    }

    /// Asks in the background.
    pub fn asking(&self, ask: Ask) -> JoinHandle<Result<Told, RpcFault>> {
        let desk = self.desk.clone();
        tokio::spawn(async move {
            let (progress, _listener) = tokio::sync::mpsc::channel(4);
            desk.request(caller(), ask, progress).await
        })
    }

    /// Waits until exactly one request waits, its card settled, and gives its card.
    pub async fn card(&self) -> CardView {
        loop {
            if let [id] = self.broker.waiting_ids()[..]
                && let Some(view) = self.broker.card_view(id)
                && view.settled
            {
                return view;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    pub fn claims(&self, view: &CardView, decision: Decision) -> ReceiptClaims {
        let iat = self.clock.now().wall.seconds();
        ReceiptClaims {
            iss: HOLDER.to_owned(),
            aud: view.draft.aud.clone(),
            sub: view.draft.sub,
            jti: view.draft.jti.clone(),
            iat,
            nbf: iat,
            exp: iat + i64::try_from(view.draft.receipt_seconds).unwrap(),
            decision,
            by: By::Person,
            presence: view.card.presence.max(Presence::Click),
            action: view.draft.action,
            shown: Some(view.shown),
            reason: None,
        }
    }

    pub fn sign(&self, claims: &ReceiptClaims) -> Receipt {
        sign_with(&self.person, claims)
    }

    pub async fn decide(&self, claims: &ReceiptClaims) -> Result<(), Fault> {
        self.broker.call(Call::Decide { receipt: self.sign(claims) }).await.map(|_| ())
    }

    /// Moves the clock that counts and lets the deadlines see it.
    pub fn pass(&self, ms: u64) {
        self.clock.tick.fetch_add(ms, Ordering::SeqCst);
        self.clock.wall.fetch_add(i64::try_from(ms).unwrap(), Ordering::SeqCst);
    }

    pub async fn use_receipt(&self, receipt: Receipt) -> Result<RequestId, RpcFault> {
        let used = self.desk.use_receipt(caller(), sayso_wire::protocol::Use { receipt }).await?;
        Ok(used.id)
    }
}

pub fn sign_with(key: &SigningKey, claims: &ReceiptClaims) -> Receipt {
    let kid = PublicKey::from_raw(key.verifying_key().as_bytes()).unwrap().id().clone();
    let input = claims.signing_input(&kid).unwrap();
    Receipt::assemble(&input, &key.sign(input.as_bytes()).to_bytes())
}

pub fn caller() -> Caller {
    caller_of(1000)
}

pub fn caller_of(uid: u32) -> Caller {
    let process = PeerProcess { pid: 1, program: None, command_line: "test".to_owned() };
    Caller {
        peer: Arc::new(Peer { uid, user: None, processes: vec![process] }),
        same_user: uid == 1000,
        process_gone: Arc::new(AtomicBool::new(false)),
        line: Line::default(),
    }
}
