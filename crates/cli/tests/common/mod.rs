//! A small Sayso of our own: a real socket, real keys, and answers by a script.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use ed25519_dalek::{Signer, SigningKey};
use sayso_core::key::{Enrolled, Role};
use sayso_core::life::Stage;
use sayso_core::{
    Ask, By, Decision, Nonce, Presence, PublicKey, Receipt, ReceiptClaims, RequestId, TrustedKeys,
};
use sayso_wire::protocol::{Progress, RpcFault, Told, UsedOnce, Withdrawn};
use sayso_wire::rpc::{self, Call, Reply};

/// What the small Sayso says, in order.
pub enum Say {
    Reply(Reply),
    Fault(RpcFault),
    Progress(Progress),
    /// Closes the connection.
    Close,
    /// Says the same progress again and again, for as long as it is heard.
    Drip(Progress),
}

/// What the small Sayso saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Saw {
    Call(Call),
    Closed,
}

type Script = dyn Fn(&Call, &Keys) -> Vec<Say> + Send + Sync;

/// The keys that decide: enrolled, but for the stranger's.
pub struct Keys {
    machine: SigningKey,
    approver: SigningKey,
    /// The approver's before.
    replaced: SigningKey,
    stranger: SigningKey,
}

impl Keys {
    fn new() -> Self {
        let key = |seed| SigningKey::from_bytes(&[seed; 32]);
        Self { machine: key(1), approver: key(2), stranger: key(3), replaced: key(4) }
    }

    fn enrolled(&self) -> TrustedKeys {
        let one = |key: &SigningKey, role, holder: &str| Enrolled {
            key: PublicKey::from_raw(key.verifying_key().as_bytes()).unwrap(),
            role,
            holder: holder.to_owned(),
        };
        TrustedKeys {
            keys: vec![
                one(&self.machine, Role::Machine, "machine:test"),
                one(&self.approver, Role::Approver, "person:anna"),
                one(&self.replaced, Role::Approver, "person:anna"),
            ],
        }
    }

    fn sign(key: &SigningKey, claims: &ReceiptClaims) -> Receipt {
        let kid = PublicKey::from_raw(key.verifying_key().as_bytes()).unwrap().id().clone();
        let input = claims.signing_input(&kid).unwrap();
        Receipt::assemble(&input, &key.sign(input.as_bytes()).to_bytes())
    }

    /// What a decision on `ask` says, truly; `bend` makes it untrue before it is signed.
    pub fn told(&self, ask: &Ask, decision: Decision, by: By, bend: impl FnOnce(&mut ReceiptClaims)) -> Told {
        let key = if by == By::Person { &self.approver } else { &self.machine };
        Self::told_under(key, ask, decision, by, bend)
    }

    /// A decision signed with a key that nobody enrolled.
    pub fn told_by_a_stranger(&self, ask: &Ask) -> Told {
        Self::told_under(&self.stranger, ask, Decision::Approved, By::Person, |_| {})
    }

    /// A decision signed with the key that the approver had before.
    pub fn told_by_a_replaced_key(&self, ask: &Ask) -> Told {
        Self::told_under(&self.replaced, ask, Decision::Approved, By::Person, |_| {})
    }

    /// The machine's key under what only a person may say.
    pub fn told_by_the_machine_as_a_person(&self, ask: &Ask) -> Told {
        Self::told_under(&self.machine, ask, Decision::Approved, By::Person, |_| {})
    }

    fn told_under(
        key: &SigningKey,
        ask: &Ask,
        decision: Decision,
        by: By,
        bend: impl FnOnce(&mut ReceiptClaims),
    ) -> Told {
        let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
        let person = by == By::Person;
        let mut claims = ReceiptClaims {
            iss: if person { "person:anna" } else { "machine:test" }.to_owned(),
            aud: ask.agent.clone(),
            sub: id_of(&ask.nonce),
            jti: ask.nonce.clone(),
            iat: now,
            nbf: now,
            exp: now + 300,
            decision,
            by,
            presence: if person { Presence::Click } else { Presence::None },
            action: ask.action.digest().unwrap(),
            shown: None,
            reason: None,
        };
        bend(&mut claims);
        Told {
            id: id_of(&ask.nonce),
            decision: Some(decision),
            by: Some(by),
            presence: Some(claims.presence),
            reason: claims.reason.clone(),
            receipt: Some(Self::sign(key, &claims)),
            used: false,
        }
    }
}

/// A request's number, made from its nonce so that every connection knows it.
pub fn id_of(nonce: &Nonce) -> RequestId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&nonce.as_str().as_bytes()[..16]);
    RequestId::from_random(bytes)
}

pub fn waiting(nonce: &Nonce) -> Progress {
    Progress { id: id_of(nonce), stage: Stage::Waiting, remaining_ms: 300_000 }
}

pub fn yes(keys: &Keys, ask: &Ask) -> Say {
    Say::Reply(Reply::Told(keys.told(ask, Decision::Approved, By::Person, |_| {})))
}

/// A rule's yes, used up together with being given.
pub fn yes_and_used(keys: &Keys, ask: &Ask) -> Say {
    Say::Reply(Reply::Told(Told { used: true, ..keys.told(ask, Decision::Approved, By::Rule, |_| {}) }))
}

/// Answers everything that follows a decision as Sayso would.
pub fn otherwise(call: &Call) -> Vec<Say> {
    match call {
        Call::Use(used) => vec![Say::Reply(Reply::Used(UsedOnce { id: subject(&used.receipt) }))],
        Call::Withdraw(withdraw) => vec![Say::Reply(Reply::Withdrawn(Withdrawn { id: withdraw.id }))],
        other => panic!("unexpected {}", other.method()),
    }
}

