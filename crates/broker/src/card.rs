//! The card: what a person sees of a request, built from what was read and what was checked.
//!
//! Invariants: every text that an agent wrote is redacted, then revealed (in that order: a secret is found in
//! the bytes as they are). The exact request is shown whole or says what it leaves out.

use std::collections::BTreeMap;
use std::sync::Arc;

use sayso_core::card::{Card, Change, Claim};
use sayso_core::decision::{Demand, Presence};
use sayso_core::reading::{Effect, Reversible, Target, TargetKind, Verb};
use sayso_core::record::Kept;
use sayso_core::request::Peer;
use sayso_core::visible::{reveal, reveal_line};
use sayso_core::{Reading, Severity, redact};
use sayso_facts::Gathered;

use crate::exact::exact;

/// Builds the card. Pure: everything it says comes in.
pub fn build(kept: &Kept, reading: &Reading, gathered: Gathered, demand: &Demand) -> Card {
    let request = &kept.request;
    let sentence = reveal_line(&named(redact::text(&reading.sentence), &gathered.names));
    let place = gathered.facts.environment_name.as_deref().map(|name| behind(&sentence, name));
    let claims = request.ask.claims.iter().map(|(key, value)| claim(key, value));
    let reason = request.ask.reason.iter().map(|value| claim("reason", value));
    bounded(Card {
        id: request.id,
        short: named(short(reading), &gathered.names),
        title: format!("{sentence}{}", place.as_deref().map(reveal_line).unwrap_or_default()),
        severity: reading.severity,
        warning: warning(reading),
        agent: reveal_line(&request.ask.agent),
        folder: gathered.folder,
        branch: gathered.branch,
        received: request.received,
        facts: gathered.facts,
        changes: gathered.changes,
        exact: exact(kept, reading),
        peer: revealed_peer(&request.peer),
        claims: reason.chain(claims).collect(),
        unread: reading.unread.iter().map(|unread| unread_sentence(&unread.what, &unread.why)).collect(),
        presence: demand.presence,
        type_to_approve: (demand.presence >= Presence::Typed)
            .then(|| named(name_to_type(reading, &request.ask.agent), &gathered.names)),
    })
}

/// Where, behind a sentence. One with a comma in it would take the place for its last part's.
fn behind(sentence: &str, environment: &str) -> String {
    let comma = if sentence.contains(", ") { "," } else { "" };
    format!("{comma} in {environment}")
}

/// `text` with what the systems themselves call the targets, in the place of ids that say nothing to a person.
fn named(text: String, names: &BTreeMap<String, String>) -> String {
    names.iter().fold(text, |text, (id, name)| {
        let name = reveal_line(&redact::text(name));
        if id.is_empty() || name.trim().is_empty() { text } else { text.replace(id.as_str(), &name) }
    })
}

/// A card that the seat can take, whatever an agent wrote: what is left out is said in words.
fn bounded(mut card: Card) -> Card {
    if bytes_of(&card) <= crate::limits::CARD_BYTES {
        return card;
    }
    let text = "What changes is too much to show here. Deny it unless you know it.".to_owned();
    card.changes = vec![Change::Note { text }];
    let over = card.unread.len().saturating_sub(crate::limits::CARD_UNREAD);
    if over > 0 {
        card.unread.truncate(crate::limits::CARD_UNREAD);
        card.unread.push(format!("{over} more parts could not be read and are not listed."));
    }
    if bytes_of(&card) > crate::limits::CARD_BYTES {
        card.exact.marks.clear();
    }
    card
}

/// How many bytes `what` takes as JSON.
pub(crate) fn bytes_of(what: &impl serde::Serialize) -> usize {
    let mut count = Count(0);
    // Counting does not fail; a value that has no JSON never comes to be a card or an ask.
    let _ = serde_json::to_writer(&mut count, what);
    count.0
}

struct Count(usize);

