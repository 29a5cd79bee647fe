//! A receipt verifies with a JWT library that knows nothing of Sayso: PyJWT, from `keys.json` as it lies there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use sayso_core::decision::{By, Decision, Presence};
use sayso_core::{Digest, Nonce, ReceiptClaims, RequestId};
use sayso_keys::{MachineKey, enrolment};

/// The library, kept at one version so that a test of today is the test of tomorrow.
const PACKAGE: &str = "pyjwt[crypto]==2.10.1";

const SCRIPT: &str = r#"
import json, sys, jwt
jwks, token, audience = open(sys.argv[1]).read(), sys.argv[2], sys.argv[3]
header = jwt.get_unverified_header(token)
key = next(k for k in jwt.PyJWKSet.from_json(jwks).keys if k.key_id == header["kid"])
try:
    claims = jwt.decode(token, key, algorithms=["EdDSA"], audience=audience, issuer="machine:hera",
                        options={"require": ["exp", "nbf", "iat", "sub", "jti", "aud", "iss"]})
except jwt.InvalidTokenError as e:
    sys.exit("refused: " + type(e).__name__)
print(json.dumps({"typ": header["typ"], "claims": claims}))
"#;

/// A Python with the library, made once and kept under the target folder.
fn python() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pyjwt");
    std::fs::create_dir_all(&home).unwrap();
    // Two test runs at once make it once.
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let (venv, done) = (home.join("venv"), home.join(format!("has {PACKAGE}")));
    let python = venv.join("bin/python");
    if !done.exists() {
        let _ = std::fs::remove_dir_all(&venv);
        let made = Command::new("python3").args(["-m", "venv"]).arg(&venv).output();
        let made = made.expect("python3 does not start; install python3 and python3-venv");
        assert!(made.status.success(), "no venv ({}); install python3-venv", told(&made));
        let words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE];
        let installed = Command::new(&python).args(words).output().unwrap();
        assert!(installed.status.success(), "{PACKAGE} cannot be installed: {}", told(&installed));
        File::create(done).unwrap();
    }
    python
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[test]
fn an_unrelated_library_verifies_a_receipt_and_refuses_a_changed_one() {
    let folder = tempfile::tempdir().unwrap();
    let machine = MachineKey::open_or_create(folder.path()).unwrap();
    // The holder is this machine's name; the claim is checked against a fixed one.
    let mut keys = enrolment::load(folder.path()).unwrap();
    "machine:hera".clone_into(&mut keys.keys[0].holder);
    enrolment::save(folder.path(), &keys).unwrap();
    let machine = {
        drop(machine);
        MachineKey::open_or_create(folder.path()).unwrap()
    };

    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let claims = |from: i64, to: i64| ReceiptClaims {
        iss: "machine:hera".to_owned(),
        aud: "claude-code".to_owned(),
        sub: RequestId::from_random([7; 16]),
        jti: Nonce::try_from("n".repeat(22)).unwrap(),
        iat: from,
        nbf: from,
        exp: to,
        decision: Decision::Approved,
        by: By::Rule,
        presence: Presence::None,
        action: Digest::of_bytes(b"action"),
        shown: None,
        reason: Some("“ls” only reads — it passes".to_owned()),
    };
    let python = python();
    let verify = |token: &str, audience: &str| {
        let list = folder.path().join(enrolment::FILE);
        Command::new(&python).arg("-c").arg(SCRIPT).arg(list).args([token, audience]).output().unwrap()
    };

    let said = claims(now - 5, now + 300);
    let receipt = machine.sign(&said).unwrap();
    let output = verify(receipt.as_str(), "claude-code");
    assert!(output.status.success(), "{}", told(&output));
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["typ"], "sayso-receipt+jwt");
    assert_eq!(serde_json::from_value::<ReceiptClaims>(read["claims"].clone()).unwrap(), said);

    let refused = |token: &str, audience: &str, error: &str| {
        let output = verify(token, audience);
        assert!(told(&output).contains(&format!("refused: {error}")), "{}", told(&output));
    };
    let mut parts: Vec<&str> = receipt.as_str().split('.').collect();
    let later = claims(now - 5, now + 3000).signing_input(machine.public().id()).unwrap();
    parts[1] = later.split('.').nth(1).unwrap();
    refused(&parts.join("."), "claude-code", "InvalidSignatureError");
    refused(receipt.as_str(), "cursor", "InvalidAudienceError");
    let lapsed = machine.sign(&claims(now - 600, now - 300)).unwrap();
    refused(lapsed.as_str(), "claude-code", "ExpiredSignatureError");
}
