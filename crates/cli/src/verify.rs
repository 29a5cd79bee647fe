//! `sayso verify`: a receipt, offline.

use std::io::Read;
use std::path::Path;

use sayso_core::receipt::{ReceiptError, Verified};
use sayso_core::{Action, Decision, Digest, Receipt, TrustedKeys, UnixMs, limits, strict};
use sayso_wire::Places;
use serde::Serialize;

use crate::args::VerifyArgs;
use crate::exit::Exit;
use crate::{pinned, words};

/// Bytes of a receipt on standard input, with room for the line's end.
const INPUT_BYTES: u64 = limits::RECEIPT_BYTES as u64 + 2;

pub(crate) fn run(args: &VerifyArgs) -> Exit {
    match check(args) {
        Ok(found) => found.report(args),
        Err(why) => {
            words::complain(&words::safe(&why));
            Exit::Usage
        }
    }
}

/// What came of it.
struct Found {
    outcome: Result<Verified, ReceiptError>,
    doubt: Option<ReceiptError>,
    now: UnixMs,
}

fn check(args: &VerifyArgs) -> Result<Found, String> {
    if args.receipt == "-" && args.action.as_deref() == Some(Path::new("-")) {
        return Err("standard input cannot be both the receipt and the action".to_owned());
    }
    let receipt = match args.receipt.as_str() {
        "-" => from_stdin()?,
        text => text.to_owned(),
    };
    let action = args.action.as_deref().map(digest_of).transpose()?;
    let keys = keys(args)?;
    let now = words::now();
    let outcome = Receipt::from_text(receipt.trim()).verify(&keys);
    let doubt = outcome.as_ref().ok().and_then(|verified| doubt(verified, action, args.approves, now));
    Ok(Found { outcome, doubt, now })
}

fn from_stdin() -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin()
        .take(INPUT_BYTES)
        .read_to_string(&mut text)
        .map_err(|why| format!("the receipt cannot be read from standard input: {why}"))?;
    Ok(text)
}

fn digest_of(path: &Path) -> Result<Digest, String> {
    read_action(path)?.digest().map_err(|why| why.to_string())
}

/// The action in a file, or on standard input for `-`.
///
/// # Errors
/// A sentence.
pub(crate) fn read_action(path: &Path) -> Result<Action, String> {
    let most = limits::LINE_BYTES as u64;
    let mut bytes = Vec::new();
    let read = |bytes: &mut Vec<u8>| match path.to_str() {
        Some("-") => std::io::stdin().take(most + 1).read_to_end(bytes),
        _ => std::fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(bytes)),
    };
    read(&mut bytes).map_err(|why| format!("the action cannot be read from {}: {why}", path.display()))?;
    if bytes.len() as u64 > most {
        return Err(format!("the action is longer than {most} bytes"));
    }
    strict::parse(&bytes).map_err(|why| format!("this is not an action: {why}"))
}

fn keys(args: &VerifyArgs) -> Result<TrustedKeys, String> {
    let keys = match &args.keys {
        Some(path) => pinned::keys_in(path),
        None => pinned::keys(&Places::from_env().map_err(|why| why.to_string())?),
    };
    keys.map_err(|why| why.to_string())
}

fn doubt(verified: &Verified, action: Option<Digest>, approves: bool, now: UnixMs) -> Option<ReceiptError> {
    let claims = verified.claims();
    if action.is_some_and(|action| action != claims.action) {
        return Some(ReceiptError::Mismatch("action"));
    }
    if !approves {
        return None;
    }
    if let Err(replaced) = verified.key_is_in_force() {
        return Some(replaced);
    }
    if claims.decision != Decision::Approved {
        return Some(ReceiptError::Denial(claims.reason.clone()));
    }
    let (nbf, exp) = (claims.nbf, claims.exp);
    (now.seconds() < nbf || now.seconds() >= exp).then_some(ReceiptError::NotInForce { nbf, exp })
}

#[derive(Serialize)]
struct Report<'a> {
    holds: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'a sayso_core::ReceiptClaims>,
}

impl Found {
    fn report(&self, args: &VerifyArgs) -> Exit {
        let verified = self.outcome.as_ref().ok();
        let fault = self.outcome.as_ref().err().or(self.doubt.as_ref());
        if args.json {
            words::say_json(&Report {
                holds: fault.is_none(),
                code: fault.map(ReceiptError::code),
                message: fault.map(ToString::to_string),
                kid: verified.map(|v| v.kid().as_str()),
                claims: verified.map(Verified::claims),
            });
        } else {
            if let Some(verified) = verified {
                self.tell(verified);
            }
            match fault {
                None => words::say("It holds."),
                Some(why) => words::say(&format!("It does not hold: {}.", words::safe(&why.to_string()))),
            }
        }
        if fault.is_none() { Exit::Approved } else { Exit::Denied }
    }

    fn tell(&self, verified: &Verified) {
        let claims = verified.claims();
        let row = |name: &str, value: &str| words::say(&format!("{name:<10}{}", words::safe(value)));
        row("decision", &format!("{} by {}", words::decision(claims.decision), words::by(claims.by)));
        row("presence", words::presence(claims.presence));
        if let Some(reason) = &claims.reason {
            row("reason", &format!("“{reason}”"));
        }
        row("decider", &claims.iss);
        row("asker", &claims.aud);
        row("request", &claims.sub.to_string());
        row("action", &claims.action.to_string());
        if let Some(shown) = claims.shown {
            row("shown", &shown.to_string());
        }
        row("decided", &second(claims.iat));
        row("in force", &self.force(claims.nbf, claims.exp));
        row("key", verified.kid().as_str());
    }

    fn force(&self, nbf: i64, exp: i64) -> String {
        let now = self.now.seconds();
        let word = if now < nbf {
            "not yet"
        } else if now < exp {
            "now"
        } else {
            "no longer"
        };
        format!("{word} (from {} until {})", second(nbf), second(exp))
    }
}

fn second(seconds: i64) -> String {
    words::time(UnixMs(seconds.saturating_mul(1000)))
}
