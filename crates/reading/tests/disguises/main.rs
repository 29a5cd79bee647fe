//! Every disguise of a risky command reads as the plain one, and text that only looks like one is text.
//!
//! Plain commands times disguises, generated. What a disguise must keep: a severity at least as bad, and every target
//! of the plain command. Disguises that run it elsewhere keep the severity.
#![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

mod dress;
mod more;

use dress::{DISGUISES, Disguise, ELSEWHERE, RISKY, TEXTS, base64, in_quotes, line};
use proptest::prelude::*;
use sayso_core::{Action, Reading, Severity, strict};
use sayso_reading::read;
use serde_json::json;

fn script(text: &str) -> Reading {
    let json = json!({"kind": "shell", "script": text, "cwd": "/p"});
    let action: Action = strict::parse(json.to_string().as_bytes()).unwrap();
    read(&action)
}

fn targets(reading: &Reading) -> Vec<String> {
    reading.effects.iter().map(|effect| format!("{:?} {}", effect.verb, effect.target.name)).collect()
}

fn check(words: &[&str], (name, dress): &Disguise, same_targets: bool, wrong: &mut Vec<String>) {
    let Some(text) = dress(words) else { return };
    let plain = script(&line(words));
    if plain.severity < Severity::High {
        return;
    }
    let dressed = script(&text);
    let mut missing = targets(&plain);
    let have = targets(&dressed);
    missing.retain(|target| !have.contains(target));
    if dressed.severity < plain.severity {
        wrong.push(format!(
            "{name}: {:?} and plainly {:?}: {text}\n    {}",
            dressed.severity, plain.severity, dressed.sentence
        ));
    } else if same_targets && !missing.is_empty() {
        wrong.push(format!("{name}: without {missing:?}: {text}\n    {have:?}"));
    }
}

#[test]
fn every_command_of_the_list_is_risky_as_it_stands() {
    let harmless: Vec<String> =
        RISKY.iter().map(|words| line(words)).filter(|text| script(text).severity < Severity::High).collect();
    assert!(harmless.is_empty(), "{harmless:#?}");
}

#[test]
fn a_disguised_command_reads_like_the_plain_one() {
    let mut wrong = Vec::new();
    for words in RISKY {
        for disguise in DISGUISES {
            check(words, disguise, true, &mut wrong);
        }
        for disguise in more::MORE {
            check(words, disguise, false, &mut wrong);
        }
        for disguise in ELSEWHERE {
            check(words, disguise, false, &mut wrong);
        }
    }
    let count = wrong.len();
    wrong.truncate(200);
    assert!(wrong.is_empty(), "{count}\n{}", wrong.join("\n"));
}

#[test]
fn a_risky_command_that_is_only_text_is_text() {
    let mut wrong = Vec::new();
    for words in RISKY {
        for (name, dress) in TEXTS {
            let Some(text) = dress(words) else { continue };
            let reading = script(&text);
            if reading.severity >= Severity::High {
                wrong.push(format!("{name}: {:?} {text}\n    {}", reading.severity, reading.sentence));
            }
        }
    }
    let count = wrong.len();
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{count}\n{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    /// Two disguises at once: the outer one takes the inner one's line for a script.
    #[test]
    fn a_disguise_in_a_disguise_is_seen_through(
        command in 0..RISKY.len(),
        inner in 0..DISGUISES.len(),
        outer in prop_oneof![
            Just("sh -c {q}"), Just("eval {q}"), Just("echo {q} | bash"), Just("echo {b} | base64 -d | sh"),
            Just("sudo sh -c {q}"), Just("bash <<'OUTER'\n{}\nOUTER"), Just("f() { {}\n}; f"), Just("x=$({}\n)"),
            Just("if true; then {}\nfi"), Just("bash <(echo {q})"), Just("trap {q} EXIT"), Just("env -i bash -c {q}"),
            Just("xargs -0 sh -c < /dev/null; timeout 5 bash -c {q}"),
        ],
    ) {
        let words = RISKY[command];
        let Some(text) = DISGUISES[inner].1(words) else { return Ok(()) };
        let dressed = match outer {
            outer if outer.contains("{q}") => outer.replace("{q}", &in_quotes(&text)),
            outer if outer.contains("{b}") => outer.replace("{b}", &base64(&text)),
            outer => outer.replace("{}", &text),
        };
        let (plain, read) = (script(&line(words)), script(&dressed));
        prop_assert!(read.severity >= plain.severity, "{:?} and plainly {:?}: {}", read.severity, plain.severity, dressed);
    }
}
