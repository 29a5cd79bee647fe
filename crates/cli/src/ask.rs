//! `sayso ask`: ask, wait, say how it ended.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use sayso_core::action::{Command, Shell};
use sayso_core::{Action, Ask, By, Decision, Presence, Receipt, RequestId, strict};
use sayso_wire::protocol::Told;
use serde::Serialize;

use crate::args::{AskArgs, Words};
use crate::asking::{self, Early, End, Granted, No};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::{verify, words};

pub(crate) fn run(args: &AskArgs) -> Exit {
    match decide(args) {
        Ok(granted) => {
            if args.json {
                words::say_json(&Report::granted(&granted));
            } else {
                words::say(&words::safe(&granted.sentence()));
            }
            Exit::Approved
        }
        Err(no) => {
            report(&no, args.json);
            no.exit()
        }
    }
}

fn decide(args: &AskArgs) -> Result<Granted, No> {
    let action = match &args.action {
        Some(path) => verify::read_action(path).map_err(No::bad_input)?,
        None => command_here(&args.command)?,
    };
    let ask = built(action, &args.words, "sayso ask")?;
    let interrupt = Interrupt::new(&ask.nonce, Exit::Withdrawn, args.json);
    asking::decide(Early::none(), &ask, limit(&args.words), &mut |progress| interrupt.progress(progress))
        .inspect(|_| interrupt.disarm())
}

/// Says on standard output, or as JSON, that it was not approved.
pub(crate) fn report(no: &No, json: bool) {
    if json {
        words::say_json(&Report::not_granted(no));
    } else if no.told.is_some() {
        words::say(&words::safe(&no.sentence));
    } else {
        words::complain(&words::safe(&no.sentence));
    }
}

/// The command as an action: these words, in this folder, no shell between.
pub(crate) fn command_here(command: &[OsString]) -> Result<Action, No> {
    let cwd = std::env::current_dir()
        .map_err(|why| No::bad_input(format!("the current folder cannot be told: {why}")))?;
    shell(command, &cwd, Vec::new())
}

/// A command in a folder as an action.
///
/// # Errors
/// Where a word or the folder is not UTF-8: what cannot be shown and signed as text cannot be asked for.
pub(crate) fn shell(command: &[OsString], cwd: &Path, env: Vec<String>) -> Result<Action, No> {
    let argv = command
        .iter()
        .enumerate()
        .map(|(at, word)| {
            word.to_str().map(str::to_owned).ok_or_else(|| {
                No::bad_input(format!(
                    "word {} of the command is not UTF-8 ({}), so it cannot be shown as it is; rename the file, \
                     or give the command as a script that finds it",
                    at + 1,
                    word.to_string_lossy()
                ))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let cwd = cwd
        .to_str()
        .ok_or_else(|| No::bad_input("the current folder's path is not UTF-8; ask from another one"))?
        .to_owned()
        .try_into()
        .map_err(|bad: sayso_core::action::BadField| No::bad_input(bad.to_string()))?;
    Ok(Action::Shell(Shell { command: Command::Argv(argv), cwd, env }))
}

/// What is asked, held against the same bounds as at the other end of the socket, so that a mistake is told as bad
/// input before anything is started.
pub(crate) fn built(action: Action, words: &Words, agent: &str) -> Result<Ask, No> {
    let mut claims = BTreeMap::new();
    for (key, value) in &words.claims {
        if claims.insert(key.clone(), value.clone()).is_some() {
            return Err(No::bad_input(format!("the claim {key} stands twice")));
        }
    }
    let ask = Ask {
        nonce: asking::nonce()?,
        agent: words.agent.clone().unwrap_or_else(|| agent.to_owned()),
        action,
        claims,
        reason: words.reason.clone(),
        wait_ms: words.timeout.map(|t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX).max(1)),
        use_at_once: false,
    };
    let line = serde_json::to_vec(&ask).map_err(|why| No::bad_input(why.to_string()))?;
    strict::parse(&line).map_err(|why| No::bad_input(why.to_string()))
}

/// Sayso's own limit is at most `--timeout` and is signed at that end, so ours comes a little after it.
pub(crate) fn limit(words: &Words) -> Duration {
    words
        .timeout
        .map_or(asking::LONGEST, |timeout| timeout.saturating_add(asking::GRACE).min(asking::LONGEST))
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    outcome: &'static str,
    decision: Option<Decision>,
    by: Option<By>,
    presence: Option<Presence>,
    reason: Option<&'a str>,
    id: Option<RequestId>,
    receipt: Option<&'a Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    message: String,
}

impl<'a> Report<'a> {
    fn granted(granted: &'a Granted) -> Self {
        let claims = granted.approval.claims();
        Self {
            outcome: "approved",
            decision: Some(claims.decision),
            by: Some(claims.by),
            presence: Some(claims.presence),
            reason: claims.reason.as_deref(),
            id: Some(claims.sub),
            receipt: Some(granted.approval.receipt()),
            code: None,
            message: granted.sentence(),
        }
    }

    fn not_granted(no: &'a No) -> Self {
        let told = no.told.as_deref();
        // A yes that did not verify is not repeated as a yes.
        let said = told.filter(|told| told.decision != Some(Decision::Approved));
        Self {
            outcome: match no.end {
                End::Denied => "denied",
                End::Expired => "expired",
                End::Withdrawn => "withdrawn",
                End::Unreachable => "unreachable",
                End::BadInput => "bad_input",
            },
            decision: match no.end {
                End::Denied | End::Expired => Some(Decision::Denied),
                _ => None,
            },
            by: said.and_then(|told| told.by),
            presence: said.and_then(|told| told.presence),
            reason: said.and_then(|told| told.reason.as_deref()),
            id: told.map(|told: &Told| told.id),
            receipt: told.and_then(|told| told.receipt.as_ref()),
            code: no.code.as_deref(),
            message: no.sentence.clone(),
        }
    }
}