impl std::io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Who asks, from where, in one line for a notification.
pub fn from_line(card: &Card) -> String {
    if card.folder.is_empty() { card.agent.clone() } else { format!("{} · {}", card.agent, card.folder) }
}

/// What stands behind the agent in the queue: the environment, else the folder's name.
pub fn place(card: &Card) -> String {
    match &card.facts.environment_name {
        Some(name) => reveal_line(name),
        None => card.folder.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

fn claim(key: &str, value: &str) -> Claim {
    Claim { key: reveal_line(key), value: reveal(&redact::text(value)) }
}

fn unread_sentence(what: &str, why: &str) -> String {
    let what = reveal_line(&redact::text(what));
    let why = reveal_line(why);
    if what.is_empty() { why } else { format!("{what}: {why}") }
}

/// The peer as it may be shown: the same one, not a copy, where nothing in it needs hiding or revealing.
fn revealed_peer(peer: &Arc<Peer>) -> Arc<Peer> {
    let mut shown = (**peer).clone();
    for process in &mut shown.processes {
        process.program = process.program.as_deref().map(reveal_line);
        process.command_line = reveal_line(&redact::text(&process.command_line));
    }
    if shown == **peer { Arc::clone(peer) } else { Arc::new(shown) }
}

fn warning(reading: &Reading) -> String {
    let for_good = reading.effects.iter().any(|effect| effect.reversible == Reversible::No);
    match (for_good, reading.unread.is_empty()) {
        (true, _) if reading.severity >= Severity::High => "Cannot be undone".to_owned(),
        (_, false) => "Could not be read in full".to_owned(),
        _ => String::new(),
    }
}

/// The effect that a person must know first.
fn worst(reading: &Reading) -> Option<&Effect> {
    let rank = |effect: &Effect| {
        let verb = match effect.verb {
            Verb::Delete => 6,
            Verb::Disclose | Verb::Publish | Verb::Grant => 5,
            Verb::Overwrite | Verb::Spend | Verb::StopService => 4,
            Verb::ExecuteUnread => 3,
            Verb::Change => 2,
            Verb::Create => 1,
            Verb::Read => 0,
        };
        (effect.reversible == Reversible::No, verb)
    };
    // The first of the worst, so that the card names what the action names first.
    reading.effects.iter().rev().max_by_key(|effect| rank(effect))
}

/// What a person calls a target: the last part of its path; of a push, the branch over there.
pub(crate) fn last_part(target: &Target) -> &str {
    let name = target.name.as_str();
    if target.kind == TargetKind::GitRef {
        let there = name.rsplit(':').next().unwrap_or(name).trim_start_matches('+');
        return if there.is_empty() { name } else { there };
    }
    name.trim_end_matches('/').rsplit('/').next().filter(|part| !part.is_empty()).unwrap_or(name)
}

fn short(reading: &Reading) -> String {
    let Some(effect) = worst(reading) else { return reveal_line(&redact::text(&reading.sentence)) };
    let verb = match effect.verb {
        Verb::Read => "Read",
        Verb::Create => "Create",
        Verb::Change => "Change",
        Verb::Overwrite => "Overwrite",
        Verb::Delete => "Delete",
        Verb::Publish => "Publish",
        Verb::Disclose => "Disclose",
        Verb::Grant => "Grant",
        Verb::Spend => "Spend on",
        Verb::ExecuteUnread => "Run",
        Verb::StopService => "Stop",
    };
    format!("{verb} {}", reveal_line(&redact::text(last_part(&effect.target))))
}

/// The name that a hand must type: the target's last part, as far as it can be typed at all.
fn name_to_type(reading: &Reading, agent: &str) -> String {
    worst(reading)
        .map(|effect| last_part(&effect.target))
        .filter(|name| *name == reveal_line(name) && *name == redact::text(name) && !name.trim().is_empty())
        .unwrap_or(agent)
        .trim()
        .to_owned()
}
