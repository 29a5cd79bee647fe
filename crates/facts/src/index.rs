//! What git tracks, as its index has it, and whether a file on disk is still that.
//!
//! The index is read by `git ls-files --stage --debug`, which opens no file of the working tree. Git itself
//! would compare by running the repository's content filters; here a file counts as unchanged when its size,
//! number and times are those of the index, and else when its own bytes, or they with line ends as git stores them,
//! are the tracked ones. A file that a filter rewrites and whose times say nothing counts as changed: rather one too
//! many than one too few.

use std::fs::{self, OpenOptions};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use crate::git::Trouble;
use crate::limits;
use crate::walk::Stat;

/// An object's name: 20 bytes of SHA-1 and zeros, or 32 of SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Oid([u8; 32]);

impl Oid {
    /// From its hexadecimal digits.
    pub(crate) fn parse(hex: &[u8]) -> Option<Self> {
        let mut raw = [0; 32];
        if hex.len() != 40 && hex.len() != 64 {
            return None;
        }
        let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
        for (byte, pair) in raw.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(raw))
    }
}

/// One tracked file.
#[derive(Debug)]
pub(crate) struct Row {
    name: (u32, u32),
    pub(crate) oid: Oid,
    /// Whether its object is named by SHA-256.
    is_sha256: bool,
    mode: u32,
    /// More than 0 where a merge has not been settled.
    stage: u8,
    ctime: (u32, u32),
    mtime: (u32, u32),
    ino: u32,
    size: u32,
}

/// All tracked files, by name.
#[derive(Debug, Default)]
pub(crate) struct Index {
    names: Vec<u8>,
    rows: Vec<Row>,
    /// When it was written, by the file system; files as young as it may have changed since.
    pub(crate) written: (i64, i64),
}

/// What comparing a file with its row by times alone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByTimes {
    Same,
    Other,
    /// Its bytes must be read.
    Unclear,
}

impl Index {
    fn name(&self, row: &Row) -> &[u8] {
        &self.names[row.name.0 as usize..row.name.1 as usize]
    }

    /// The row of a path relative to the repository's top.
    pub(crate) fn get(&self, path: &[u8]) -> Option<&Row> {
        let at = self.rows.partition_point(|row| self.name(row) < path);
        self.rows.get(at).filter(|row| self.name(row) == path)
    }

    /// Compares by size, number and times.
    pub(crate) fn by_times(&self, row: &Row, stat: &Stat) -> ByTimes {
        const LINK: u32 = 0o120_000;
        const REGULAR: u32 = 0o100_000;
        const KIND: u32 = 0o170_000;
        if row.stage > 0 || row.mode & KIND != stat.mode & KIND || !matches!(row.mode & KIND, LINK | REGULAR)
        {
            return ByTimes::Other;
        }
        // The index keeps the low 32 bits of each.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as git does")]
        let low = |(s, ns): (i64, i64)| (s as u32, ns as u32);
        #[expect(clippy::cast_possible_truncation, reason = "as git does")]
        let (ino, size) = (stat.ino as u32, stat.size as u32);
        let untouched = low(stat.mtime) == row.mtime
            && low(stat.ctime) == row.ctime
            && ino == row.ino
            && size == row.size;
        if untouched && stat.mtime < self.written { ByTimes::Same } else { ByTimes::Unclear }
    }
}

impl Row {
    /// Whether the file's own bytes are what is tracked. `None` where it cannot be read.
    pub(crate) fn has_bytes_of(&self, path: &Path, stat: &Stat) -> Option<bool> {
        let meta = fs::symlink_metadata(path).ok()?;
        if Stat::of(&meta) != *stat {
            return None;
        }
        if meta.is_symlink() {
            let target = fs::read_link(path).ok()?;
            return Some(self.is(target.as_os_str().as_bytes()));
        }
        let content = read_regular(path, stat.size).ok()?;
        if self.is(&content) {
            return Some(true);
        }
        // With `core.autocrlf` git stores `\n` where the disk has `\r\n`.
        let ends = content.windows(2).any(|pair| pair == b"\r\n");
        Some(ends && self.is(&without_carriage_returns(&content)))
    }

    fn is(&self, content: &[u8]) -> bool {
        let head = format!("blob {}\0", content.len());
        let mut raw = [0; 32];
        if self.is_sha256 {
            raw.copy_from_slice(&Sha256::new().chain_update(head).chain_update(content).finalize());
        } else {
            raw[..20].copy_from_slice(&Sha1::new().chain_update(head).chain_update(content).finalize());
        }
        Oid(raw) == self.oid
    }
}

fn without_carriage_returns(content: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(content.len());
    for (i, byte) in content.iter().enumerate() {
        if *byte != b'\r' || content.get(i + 1) != Some(&b'\n') {
            plain.push(*byte);
        }
    }
    plain
}

/// The content of a regular file of at most `most` bytes. A link, a pipe or a device in its place is refused
/// without waiting for it.
pub(crate) fn read_regular(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut content = Vec::with_capacity(usize::try_from(meta.len().min(most)).unwrap_or_default());
    file.take(most.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        return Err(std::io::Error::other("it is larger than expected"));
    }
    Ok(content)
}

/// Reads `git ls-files -z --stage --debug` as it comes.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    index: Index,
    rest: Vec<u8>,
}

