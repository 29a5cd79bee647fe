//! `sayso log`, `sayso log verify` and `sayso status`: what Sayso tells of itself.

use std::io::{self, Write};

use sayso_core::life::Stage;
use sayso_core::seat::HistoryRow;
use sayso_wire::protocol::{LogPage, LogVerified, Status};

use crate::args::{LogArgs, LogWhat};
use crate::asking::{No, Reach};
use crate::exit::Exit;
use crate::words;

pub(crate) fn log(args: &LogArgs) -> Exit {
    let done = match &args.what {
        Some(LogWhat::Verify { json }) => verify(*json),
        None => pages(args),
    };
    done.unwrap_or_else(|no| no.complain())
}

fn pages(args: &LogArgs) -> Result<Exit, No> {
    let mut reach = Reach::or_start()?;
    let mut left = args.limit.unwrap_or(usize::MAX);
    let mut before = None;
    let mut out = io::stdout().lock();
    while left > 0 {
        let page = LogPage { search: args.search.clone().unwrap_or_default(), before };
        let page = reach.log_page(page)?;
        for row in page.rows.iter().take(left) {
            let line = if args.json { serde_json::to_string(row).unwrap_or_default() } else { told(row) };
            if writeln!(out, "{line}").is_err() {
                return Ok(Exit::Approved);
            }
        }
        left = left.saturating_sub(page.rows.len());
        // A page that does not go back in time would be asked for for ever.
        match page.next {
            Some(next) if before.is_none_or(|before| next < before) => before = Some(next),
            _ => break,
        }
    }
    Ok(Exit::Approved)
}

/// One request in two lines: how it ended and what it was, then who asked and who decided.
fn told(row: &HistoryRow) -> String {
    let ended = match (row.decision, row.by) {
        (Some(decision), Some(by)) => format!("{} by {}", words::decision(decision), words::by(by)),
        _ => stage(row.stage).to_owned(),
    };
    let used = if row.stage == Stage::Used { ", used" } else { "" };
    let mark = match (&row.receipt, row.verified) {
        (None, _) => "",
        (Some(_), true) => ", receipt verified",
        (Some(_), false) => ", RECEIPT DOES NOT VERIFY",
    };
    let place =
        row.environment.as_deref().map(|name| format!(" in {}", words::safe(name))).unwrap_or_default();
    let reason = row.reason.as_deref().map(|why| format!(" “{}”", words::safe(why))).unwrap_or_default();
    format!(
        "{}  {ended}{used}{mark}{reason}\n    {}{place}: {}\n    {}, {}",
        words::time(row.received),
        words::safe(&row.sentence),
        words::safe(&row.exact),
        words::safe(&row.agent),
        row.id,
    )
}

const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Received | Stage::Read => "came in",
        Stage::Waiting => "waiting",
        Stage::Approved => "approved",
        Stage::Denied => "denied",
        Stage::Expired => "nobody decided",
        Stage::Withdrawn => "withdrawn",
        Stage::Used => "used",
    }
}

fn verify(json: bool) -> Result<Exit, No> {
    let found = Reach::or_start()?.log_verify()?;
    if json {
        words::say_json(&found);
    } else {
        tell(&found);
    }
    Ok(if found.fault.is_none() { Exit::Approved } else { Exit::Denied })
}

fn tell(found: &LogVerified) {
    words::say(&format!("leaves  {}", found.leaves));
    words::say(&format!("root    {}", words::safe(&found.root)));
    match &found.fault {
        None => words::say("Every leaf holds, and the checkpoint is signed."),
        Some(fault) => {
            let what = fault.leaf.map_or_else(|| "The log".to_owned(), |leaf| format!("Leaf {leaf}"));
            words::say(&format!("{what} does not hold: {}", words::safe(&fault.why)));
        }
    }
}

pub(crate) fn status(json: bool) -> Exit {
    match Reach::as_it_is().and_then(|mut reach| reach.status()) {
        Ok(status) if json => {
            words::say_json(&status);
            Exit::Approved
        }
        Ok(status) => {
            tell_status(&status);
            Exit::Approved
        }
        Err(no) => no.complain(),
    }
}

fn tell_status(status: &Status) {
    words::say(&format!("Sayso {} runs.", words::safe(&status.version)));
    let waiting = match status.waiting {
        0 => "Nothing waits.".to_owned(),
        1 => "1 request waits for a person.".to_owned(),
        many => format!("{many} requests wait for a person."),
    };
    words::say(&waiting);
    if status.stopped {
        words::say("All agents are stopped: everything is denied until you let them go on.");
    }
    if let Some(trouble) = &status.key_trouble {
        words::say(&format!("The approver's key cannot sign: {}", words::safe(trouble)));
    }
}

#[cfg(test)]
mod tests {
    use sayso_core::{RequestId, Severity, UnixMs};

    use super::*;

    #[test]
    fn a_row_from_outside_cannot_forge_another_line_or_send_escape_codes() {
        let row = HistoryRow {
            id: RequestId::from_random([7; 16]),
            received: UnixMs(0),
            ended: None,
            sentence: "Delete\n2026-11-22T00:00:00Z  approved".to_owned(),
            exact: "rm \u{1b}[1A".to_owned(),
            severity: Severity::High,
            agent: "a".to_owned(),
            environment: Some("prod\r".to_owned()),
            stage: Stage::Waiting,
            decision: None,
            by: None,
            presence: None,
            reason: None,
            receipt: None,
            verified: false,
        };
        let told = told(&row);
        assert_eq!(told.lines().count(), 3, "{told}");
        assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "{told:?}");
    }
}
