//! Two texts to the lines that differ, by word, in colour.
//!
//! # Invariants
//! - A line that holds a secret or something that cannot be seen is shown redacted and revealed, as a whole and
//!   without colour: no cut into pieces can then hide a part of it.
//! - Texts are compared as they are, so that a change within a secret still shows as a changed line.
//! - What is beyond the limits is counted in `rest` or in the line itself.

use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use sayso_core::card::{Diff, DiffLine, Hunk, Ink, LineMark, Piece};
use sayso_core::{redact, visible};
use similar::{ChangeTag, DiffOp, TextDiff};

use crate::ink::{self, Colours};
use crate::{limits, words};

/// Characters of a line that are shown: more than any screen is wide, even with every line wrapped.
const LINE_SHOWN: usize = 4000;

/// Bytes of all lines together: what a window can lay out at once.
const SHOWN: usize = 1024 * 1024;

/// The diff of `old` and `new`; `None`, and a note, where only hidden secrets differ.
pub(crate) fn of(path: &Path, name: String, old: &str, new: &str, notes: &mut Vec<String>) -> Option<Diff> {
    let (old, new) = (Side::of(old, notes), Side::of(new, notes));
    if old.text == new.text {
        notes.push("Only secrets in it differ.".to_owned());
        return None;
    }
    // A carriage return is part of a line's end where all lines have one, and else a change to be seen.
    let crlf =
        [&old, &new].iter().all(|side| !side.text.is_empty() && is_crlf(&side.text) || side.text.is_empty());
    let until = Instant::now() + limits::DIFF;
    let compared = TextDiff::configure().deadline(until).diff_lines(old.text.as_str(), new.text.as_str());
    let groups = compared.grouped_ops(limits::CONTEXT);
    let sides = [
        ink::Wanted { text: &old.text, lines: shown_ranges(&groups, DiffOp::old_range) },
        ink::Wanted { text: &new.text, lines: shown_ranges(&groups, DiffOp::new_range) },
    ];
    let (language, [old_colours, new_colours]) = ink::colours(path, sides).unwrap_or_default();
    let mut drawing =
        Drawing { old: &old, new: &new, old_colours, new_colours, crlf, lines: 0, bytes: 0, left: 0 };
    let mut hunks = Vec::new();
    for ops in &groups {
        let mut lines = Vec::new();
        for op in ops {
            drawing.op(&compared, op, until, &mut lines);
        }
        if !lines.is_empty() {
            hunks.push(Hunk { lines });
        }
    }
    let rest = if drawing.left == 0 {
        String::new()
    } else {
        format!("{} that change are not shown", words::count(drawing.left, "more line", "more lines"))
    };
    Some(Diff { path: name, language, hunks, rest })
}

/// The lines of one side in each hunk, as many as there is room for.
fn shown_ranges(groups: &[Vec<DiffOp>], range: impl Fn(&DiffOp) -> Range<usize>) -> Vec<Range<usize>> {
    let mut room = sayso_core::limits::CARD_DIFF_LINES;
    let mut ranges = Vec::new();
    for ops in groups {
        let start = ops.first().map_or(0, |op| range(op).start);
        let end = ops.last().map_or(0, |op| range(op).end).min(start + room);
        room -= end - start;
        ranges.push(start..end);
    }
    ranges
}

/// One text with what its lines look like once secrets are hidden.
struct Side {
    text: String,
    /// Line by line, where any secret is hidden.
    hidden: Option<Vec<String>>,
}

impl Side {
    fn of(text: &str, notes: &mut Vec<String>) -> Self {
        let redacted = redact::text(text);
        if redacted == text {
            return Self { text: redacted, hidden: None };
        }
        if redacted.split('\n').count() == text.split('\n').count() {
            let hidden = redacted.split('\n').map(str::to_owned).collect();
            return Self { text: text.to_owned(), hidden: Some(hidden) };
        }
        // A secret over several lines: the lines cannot be told apart any more.
        let note = "Secrets of several lines are hidden; changes within them do not show.";
        if !notes.iter().any(|known| known == note) {
            notes.push(note.to_owned());
        }
        Self { text: redacted, hidden: None }
    }

    /// The line as it must be shown, where that is not as it is.
    fn altered(&self, number: usize, line: &str) -> Option<String> {
        let hidden =
            self.hidden.as_ref().and_then(|lines| lines.get(number)).map(|l| l.trim_end_matches('\r'));
        let text = hidden.filter(|hidden| *hidden != line.trim_end_matches('\r')).unwrap_or(line);
        let shown = visible::reveal(text);
        (shown != line).then_some(shown)
    }
}

fn is_crlf(text: &str) -> bool {
    text.split_inclusive('\n').all(|line| line.ends_with("\r\n") || !line.ends_with('\n'))
}

