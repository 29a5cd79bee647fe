//! `sayso hook AGENT`: an agent's hook, answered.
//!
//! # Invariants
//! - One answer, allow or deny, written at once. On every failure, a panic included, the denial is printed; where
//!   not even that can be, the exit status is 2 with a sentence on standard error, by which the agent blocks too.
//! - Allow is printed only after the receipt was verified against the pinned keys and used up.
//! - The answer comes before the agent's own limit: past that the agent acts unasked.
//! - Nothing here reads a configuration or the command line's types: starting up is most of the time it takes.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sayso_agents::{Agent, NotUnderstood};
use sayso_core::life::Stage;
use sayso_core::limits::{LINE_BYTES, WAIT_SECONDS};
use sayso_core::{Ask, Decision};

use crate::args;
use crate::asking::{self, Early, No};
use crate::exit::Exit;
use crate::parent::Parent;
use crate::words;

/// When the hook denies by itself unless `--limit` says otherwise: before the agent's own limit for a hook whose settings
/// name none.
const fn limit_of(agent: Agent) -> Duration {
    match agent {
        // 600 s.
        Agent::ClaudeCode => Duration::from_secs(570),
        // 60 s.
        Agent::Cursor => Duration::from_secs(55),
    }
}

/// How long the agent may take to write its input. It writes it at once; one that does not would hold the hook past
/// the agent's limit.
const INPUT: Duration = Duration::from_secs(10);

/// How much sooner than the hook's own limit the request's ends, where the hook's is the shorter one: Sayso signs
/// the denial and the answer travels.
const MARGIN: Duration = Duration::from_secs(2);

/// Whether the answer was written.
static ANSWERED: AtomicBool = AtomicBool::new(false);

/// An answer, and the status beside it.
struct Answer {
    decision: Decision,
    reason: String,
    exit: Exit,
}

impl Answer {
    fn deny(reason: impl Into<String>) -> Self {
        Self { decision: Decision::Denied, reason: reason.into(), exit: Exit::Approved }
    }
}

/// Answers the hook named by the words after `hook`.
pub(crate) fn run(after: &[OsString]) -> Exit {
    let parent = Parent::now();
    let start = Instant::now();
    let words: Vec<&str> = after.iter().map(|word| word.to_str().unwrap_or("\u{fffd}")).collect();
    let Some((agent, more)) = words.split_first().and_then(|(name, more)| Some((Agent::named(name)?, more)))
    else {
        // Another agent's format is not known, so nothing printed would be read.
        words::complain(&format!("there is a hook for each of {}. Denied.", args::agents()));
        return Exit::Block;
    };
    std::panic::set_hook(Box::new(move |_| last_denial(agent)));
    let answer = match limit(agent, more) {
        Ok(limit) => answer(agent, start, limit, parent),
        Err(sentence) => Answer::deny(sentence),
    };
    write(agent, &answer)
}

/// The hook's own limit. Bad usage denies like everything else: any other status than 2 lets some agents act.
fn limit(agent: Agent, more: &[&str]) -> Result<Duration, String> {
    match more {
        [] => Ok(limit_of(agent)),
        ["--limit", span] => read_limit(span),
        [word] if word.starts_with("--limit=") => read_limit(&word["--limit=".len()..]),
        _ => Err(format!("the hook is set up wrongly: after {} only --limit TIME can stand", agent.name())),
    }
}

fn read_limit(text: &str) -> Result<Duration, String> {
    args::span(text).map_err(|why| format!("the hook is set up wrongly: --limit {why}"))
}

fn answer(agent: Agent, start: Instant, limit: Duration, parent: Parent) -> Answer {
    let early = Early::connect();
    let ask = match request(agent, start, limit) {
        Ok(ask) => ask,
        Err(Unasked::NotUnderstood(why)) => {
            let exit = if matches!(why, NotUnderstood::Event { .. }) { Exit::Block } else { Exit::Approved };
            return Answer { exit, ..Answer::deny(words::sentence(&format!("Denied: {why}"))) };
        }
        Err(Unasked::Other(why)) => return Answer::deny(words::sentence(&format!("Denied: {why}"))),
    };
    match granted(early, &ask, limit.saturating_sub(start.elapsed()), parent) {
        Ok(sentence) => Answer { decision: Decision::Approved, reason: sentence, exit: Exit::Approved },
        Err(no) => Answer::deny(no.sentence),
    }
}

