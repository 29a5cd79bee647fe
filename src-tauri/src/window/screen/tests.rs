use sayso_core::card::{Card, Exact};
use sayso_core::fact::Facts;
use sayso_core::request::Peer;
use sayso_core::seat::Draft;
use sayso_core::{Digest, Nonce, Severity, UnixMs};

use super::*;

fn id(n: u8) -> RequestId {
    RequestId::from_random([n; 16])
}

fn view(n: u8, presence: Presence, type_to_approve: Option<&str>) -> CardView {
    let action = Digest::of_bytes(b"action");
    let card = Card {
        id: id(n),
        short: "Delete build".to_owned(),
        title: "Delete build".to_owned(),
        severity: Severity::High,
        warning: String::new(),
        agent: "test".to_owned(),
        folder: "~".to_owned(),
        branch: None,
        received: UnixMs(0),
        facts: Facts::pending(),
        changes: Vec::new(),
        exact: Exact {
            kind: "shell".to_owned(),
            text: String::new(),
            rest: String::new(),
            marks: Vec::new(),
            action,
        },
        peer: Peer { uid: 0, user: None, processes: Vec::new() }.into(),
        claims: Vec::new(),
        unread: Vec::new(),
        presence,
        type_to_approve: type_to_approve.map(str::to_owned),
    };
    CardView {
        shown: card.digest().unwrap(),
        card,
        stage: Stage::Waiting,
        ended: String::new(),
        settled: true,
        remaining_ms: 60_000,
        draft: Draft {
            aud: "test".to_owned(),
            sub: id(n),
            jti: Nonce::try_from("n".repeat(22)).unwrap(),
            action,
            receipt_seconds: 300,
        },
    }
}

/// A screen on which this card has stood for long enough.
fn standing(view: CardView) -> Screen {
    let mut screen = Screen::new();
    screen.open(view.card.id);
    assert!(screen.take_card(view));
    rest(&mut screen);
    screen
}

/// As if [`INERT`] had passed.
fn rest(screen: &mut Screen) {
    let past = |at: &mut Instant| *at = at.checked_sub(INERT).unwrap();
    if let Some((_, moment)) = &mut screen.card {
        past(&mut moment.at);
    }
    if let Some(focus) = &mut screen.focus {
        past(focus);
    }
}

fn code(screen: &Screen, shown: &str, typed: Option<&str>, passphrase: bool) -> String {
    match screen.approving(id(1), shown, typed, passphrase) {
        Ok((_, presence)) => format!("{presence:?}"),
        Err(fault) => fault.code,
    }
}

#[test]
fn nothing_is_approved_that_came_changed_or_was_focused_just_now() {
    let card = view(1, Presence::Click, None);
    let shown = card.shown.to_string();
    let mut screen = Screen::new();
    screen.open(id(1));
    screen.take_card(card.clone());
    assert_eq!(code(&screen, &shown, None, false), "too_soon");
    rest(&mut screen);
    assert_eq!(code(&screen, &shown, None, false), "Click");
    screen.focused();
    assert_eq!(code(&screen, &shown, None, false), "too_soon");
    rest(&mut screen);
    screen.take_card(card);
    assert_eq!(code(&screen, &shown, None, false), "Click", "the same card again is no change");
    let mut changed = view(1, Presence::Click, None);
    changed.card.title.push('!');
    changed.shown = changed.card.digest().unwrap();
    let now_shown = changed.shown.to_string();
    screen.take_card(changed);
    assert_eq!(code(&screen, &shown, None, false), "card_changed");
    assert_eq!(code(&screen, &now_shown, None, false), "too_soon");
    screen.open(id(1));
    assert_eq!(code(&screen, &now_shown, None, false), "too_soon", "opened anew, it rests anew");
}

#[test]
fn only_the_waiting_settled_card_on_the_screen_is_decided() {
    let card = view(1, Presence::Click, None);
    let shown = card.shown.to_string();
    let mut screen = standing(card.clone());
    screen.open(id(2));
    assert_eq!(code(&screen, &shown, None, false), "not_on_screen");
    assert!(!screen.take_card(card.clone()), "a card that was left does not come back");
    let mut screen = standing(CardView { settled: false, ..card.clone() });
    assert_eq!(code(&screen, &shown, None, false), "facts_pending");
    screen.take_card(CardView { stage: Stage::Withdrawn, ..card });
    assert_eq!(code(&screen, &shown, None, false), "not_waiting");
    assert_eq!(screen.deciding(id(1)).unwrap_err().code, "not_waiting");
}

#[test]
fn a_name_that_is_asked_for_must_be_typed_exactly() {
    let card = view(1, Presence::Typed, Some("build"));
    let shown = card.shown.to_string();
    let screen = standing(card);
    for typed in [None, Some(""), Some("buil"), Some("Build"), Some("build ")] {
        assert_eq!(code(&screen, &shown, typed, false), "typed_differs");
    }
    assert_eq!(code(&screen, &shown, Some("build"), false), "Typed");
}

#[test]
fn a_passphrase_that_is_asked_for_must_be_given_and_one_that_is_not_counts_for_nothing() {
    let card = view(1, Presence::Passphrase, Some("build"));
    let shown = card.shown.to_string();
    let screen = standing(card);
    assert_eq!(code(&screen, &shown, Some("build"), false), "passphrase_missing");
    assert_eq!(code(&screen, &shown, None, true), "typed_differs");
    assert_eq!(code(&screen, &shown, Some("build"), true), "Passphrase");
    let screen = standing(view(1, Presence::Click, None));
    let shown = view(1, Presence::Click, None).shown.to_string();
    assert_eq!(code(&screen, &shown, None, true), "Click");
    let card = view(1, Presence::SecurityKey, None);
    let shown = card.shown.to_string();
    assert_eq!(code(&standing(card), &shown, None, true), "no_security_key");
}
