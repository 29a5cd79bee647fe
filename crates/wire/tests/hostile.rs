//! What one client does that it should not, and that the others do not notice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod common;
#[path = "../../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "a crate of its own for the fuzzer")]
mod targets;

use std::io::{ErrorKind, Read as _, Write as _};
use std::time::Duration;

use common::{STATUS, Served, ask, request_line, served, served_for, told};
use proptest::prelude::*;
use sayso_wire::limits;
use sayso_wire::server::Pace;

fn others_are_answered(served: &Served) {
    assert_eq!(served.client().ask(&ask("now"), |_| {}).unwrap(), told("now"));
}

/// Patience that ends at once, for tests that wait for its end.
fn impatient() -> Served {
    let short = Duration::from_millis(50);
    served_for(&[], Pace { half_line: short, unread: short, leaving: short })
}

#[test]
fn a_duplicate_key_an_unknown_field_and_an_unknown_method_are_named() {
    let served = served();
    let mut raw = served.raw();
    let with = |field: &str| request_line(5, "now").replace(r#""agent":"now""#, field);
    for (line, number, code, name) in [
        (with(r#""agent":"now","agent":"root""#), -32600, "bad_request", "`agent`"),
        (with(r#""agent":"now","approve":true"#), -32602, "bad_params", "`approve`"),
        (with(r#""agent":"now\n""#), -32602, "bad_params", "`agent`"),
        (
            r#"{"jsonrpc":"2.0","id":5,"method":"approval.decide","params":{}}"#.to_owned(),
            -32601,
            "unknown_method",
            "approval.decide",
        ),
    ] {
        let answer = raw.ask(&line);
        let error = &answer["error"];
        assert_eq!(answer["id"], 5, "{answer}");
        assert_eq!(
            (error["code"].as_i64(), error["data"]["code"].as_str()),
            (Some(number), Some(code)),
            "{answer}"
        );
        assert!(error["message"].as_str().unwrap().contains(name), "{answer}");
    }
    assert_eq!(raw.ask(STATUS)["result"]["stopped"], false);
}

#[test]
fn garbage_is_answered_line_by_line_and_then_closed() {
    let served = served();
    let mut raw = served.raw();
    for _ in 0..3 {
        assert_eq!(raw.ask("\u{0}nonsense")["error"]["data"]["code"], "parse_error");
    }
    others_are_answered(&served);
    let _ = raw.say("\n".repeat(100_000));
    let answers = std::iter::from_fn(|| raw.hear()).count();
    assert_eq!(answers + 3, usize::try_from(limits::STRIKES).unwrap());
    others_are_answered(&served);
}

#[test]
fn a_line_of_one_byte_too_many_is_refused_and_closed() {
    let served = served();
    let mut raw = served.raw();
    // The server closes as soon as it has read too much, so the end of this may find nobody.
    let _ = raw.say(vec![b' '; sayso_core::limits::LINE_BYTES + 1]);
    assert_eq!(raw.hear().unwrap()["error"]["data"]["code"], "line_too_long");
    assert_eq!(raw.hear(), None);
    others_are_answered(&served);
}

#[test]
fn half_a_line_is_closed_when_patience_ends_and_delays_nobody() {
    let served = impatient();
    let mut raw = served.raw();
    raw.say(r#"{"jsonrpc":"2.0","#).unwrap();
    others_are_answered(&served);
    assert_eq!(raw.hear().unwrap()["error"]["data"]["code"], "too_slow");
    assert_eq!(raw.hear(), None);
}

#[test]
fn a_client_that_never_reads_is_closed_and_delays_nobody() {
    let served = impatient();
    let mut raw = served.raw();
    let batch = format!("{STATUS}\n").repeat(100);
    // Ends by itself: when what we do not read fills the socket, the server stops reading, and then closes.
    while raw.say(&batch).is_ok() {}
    others_are_answered(&served);
    // Closed in the middle of what was left unread: it ends, wherever.
    let mut rest = Vec::new();
    let end = raw.stream.read_to_end(&mut rest).map_err(|e| e.kind());
    assert!(matches!(end, Ok(_) | Err(ErrorKind::ConnectionReset)), "{end:?}");
    assert!(rest.starts_with(b"{\"jsonrpc\""));
}

#[test]
fn a_flood_of_requests_is_refused_by_its_own_limit_alone() {
    let served = served();
    let mut raw = served.raw();
    let over = 50;
    for id in 0..u32::try_from(limits::IN_FLIGHT).unwrap() + over {
        raw.say(request_line(id, "waits") + "\n").unwrap();
    }
    let refused = std::iter::from_fn(|| raw.hear())
        .filter(|line| line.get("id").is_some())
        .take(over as usize)
        .inspect(|line| assert_eq!(line["error"]["data"]["code"], "too_many_in_flight"))
        .count();
    assert_eq!(refused, over as usize);
    others_are_answered(&served);
}

#[test]
fn long_half_lines_of_many_leave_room_for_short_lines() {
    let served = served();
    let mut floods = Vec::new();
    let half = vec![b' '; sayso_core::limits::LINE_BYTES - 1];
    for _ in 0..limits::BYTES_FOR_LONG_LINES / sayso_core::limits::LINE_BYTES + 4 {
        let mut raw = served.raw();
        let _ = raw.say(&half);
        floods.push(raw);
    }
    others_are_answered(&served);
    let turned_away = floods.iter_mut().any(|raw| {
        raw.stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut byte = [0];
        matches!(raw.stream.read(&mut byte), Ok(1))
    });
    assert!(turned_away, "all of them were held");
}

#[test]
fn a_thousand_idle_connections_delay_nobody() {
    let served = served();
    let idle: Vec<_> = (0..1000).map(|_| served.raw()).collect();
    others_are_answered(&served);
    let waiting: Vec<_> = idle
        .into_iter()
        .enumerate()
        .map(|(n, mut raw)| {
            raw.say(request_line(u32::try_from(n).unwrap(), "waits") + "\n").unwrap();
            served.next();
            raw
        })
        .collect();
    others_are_answered(&served);
    assert_eq!(waiting.len(), 1000);
}

#[test]
fn floods_of_connections_that_say_nothing_and_go_are_survived() {
    let served = served();
    for _ in 0..2000 {
        drop(served.raw());
    }
    others_are_answered(&served);
}

#[test]
fn any_bytes_get_at_most_one_answer_a_line_and_others_are_answered() {
    let served = served();
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        Just(b"\n".to_vec()),
        Just(STATUS.as_bytes().to_vec()),
        Just(request_line(1, "now").into_bytes()),
        "[\\[\\]{}\":,0-9a-z\\\\]{0,40}".prop_map(String::into_bytes),
    ];
    let config = ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(pieces in proptest::collection::vec(piece, 0..20))| {
        let mut bytes = pieces.concat();
        bytes.extend_from_slice(b"\n{\"jsonrpc\":\"2.0\",\"id\":\"last\",\"method\":\"status\"}\n");
        let lines = bytes.split(|&c| c == b'\n').count() - 1;
        let mut raw = served.raw();
        let _ = raw.stream.write_all(&bytes);
        let mut answers = 0;
        while raw.hear().is_some() {
            answers += 1;
            prop_assert!(answers <= lines);
            // Answers come as they are ready, so the last line's need not be the last.
            if answers == lines {
                break;
            }
        }
        // All lines were answered, or the connection was closed for its strikes.
        prop_assert!(answers == lines || answers >= limits::STRIKES as usize);
    });
    others_are_answered(&served);
}

/// What the fuzz targets run with a nightly compiler, run here for a bounded number of rounds over mutated words.
#[test]
fn mutated_words_keep_the_properties_of_the_fuzz_targets() {
    let mut seeds: Vec<Vec<u8>> = targets::SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    seeds.push(request_line(3, "now").into_bytes());
    let mut random = Random(0x5eed_5a75);
    for round in 0..30_000 {
        let mut input = seeds[round % seeds.len()].clone();
        for _ in 0..random.below(4) {
            random.mutate(&mut input, &seeds);
        }
        targets::wire_line(&input);
        targets::canonical_form(&input);
    }
}

/// xorshift64: the same rounds on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n.max(1) as u64).unwrap()
    }

    fn mutate(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        const WORDS: [&str; 16] = [
            "\"",
            "\\u0061",
            "\\ud800",
            "{",
            "}",
            "[",
            "null",
            "1e400",
            "-0.0",
            "9007199254740993",
            "0.1",
            "5e-324",
            "1e21",
            "\u{202e}",
            "\n",
            "\"id\":1,",
        ];
        let at = self.below(input.len() + 1);
        match self.below(5) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 if at < input.len() => drop(input.remove(at)),
            2 => {
                let other = &seeds[self.below(seeds.len())];
                let from = self.below(other.len());
                let to = from + self.below(other.len() - from);
                input.splice(at..at, other[from..to].iter().copied());
            }
            3 => input.truncate(at),
            _ => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(at..at, word.bytes());
            }
        }
    }
}

#[test]
fn a_stopped_server_gives_ready_answers_and_closes() {
    let mut served = served();
    let mut raw = served.raw();
    assert!(raw.ask(STATUS).get("result").is_some());
    served.stop();
    assert_eq!(raw.hear(), None);
    assert!(!served.places.socket.exists());
}