struct Drawing<'a> {
    old: &'a Side,
    new: &'a Side,
    old_colours: Colours,
    new_colours: Colours,
    crlf: bool,
    lines: usize,
    bytes: usize,
    /// Changed lines that found no room.
    left: u64,
}

impl Drawing<'_> {
    fn op(
        &mut self,
        compared: &TextDiff<'_, '_, str>,
        op: &DiffOp,
        until: Instant,
        lines: &mut Vec<DiffLine>,
    ) {
        for change in compared.iter_inline_changes_deadline(op, Some(until)) {
            let full = self.lines >= sayso_core::limits::CARD_DIFF_LINES || self.bytes >= SHOWN;
            if full {
                self.left += u64::from(change.tag() != ChangeTag::Equal);
                continue;
            }
            let (mark, is_old) = match change.tag() {
                ChangeTag::Equal => (LineMark::Same, false),
                ChangeTag::Delete => (LineMark::Removed, true),
                ChangeTag::Insert => (LineMark::Added, false),
            };
            let index = if is_old { change.old_index() } else { change.new_index() };
            let pieces = self.pieces(is_old, index.unwrap_or_default(), change.values());
            self.lines += 1;
            self.bytes += pieces.iter().map(|piece| piece.text.len()).sum::<usize>();
            let number = |index: Option<usize>| index.and_then(|i| u32::try_from(i + 1).ok());
            lines.push(DiffLine {
                mark,
                old: number(change.old_index()),
                new: number(change.new_index()),
                pieces,
            });
        }
    }

    fn pieces(&self, is_old: bool, number: usize, values: &[(bool, &str)]) -> Vec<Piece> {
        let (side, colours) =
            if is_old { (self.old, &self.old_colours) } else { (self.new, &self.new_colours) };
        let whole: String = values.iter().map(|(_, text)| *text).collect();
        let line = whole.strip_suffix('\n').unwrap_or(&whole);
        let line = if self.crlf { line.strip_suffix('\r').unwrap_or(line) } else { line };
        if line.is_empty() {
            return Vec::new();
        }
        if let Some(text) = side.altered(number, line) {
            let changed = values.iter().any(|(changed, _)| *changed);
            return cut(vec![Piece { text, ink: Ink::Plain, changed }]);
        }
        // Where nothing of a line is the same, no word of it stands out.
        let all = values.iter().all(|(changed, text)| *changed || text.trim().is_empty());
        let values: Vec<(bool, &str)> =
            values.iter().map(|(changed, text)| (*changed && !all, *text)).collect();
        let changed = spans(values.iter().map(|(changed, text)| (*changed, text.len())));
        let plain = vec![(Ink::Plain, line.len())];
        let inks = spans(colours.get(&number).unwrap_or(&plain).iter().copied());
        cut(woven(line, &inks, &changed))
    }
}

/// Lengths to ends.
fn spans<T>(lengths: impl Iterator<Item = (T, usize)>) -> Vec<(T, usize)> {
    let mut end = 0;
    lengths
        .map(|(what, length)| {
            end += length;
            (what, end)
        })
        .collect()
}

/// The pieces of `line` between all ends of both lists.
fn woven(line: &str, inks: &[(Ink, usize)], changed: &[(bool, usize)]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut inks, mut changed) = (inks.iter().peekable(), changed.iter().peekable());
    let mut at = 0;
    while at < line.len() {
        while inks.next_if(|(_, end)| *end <= at).is_some() {}
        while changed.next_if(|(_, end)| *end <= at).is_some() {}
        let (ink, ink_end) = inks.peek().map_or((Ink::Plain, line.len()), |(ink, end)| (*ink, *end));
        let (is_changed, changed_end) = changed.peek().map_or((false, line.len()), |(is, end)| (*is, *end));
        let mut end = ink_end.min(changed_end).min(line.len());
        // Both lists come from lists of texts, so this holds; a broken one must not break the card.
        while !line.is_char_boundary(end) {
            end += 1;
        }
        let text = &line[at..end];
        match pieces.last_mut() {
            Some(last) if last.ink == ink && last.changed == is_changed => last.text.push_str(text),
            _ => pieces.push(Piece { text: text.to_owned(), ink, changed: is_changed }),
        }
        at = end;
    }
    pieces
}

/// The pieces up to [`LINE_SHOWN`] characters, and in words how many more there are.
fn cut(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let length = |piece: &Piece| piece.text.chars().count();
    let whole: usize = pieces.iter().map(length).sum();
    if whole <= LINE_SHOWN {
        return pieces;
    }
    let mut room = LINE_SHOWN;
    pieces.retain_mut(|piece| {
        let of_it = length(piece).min(room);
        piece.text = piece.text.chars().take(of_it).collect();
        room -= of_it;
        of_it > 0
    });
    let text = format!(" ⟦{} more characters⟧", words::number((whole - LINE_SHOWN) as u64));
    pieces.push(Piece { text, ink: Ink::Comment, changed: true });
    pieces
}