fn granted(early: Early, ask: &Ask, limit: Duration, parent: Parent) -> Result<String, No> {
    let mut watched = false;
    let granted = asking::decide(early, ask, limit, &mut |progress| {
        if progress.stage == Stage::Waiting && !watched {
            watched = true;
            parent.watch();
        }
    })?;
    let sentence = granted.sentence();
    granted.use_up()?;
    Ok(sentence)
}

enum Unasked {
    NotUnderstood(NotUnderstood),
    Other(String),
}

fn request(agent: Agent, start: Instant, limit: Duration) -> Result<Ask, Unasked> {
    let input = input(start + INPUT.min(limit)).map_err(Unasked::Other)?;
    let nonce = asking::nonce().map_err(|no| Unasked::Other(no.sentence))?;
    // The person's configuration says how long a request waits. Only a hook that cannot wait as long says so.
    let wait_ms = (limit <= Duration::from_secs(WAIT_SECONDS))
        .then(|| limit.saturating_sub(MARGIN).max(Duration::from_secs(1)).as_millis())
        .and_then(|ms| u64::try_from(ms).ok());
    // The agent acts on our yes at once.
    agent
        .ask(&input, nonce, wait_ms)
        .map(|ask| Ask { use_at_once: true, ..ask })
        .map_err(Unasked::NotUnderstood)
}

fn input(until: Instant) -> Result<Vec<u8>, String> {
    let stdin = io::stdin();
    let mut input = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        readable(&stdin, until)?;
        // Unbuffered: what poll says about the descriptor must be all there is to say.
        match rustix::io::read(&stdin, &mut buffer) {
            Ok(0) => return Ok(input),
            Ok(count) => input.extend_from_slice(&buffer[..count]),
            Err(rustix::io::Errno::INTR) => {}
            Err(why) => return Err(format!("the hook's input cannot be read: {why}")),
        }
        if input.len() > LINE_BYTES {
            return Err(format!("the hook's input is longer than {LINE_BYTES} bytes"));
        }
    }
}

fn readable(stdin: &io::Stdin, until: Instant) -> Result<(), String> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::new(stdin, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => return Err("the hook's input did not come to its end in time".to_owned()),
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(why) => return Err(format!("the hook's input cannot be waited for: {why}")),
        }
    }
}

fn write(agent: Agent, answer: &Answer) -> Exit {
    let mut line = agent.answer(answer.decision, &answer.reason);
    line.push('\n');
    if answer.exit != Exit::Approved {
        words::complain(&words::safe(&answer.reason));
    }
    match put(line.as_bytes()) {
        Ok(()) => answer.exit,
        Err(why) => {
            words::complain(&format!("the answer cannot be written ({why}); denied"));
            Exit::Block
        }
    }
}

/// Writes past every buffer, so that what was written is known.
fn put(mut line: &[u8]) -> Result<(), rustix::io::Errno> {
    ANSWERED.store(true, Ordering::SeqCst);
    let stdout = io::stdout();
    while !line.is_empty() {
        match rustix::io::write(&stdout, line) {
            Ok(count) => line = &line[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(why) => return Err(why),
        }
    }
    Ok(())
}

/// What a panic does: the denial that needs nothing computed, and the end. Where an answer may have been begun, a
/// second one would make both unreadable, and unreadable is a yes; so the status denies.
fn last_denial(agent: Agent) -> ! {
    if !ANSWERED.load(Ordering::SeqCst) && put(agent.last_denial().as_bytes()).is_ok() {
        Exit::Approved.now();
    }
    let _gone = io::stderr().write_all(b"sayso: failed inside; denied\n");
    Exit::Block.now()
}

/// Whether these words are a hook's. They are looked at before anything else is.
pub(crate) fn is_asked_for(words: &[OsString]) -> bool {
    let help = |word: &OsString| word == OsStr::new("--help") || word == OsStr::new("-h");
    words.first().is_some_and(|word| word == OsStr::new("hook")) && !words.iter().any(help)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// In the copy of this test program that panics: whose hook it is.
    const PANIC: &str = "SAYSO_TEST_PANIC";

    #[test]
    fn a_panic_is_answered_with_the_last_denial() {
        if let Some(agent) = std::env::var(PANIC).ok().and_then(|name| Agent::named(&name)) {
            std::panic::set_hook(Box::new(move |_| last_denial(agent)));
            panic!("a mistake of ours");
        }
        for agent in Agent::ALL {
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "hook::tests::a_panic_is_answered_with_the_last_denial", "--nocapture"])
                .env(PANIC, agent.name())
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(0));
            let printed = String::from_utf8(output.stdout).unwrap();
            assert!(printed.ends_with(agent.last_denial()), "{printed}");
        }
    }
}