fn subject(receipt: &Receipt) -> RequestId {
    receipt.clone().verify(&Keys::new().enrolled()).unwrap().claims().sub
}

/// The small Sayso.
pub struct Sayso {
    pub home: tempfile::TempDir,
    saw: Receiver<Saw>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Sayso {
    /// Folders and keys, and nobody listens.
    pub fn silent() -> Self {
        assert!(
            !Path::new("/etc/sayso/keys.json").exists(),
            "this test cannot run here: /etc/sayso/keys.json pins other keys than the test's"
        );
        let home = tempfile::tempdir().unwrap();
        let mut private = std::fs::DirBuilder::new();
        private.mode(0o700);
        private.create(home.path().join("run")).unwrap();
        private.create(home.path().join("data")).unwrap();
        let keys = serde_json::to_vec(&Keys::new().enrolled()).unwrap();
        let path = home.path().join("data/keys.json");
        std::fs::write(&path, keys).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        Self { home, saw: channel().1, calls: Arc::default() }
    }

    /// Listens and answers by `script`.
    pub fn new(script: impl Fn(&Call, &Keys) -> Vec<Say> + Send + Sync + 'static) -> Self {
        Self::listening_as("sayso.sock", script)
    }

    /// Listens on a socket of another name, which somebody may give its right one.
    pub fn listening_as(
        name: &str,
        script: impl Fn(&Call, &Keys) -> Vec<Say> + Send + Sync + 'static,
    ) -> Self {
        let mut sayso = Self::silent();
        let (tell, saw) = channel();
        sayso.saw = saw;
        let listener = UnixListener::bind(sayso.home.path().join("run").join(name)).unwrap();
        let script: Arc<Script> = Arc::new(script);
        let calls = Arc::clone(&sayso.calls);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (script, tell, calls) = (Arc::clone(&script), tell.clone(), Arc::clone(&calls));
                thread::spawn(move || serve(&stream.unwrap(), &*script, &tell, &calls));
            }
        });
        sayso
    }

    /// The command, in this Sayso's folders and with nothing else of the environment but `PATH`.
    pub fn command(&self, words: &[&str]) -> Command {
        self.command_of(&sayso_program(), words)
    }

    pub fn command_of(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("SAYSO_HOME", self.home.path())
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, words: &[&str]) -> Ended {
        Ended::of(self.command(words).output().unwrap())
    }

    pub fn run_with(&self, words: &[&str], stdin: &[u8]) -> Ended {
        let mut child = self
            .command(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let input = stdin.to_vec();
        // A command that stops reading early closes the pipe; that is its right.
        let writer = thread::spawn(move || drop(pipe.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ended::of(output)
    }

    /// Waits for the next thing that it sees.
    pub fn next(&self) -> Saw {
        self.saw.recv().unwrap()
    }

    /// Waits until a connection was closed at the other end.
    pub fn until_closed(&self) {
        while self.next() != Saw::Closed {}
    }

    pub fn methods(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap().iter().map(Call::method).collect()
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// What was asked; there must be one.
    pub fn asked(&self) -> Ask {
        self.calls()
            .into_iter()
            .find_map(|call| match call {
                Call::Request(ask) => Some(*ask),
                _ => None,
            })
            .unwrap()
    }

    pub fn keys_file(&self) -> PathBuf {
        self.home.path().join("data/keys.json")
    }
}

fn serve(stream: &UnixStream, script: &Script, tell: &Sender<Saw>, calls: &Mutex<Vec<Call>>) {
    let keys = Keys::new();
    let mut lines = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
            break;
        }
        line.pop();
        let incoming = rpc::read_call(&line).unwrap();
        calls.lock().unwrap().push(incoming.call.clone());
        drop(tell.send(Saw::Call(incoming.call.clone())));
        for say in script(&incoming.call, &keys) {
            let mut out = Vec::new();
            match say {
                Say::Reply(reply) => rpc::write_reply(&mut out, &incoming.id, &reply),
                Say::Fault(fault) => rpc::write_fault(&mut out, Some(&incoming.id), &fault),
                Say::Progress(progress) => rpc::write_progress(&mut out, &progress),
                Say::Close => return,
                Say::Drip(progress) => {
                    rpc::write_progress(&mut out, &progress);
                    while (&*stream).write_all(&out).is_ok() {
                        thread::sleep(std::time::Duration::from_millis(20));
                    }
                }
            }
            drop((&*stream).write_all(&out));
        }
    }
    drop(tell.send(Saw::Closed));
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }
}

/// The command under another name, beside nothing else; a link, so that no written file is executed.
pub fn alone(folder: &Path) -> PathBuf {
    let program = folder.join("sayso");
    std::fs::hard_link(sayso_program(), &program).unwrap();
    program
}

/// The command. A measurement is no test and is not told where it is: one folder above its own.
pub fn sayso_program() -> PathBuf {
    option_env!("CARGO_BIN_EXE_sayso").map_or_else(
        || std::env::current_exe().unwrap().parent().unwrap().with_file_name("sayso"),
        PathBuf::from,
    )
}

/// A folder on the disk of the built programs.
pub fn folder_for_programs() -> tempfile::TempDir {
    let folder = option_env!("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
    tempfile::tempdir_in(folder).unwrap()
}

/// Everything that comes out of a pipe until its end.
pub fn all(mut pipe: impl Read) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    text
}
