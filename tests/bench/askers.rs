//! Many askers in one thread: each has a connection and one ask in flight, and asks again when it is answered.
//!
//! It does as little as it can, because it shares the processors with what it measures: an ask is a line of text with
//! another nonce in it, and of an answer no more is looked at than that it is this ask's and says yes, with a receipt.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::epoll;

/// Before it is counted: connections are made, threads and caches are warm.
const WARMING: Duration = Duration::from_secs(1);

struct Asker {
    stream: UnixStream,
    number: u64,
    answer: Vec<u8>,
}

impl Asker {
    fn ask(&mut self, number: u64) {
        self.number = number;
        self.answer.clear();
        // Spread as random ones are, so that the record's index has the work that it has with them.
        let spread = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let line = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{number},\"method\":\"approval.request\",\"params\":{{\
             \"nonce\":\"{spread:016x}{number:016x}\",\"agent\":\"figures\",\
             \"action\":{{\"kind\":\"shell\",\"script\":\"ls -l\",\"cwd\":\"/tmp\"}}}}}}\n"
        );
        self.stream.write_all(line.as_bytes()).unwrap();
    }

    /// Reads what is there; whether the answer is whole.
    fn hear(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let count = self.stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the connection was closed");
        self.answer.extend_from_slice(&buffer[..count]);
        if !self.answer.ends_with(b"\n") {
            return false;
        }
        let answer = str::from_utf8(&self.answer).unwrap();
        assert!(
            answer.starts_with(&format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\"", self.number)),
            "{answer}"
        );
        assert!(
            answer.contains("\"decision\":\"approved\"") && answer.contains("\"receipt\":\"ey"),
            "{answer}"
        );
        true
    }
}

/// Answers a second over `span`, with this many askers.
pub(crate) fn answers_per_second(socket: &Path, askers: usize, span: Duration) -> f64 {
    let connect = |_| Asker { stream: UnixStream::connect(socket).unwrap(), number: 0, answer: Vec::new() };
    let mut all: Vec<Asker> = (0..askers).map(connect).collect();
    let ready = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut sent = 0;
    for (place, asker) in all.iter_mut().enumerate() {
        let place = epoll::EventData::new_u64(place as u64);
        epoll::add(&ready, &asker.stream, place, epoll::EventFlags::IN).unwrap();
        asker.ask(sent);
        sent += 1;
    }
    let mut events = Vec::with_capacity(all.len());
    let mut answered = 0u64;
    let started = Instant::now();
    let mut counted = None;
    loop {
        events.clear();
        epoll::wait(&ready, rustix::buffer::spare_capacity(&mut events), None).unwrap();
        for event in &events {
            let asker = &mut all[usize::try_from(event.data.u64()).unwrap()];
            if asker.hear() {
                answered += 1;
                asker.ask(sent);
                sent += 1;
            }
        }
        match counted {
            None if started.elapsed() >= WARMING => counted = Some((answered, Instant::now())),
            Some((before, from)) if from.elapsed() >= span => {
                return (answered - before) as f64 / from.elapsed().as_secs_f64();
            }
            _ => {}
        }
    }
}