impl Reader {
    /// Takes the next part of git's output.
    pub(crate) fn take(&mut self, part: &[u8]) -> Result<(), Trouble> {
        self.rest.extend_from_slice(part);
        let mut at = 0;
        while let Some(length) = record_length(&self.rest[at..]) {
            let record = self.rest[at..at + length].to_vec();
            self.record(&record).ok_or(Trouble::Unreadable)?;
            at += length;
        }
        self.rest.drain(..at);
        if self.index.rows.len() > limits::TRACKED {
            return Err(Trouble::TooMuch);
        }
        Ok(())
    }

    /// The whole index.
    pub(crate) fn end(self, written: (i64, i64)) -> Result<Index, Trouble> {
        let sorted = self.index.rows.is_sorted_by(|a, b| self.index.name(a) <= self.index.name(b));
        if !self.rest.is_empty() || !sorted {
            return Err(Trouble::Unreadable);
        }
        Ok(Index { written, ..self.index })
    }

    fn record(&mut self, record: &[u8]) -> Option<()> {
        let name_end = record.iter().position(|c| *c == 0)?;
        let head_end = record[..name_end].iter().position(|c| *c == b'\t')?;
        let head = std::str::from_utf8(&record[..head_end]).ok()?;
        let mut head = head.split(' ');
        let mode = u32::from_str_radix(head.next()?, 8).ok()?;
        let hex = head.next()?;
        let stage = head.next()?.parse().ok()?;
        let text = std::str::from_utf8(&record[name_end + 1..]).ok()?;
        let mut lines = text.lines();
        let ctime = time(lines.next()?, "ctime")?;
        let mtime = time(lines.next()?, "mtime")?;
        let ino = lines.next()?.split_once("ino: ")?.1.parse().ok()?;
        lines.next()?;
        let size = lines.next()?.trim().strip_prefix("size: ")?.split('\t').next()?.parse().ok()?;
        let start = u32::try_from(self.index.names.len()).ok()?;
        self.index.names.extend_from_slice(&record[head_end + 1..name_end]);
        let end = u32::try_from(self.index.names.len()).ok()?;
        let (oid, is_sha256) = (Oid::parse(hex.as_bytes())?, hex.len() == 64);
        self.index.rows.push(Row {
            name: (start, end),
            oid,
            is_sha256,
            mode,
            stage,
            ctime,
            mtime,
            ino,
            size,
        });
        Some(())
    }
}

/// How long the record at the start is: a name that ends with NUL, then five lines.
fn record_length(text: &[u8]) -> Option<usize> {
    let name = text.iter().position(|c| *c == 0)?;
    let lines = &text[name + 1..];
    let fifth = lines.iter().enumerate().filter(|(_, c)| **c == b'\n').nth(4)?;
    Some(name + 1 + fifth.0 + 1)
}

fn time(line: &str, name: &str) -> Option<(u32, u32)> {
    let (s, ns) = line.trim().strip_prefix(name)?.strip_prefix(": ")?.split_once(':')?;
    Some((s.parse().ok()?, ns.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: &[u8] = b"100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 0\ta b\n\0  ctime: 5:6\n  mtime: 7:8\n  dev: 1\tino: 9\n  uid: 0\tgid: 0\n  size: 0\tflags: 0\n120000 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 0\tc\0  ctime: 1:2\n  mtime: 3:4\n  dev: 1\tino: 2\n  uid: 0\tgid: 0\n  size: 3\tflags: 40000000\n";

    fn stat(mtime: (i64, i64)) -> Stat {
        Stat { size: 0, mode: 0o100_644, ino: 9 + (1 << 32), mtime, ctime: (5, 6) }
    }

    #[test]
    fn the_index_is_read_in_parts_of_any_length() {
        for length in [1, 7, 1000] {
            let mut reader = Reader::default();
            for part in RECORDS.chunks(length) {
                reader.take(part).unwrap();
            }
            let index = reader.end((8, 0)).unwrap();
            assert_eq!(index.rows.len(), 2);
            let row = index.get(b"a b\n").unwrap();
            assert_eq!(index.by_times(row, &stat((7, 8))), ByTimes::Same);
            assert_eq!(index.by_times(row, &stat((7, 9))), ByTimes::Unclear);
            assert_eq!(index.by_times(index.get(b"c").unwrap(), &stat((3, 4))), ByTimes::Other);
            assert!(index.get(b"a").is_none() && index.get(b"z").is_none());
            assert!(row.is(b"") && !row.is(b"x"));
        }
    }

    #[test]
    fn a_file_as_young_as_the_index_is_unclear() {
        let mut reader = Reader::default();
        reader.take(RECORDS).unwrap();
        let index = reader.end((7, 8)).unwrap();
        assert_eq!(index.by_times(index.get(b"a b\n").unwrap(), &stat((7, 8))), ByTimes::Unclear);
    }

    #[test]
    fn another_form_is_trouble_and_not_an_empty_index() {
        let mut reader = Reader::default();
        assert_eq!(reader.take(b"what\0\n\n\n\n\n"), Err(Trouble::Unreadable));
        let mut reader = Reader::default();
        reader.take(b"100644 e69d").unwrap();
        assert_eq!(reader.end((0, 0)).unwrap_err(), Trouble::Unreadable);
    }
}
