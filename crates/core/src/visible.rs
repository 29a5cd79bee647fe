//! What cannot be seen, made visible.
//!
//! # Invariants
//! - What comes out holds no character that draws nothing, moves what stands beside it, looks like a plain space
//!   without being one, or has no meaning in Unicode. Each is written as a mark: `⟦U+202E right-to-left override⟧`.
//! - A mark cannot be faked: a `⟦` or `⟧` of the text itself is written as a mark too. So revealing twice is not the
//!   same as revealing once; reveal last, and once.
//! - In a word that mixes scripts every letter of the lesser script is marked: `p⟦а Cyrillic U+0430⟧ypal`.
//! - Printable ASCII comes out as it went in.
//!
//! # Deliberately absent
//! Lists of single letters that look alike: a word that is Cyrillic throughout is a Cyrillic word. Exceptions for
//! emoji: their joiners and variation selectors are marked as any other.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};
use unicode_script::{Script, UnicodeScript as _};

mod names;

/// Marks that one base letter may carry. Vietnamese takes two, Hebrew with cantillation up to four; more pile up
/// over the lines above and below.
const MARKS_PER_BASE: usize = 4;

/// `text` with every invisible, bidirectional or control character but newline and tab, and every letter of the
/// lesser script in a word that mixes scripts, written as a visible mark.
pub fn reveal(text: &str) -> String {
    if text.bytes().all(|b| is_plain(b) || matches!(b, b'\n' | b'\t')) {
        return text.to_owned();
    }
    Revealing::of(text, |c| matches!(c, '\n' | '\t'))
}

/// As [`reveal`], for what must stay in one line: newlines and tabs are marked too.
pub fn reveal_line(text: &str) -> String {
    if text.bytes().all(is_plain) {
        return text.to_owned();
    }
    Revealing::of(text, |_| false)
}

const fn is_plain(b: u8) -> bool {
    matches!(b, b' '..=b'~')
}

/// Whether `c` would be written as a mark by itself, whatever stands around it.
fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    match c.general_category() {
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::Surrogate
        | GeneralCategory::PrivateUse
        | GeneralCategory::Unassigned
        | GeneralCategory::SpaceSeparator
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator => true,
        _ => draws_nothing(c) || looks_like_ascii(c) || matches!(c, '⟦' | '⟧'),
    }
}

/// Letters, marks and symbols by category that draw nothing all the same: what Unicode calls default-ignorable
/// beside the format characters, and the blanks among letters and symbols.
const fn draws_nothing(c: char) -> bool {
    matches!(c,
        '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fffc}' | '\u{16fe4}' | '\u{1d159}'
        | '\u{e0100}'..='\u{e01ef}')
}

/// Signs outside ASCII that pass for one of ASCII in a path, a host or a command: slashes, dots, colons, and the
/// letters that mathematics and East Asian typesetting have beside the plain ones.
const fn looks_like_ascii(c: char) -> bool {
    matches!(c,
        '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{2024}' | '\u{2236}' | '\u{a789}' | '\u{a4f8}' | '\u{0589}'
        | '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}')
}

struct Revealing {
    out: String,
    marks_on_base: usize,
}

impl Revealing {
    fn of(text: &str, may_stay: fn(char) -> bool) -> String {
        let mut this = Self { out: String::with_capacity(text.len() + 64), marks_on_base: 0 };
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if in_word(first) && !may_stay(first) {
                let end = rest.find(|c| !in_word(c) || may_stay(c)).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                this.word(word);
                rest = after;
            } else {
                this.letter(first, None, may_stay(first));
                rest = &rest[first.len_utf8()..];
            }
        }
        this.out
    }

    fn word(&mut self, word: &str) {
        if word.is_ascii() && word.bytes().all(is_plain) {
            self.marks_on_base = 0;
            self.out.push_str(word);
            return;
        }
        let kept = kept_scripts(word);
        for c in word.chars() {
            let odd = kept.as_ref().filter(|kept| is_odd(c, kept)).map(|_| c.script());
            self.letter(c, odd, false);
        }
    }

    fn letter(&mut self, c: char, odd: Option<Script>, stays: bool) {
        if c.general_category_is_mark() {
            self.marks_on_base += 1;
        } else {
            self.marks_on_base = 0;
        }
        if stays {
            self.out.push(c);
        } else if let (Some(script), false) = (odd, is_hidden(c)) {
            self.mark(format_args!("{c} {} U+{:04X}", script.full_name(), u32::from(c)));
        } else if is_hidden(c) {
            let gap = if names::of(c).is_empty() { "" } else { " " };
            self.mark(format_args!("U+{:04X}{gap}{}", u32::from(c), names::of(c)));
        } else if self.marks_on_base > MARKS_PER_BASE {
            self.mark(format_args!("U+{:04X} combining mark", u32::from(c)));
        } else {
            self.out.push(c);
        }
    }

    fn mark(&mut self, what: std::fmt::Arguments<'_>) {
        use std::fmt::Write as _;
        // Writing into a String does not fail.
        let _ = write!(self.out, "⟦{what}⟧");
    }
}

trait Marks {
    fn general_category_is_mark(self) -> bool;
}

impl Marks for char {
    fn general_category_is_mark(self) -> bool {
        !self.is_ascii()
            && matches!(
                self.general_category(),
                GeneralCategory::NonspacingMark
                    | GeneralCategory::EnclosingMark
                    | GeneralCategory::SpacingMark
            )
    }
}

/// Whether `c` goes on with a word: letters, digits, `_`, marks, and what draws nothing and so does not part one
/// word from the next for the eye.
fn in_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    c.is_alphanumeric()
        || c.general_category_is_mark()
        || matches!(c.general_category(), GeneralCategory::Format | GeneralCategory::ConnectorPunctuation)
        || draws_nothing(c)
}

/// The scripts that a word may keep, or nothing where it does not mix any.
fn kept_scripts(word: &str) -> Option<Vec<Script>> {
    let mut counted: Vec<(Script, usize)> = Vec::new();
    for c in word.chars() {
        let script = group(c.script());
        if is_no_script(script) {
            continue;
        }
        match counted.iter_mut().find(|(known, _)| *known == script) {
            Some((_, count)) => *count += 1,
            None => counted.push((script, 1)),
        }
    }
    if counted.len() < 2 {
        return None;
    }
    // Of two with as many letters Latin stays: what is typed and compared is mostly Latin.
    let lead = counted.iter().max_by_key(|(script, count)| (*count, *script == Script::Latin))?.0;
    let mut kept = vec![lead];
    // Japanese, Chinese and Korean write Latin words without a space between.
    match lead {
        Script::Han => kept.push(Script::Latin),
        Script::Latin => kept.push(Script::Han),
        _ => {}
    }
    Some(kept)
}

fn is_odd(c: char, kept: &[Script]) -> bool {
    let script = group(c.script());
    !is_no_script(script) && !kept.contains(&script)
}

const fn is_no_script(script: Script) -> bool {
    matches!(script, Script::Common | Script::Inherited | Script::Unknown)
}

/// The scripts of East Asia are written together and count as one here.
const fn group(script: Script) -> Script {
    match script {
        Script::Hiragana | Script::Katakana | Script::Hangul | Script::Bopomofo => Script::Han,
        other => other,
    }
}

#[cfg(test)]
mod tests;
