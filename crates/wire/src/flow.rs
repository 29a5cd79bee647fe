//! What comes in and goes out on one connection, in buffers that are there only while they hold something.

use std::io;

use tokio::net::UnixStream;
use tokio::time::Instant;

use crate::limits;
use crate::room::Held;

/// Bytes into lines.
pub(crate) struct Inflow {
    half: Vec<u8>,
    held: Held,
    since: Option<Instant>,
}

/// One line without its end.
pub(crate) enum Line<'a> {
    /// It came in one piece.
    Read(&'a [u8]),
    /// It came in several.
    Gathered(Vec<u8>, Held),
}

/// A line that cannot be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// It is longer than a line may be.
    TooLong,
    /// All clients together hold too much.
    NoRoom,
}

impl Inflow {
    pub(crate) const fn new(held: Held) -> Self {
        Self { half: Vec::new(), held, since: None }
    }

    /// When the line began that has not ended yet.
    pub(crate) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// The next line from `input`, which is moved past it; `None` once the rest of `input` is kept as half a line.
    pub(crate) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Line<'a>>, Overflow> {
        let Some(end) = memchr::memchr(b'\n', input) else {
            if !input.is_empty() {
                self.since.get_or_insert_with(Instant::now);
                self.keep(input)?;
                *input = &[];
            }
            return Ok(None);
        };
        let line = &input[..end];
        *input = &input[end + 1..];
        if self.half.is_empty() {
            return Ok(Some(Line::Read(line)));
        }
        self.keep(line)?;
        self.since = None;
        Ok(Some(Line::Gathered(std::mem::take(&mut self.half), self.held.moved())))
    }

    fn keep(&mut self, more: &[u8]) -> Result<(), Overflow> {
        let most = sayso_core::limits::LINE_BYTES;
        let length = self.half.len() + more.len();
        if length > most {
            return Err(Overflow::TooLong);
        }
        if length > self.half.capacity() {
            let capacity = length.max((2 * self.half.capacity()).min(most));
            if !self.held.set(capacity) {
                return Err(Overflow::NoRoom);
            }
            self.half.reserve_exact(capacity - self.half.len());
        }
        self.half.extend_from_slice(more);
        Ok(())
    }
}

/// Answers that wait to be read.
pub(crate) struct Outflow {
    bytes: Vec<u8>,
    sent: usize,
    held: Held,
    since: Option<Instant>,
}

impl Outflow {
    pub(crate) const fn new(held: Held) -> Self {
        Self { bytes: Vec::new(), sent: 0, held, since: None }
    }

    /// Where lines are added.
    pub(crate) const fn lines(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    pub(crate) const fn waiting(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Since when the client has read nothing of what waits for it.
    pub(crate) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// Sends what the client takes now. False where all clients together leave too much unread.
    pub(crate) fn send(&mut self, stream: &UnixStream) -> io::Result<bool> {
        while self.waiting() > 0 {
            match stream.try_write(&self.bytes[self.sent..]) {
                Ok(n) => {
                    self.sent += n;
                    self.since = None;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    self.since.get_or_insert_with(Instant::now);
                    return Ok(self.held.set(self.bytes.capacity()));
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        self.sent = 0;
        self.bytes.clear();
        self.bytes.shrink_to(limits::KEPT_BYTES);
        Ok(self.held.set(0))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::room::House;

    fn inflow() -> Inflow {
        Inflow::new(Held::nothing(Arc::new(House::new(10_000)).enter(0).unwrap()))
    }

    fn lines(inflow: &mut Inflow, mut input: &[u8]) -> Result<Vec<Vec<u8>>, Overflow> {
        let mut all = Vec::new();
        while let Some(line) = inflow.next(&mut input)? {
            all.push(match line {
                Line::Read(line) => line.to_vec(),
                Line::Gathered(line, _) => line,
            });
        }
        Ok(all)
    }

    #[test]
    fn lines_come_out_whole_however_they_came_in() {
        let text = b"one\n\ntwo and more\nthree";
        for cut in 0..text.len() {
            let mut inflow = inflow();
            let mut all = lines(&mut inflow, &text[..cut]).unwrap();
            all.extend(lines(&mut inflow, &text[cut..]).unwrap());
            assert_eq!(all, [&b"one"[..], b"", b"two and more"], "cut at {cut}");
            assert!(inflow.since().is_some());
            assert_eq!(lines(&mut inflow, b"\n").unwrap(), [b"three"]);
            assert!(inflow.since().is_none());
            assert_eq!(inflow.half.capacity(), 0);
        }
    }

    #[test]
    fn a_line_of_the_most_bytes_is_held_and_one_more_byte_is_not() {
        let most = vec![b'x'; sayso_core::limits::LINE_BYTES];
        let mut fits = inflow();
        assert_eq!(lines(&mut fits, &most).unwrap().len(), 0);
        assert_eq!(lines(&mut fits, b"\n").unwrap()[0].len(), most.len());
        let mut over = inflow();
        lines(&mut over, &most).unwrap();
        assert_eq!(lines(&mut over, b"x").unwrap_err(), Overflow::TooLong);
    }
}
