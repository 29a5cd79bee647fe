//! Canonical JSON (RFC 8785) at the speed of plain JSON.
//!
//! What `serde_json` writes without white space is canonical already but for the order of members and the form of
//! some numbers: its escapes are those of RFC 8785. So members are put in order in the text that it wrote, and
//! whatever is not plainly so (a number that is no short integer, a key that is not plain ASCII) is left to
//! [`canonical_bytes`], which this is tested against. Every commit goes through here once: it is worth it.

use std::ops::Range;

use sayso_core::canonical::{NotCanonical, canonical_bytes};
use serde::Serialize;

/// How deep the quick way goes: deeper than any entry.
const DEPTH: usize = 100;

/// Digits of an integer that a double surely holds exactly.
const DIGITS: usize = 15;

/// The canonical JSON of `value`.
pub(crate) fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    let plain = serde_json::to_vec(value)?;
    let mut order = Order { plain: &plain, at: 0, out: Vec::with_capacity(plain.len()) };
    match order.value(0) {
        Some(()) if order.at == plain.len() => Ok(order.out),
        _ => canonical_bytes(value),
    }
}

struct Order<'a> {
    plain: &'a [u8],
    at: usize,
    out: Vec<u8>,
}

/// A member: its key as it stands in the text, and the whole of it in what is written.
struct Member {
    key: Range<usize>,
    whole: Range<usize>,
}

impl Order<'_> {
    /// Writes the value that stands here; `None` where it is not plain.
    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        match self.plain.get(self.at)? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(drop),
            b't' | b'n' => self.copy(4),
            b'f' => self.copy(5),
            _ => self.integer(),
        }
    }

    fn copy(&mut self, count: usize) -> Option<()> {
        let end = self.at + count;
        self.out.extend_from_slice(self.plain.get(self.at..end)?);
        self.at = end;
        Some(())
    }

    /// Takes one of the two bytes, and tells whether it was the first.
    fn either(&mut self, go_on: u8, end: u8) -> Option<bool> {
        let byte = *self.plain.get(self.at)?;
        self.copy(1)?;
        (byte == go_on || byte == end).then_some(byte == go_on)
    }

    fn integer(&mut self) -> Option<()> {
        let rest = self.plain.get(self.at..)?;
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest.get(sign..)?.iter().take_while(|c| c.is_ascii_digit()).count();
        let other_form = matches!(rest.get(sign + digits), Some(b'.' | b'e' | b'E'));
        if digits == 0 || digits > DIGITS || other_form || (sign == 1 && rest.get(1) == Some(&b'0')) {
            return None;
        }
        self.copy(sign + digits)
    }

    /// Copies a string and gives its place in the text, quotes included.
    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let mut end = start + 1;
        loop {
            match self.plain.get(end)? {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        self.copy(end + 1 - start)?;
        Some(start..end + 1)
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.copy(1)?;
        if self.plain.get(self.at) == Some(&b']') {
            return self.copy(1);
        }
        loop {
            self.value(depth + 1)?;
            if !self.either(b',', b']')? {
                return Some(());
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.copy(1)?;
        if self.plain.get(self.at) == Some(&b'}') {
            return self.copy(1);
        }
        let start = self.out.len();
        let mut members = Vec::new();
        loop {
            let from = self.out.len();
            if self.plain.get(self.at) != Some(&b'"') {
                return None;
            }
            let key = self.string()?;
            // Without these, the order of bytes is the order of UTF-16 units.
            if self.plain.get(key.clone())?.iter().any(|c| !c.is_ascii() || *c == b'\\') {
                return None;
            }
            if self.plain.get(self.at) != Some(&b':') {
                return None;
            }
            self.copy(1)?;
            self.value(depth + 1)?;
            members.push(Member { key: key.start + 1..key.end - 1, whole: from..self.out.len() });
            if !self.either(b',', b'}')? {
                break;
            }
        }
        self.sort(start, members)
    }

    /// Puts the members that were written from `start` on in order.
    fn sort(&mut self, start: usize, mut members: Vec<Member>) -> Option<()> {
        let plain = self.plain;
        if members.is_sorted_by_key(|member| &plain[member.key.clone()]) {
            return Some(());
        }
        members.sort_by_key(|member| &plain[member.key.clone()]);
        let mut ordered = Vec::with_capacity(self.out.len() - start);
        for (i, member) in members.iter().enumerate() {
            if i > 0 {
                ordered.push(b',');
            }
            ordered.extend_from_slice(self.out.get(member.whole.clone())?);
        }
        self.out.truncate(start);
        self.out.extend_from_slice(&ordered);
        self.out.push(b'}');
        Some(())
    }
}

#[cfg(test)]
mod tests;
