//! Encodings and small filters of texts. Pure functions of constant bytes.

use crate::words::Word;

/// Bytes that are decoded. More than that nobody writes into a line.
pub(super) const LONGEST: usize = 32 * 1024;

fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

/// The text that `bits` bits a letter make.
fn unpacked(encoded: &str, bits: u32, value: impl Fn(u8) -> Option<u32>) -> Option<String> {
    let (mut bytes, mut held, mut count) = (Vec::new(), 0_u32, 0);
    for letter in encoded.bytes().filter(|b| !b.is_ascii_whitespace()).take_while(|b| *b != b'=') {
        held = (held << bits) | value(letter)?;
        count += bits;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((held >> count) & 0xff).ok()?);
            held &= (1 << count) - 1;
        }
    }
    (encoded.len() <= LONGEST).then_some(()).and(text(bytes))
}

pub(super) fn base64(encoded: &str) -> Option<String> {
    unpacked(encoded, 6, |b| {
        Some(u32::from(match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        }))
    })
}

pub(super) fn base32(encoded: &str) -> Option<String> {
    unpacked(encoded, 5, |b| {
        Some(u32::from(match b {
            b'A'..=b'Z' => b - b'A',
            b'2'..=b'7' => b - b'2' + 26,
            _ => return None,
        }))
    })
}

/// Plain hexadecimal, as `xxd -r -p` takes it.
pub(super) fn hex(encoded: &str) -> Option<String> {
    let digits: Vec<u8> = encoded
        .bytes()
        .filter(|b| !b.is_ascii_whitespace())
        .map(|b| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    text(digits.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]).collect())
}

/// One line from its end to its beginning; the line's end stays.
pub(super) fn reversed(line: &str) -> String {
    match line.strip_suffix('\n') {
        Some(line) => line.chars().rev().chain(['\n']).collect(),
        None => line.chars().rev().collect(),
    }
}

pub(super) fn lines_reversed(text: &str) -> String {
    text.lines().rev().flat_map(|line| [line, "\n"]).collect()
}

/// `tr SET1 SET2`, `tr -d SET`, `tr -s`.
pub(super) fn tr(text: &str, words: &[Word]) -> Option<String> {
    let (options, sets): (Vec<&str>, Vec<&str>) =
        words.iter().map(|word| word.text.as_str()).partition(|text| {
            text.len() > 1 && text.starts_with('-') && text[1..].chars().all(|c| "cCdst".contains(c))
        });
    let options = options.concat();
    if options.contains(['c', 'C']) {
        return None;
    }
    let from = set(sets.first()?)?;
    if options.contains('d') {
        return Some(text.chars().filter(|c| !from.contains(c)).collect());
    }
    let Some(to) = sets.get(1) else {
        return options.contains('s').then(|| {
            let mut last = None;
            let keeps = |c: &char| !(last.replace(*c) == Some(*c) && from.contains(c));
            text.chars().filter(keeps).collect()
        });
    };
    let to = set(to)?;
    let end = to.last()?;
    let change = |c: char| match from.iter().rposition(|own| *own == c) {
        Some(at) => *to.get(at).unwrap_or(end),
        None => c,
    };
    Some(text.chars().map(change).collect())
}

/// The characters of one of tr's sets.
fn set(written: &str) -> Option<Vec<char>> {
    let written = written
        .replace("[:upper:]", "A-Z")
        .replace("[:lower:]", "a-z")
        .replace("[:digit:]", "0-9")
        .replace("[:space:]", " \t\n");
    if written.contains("[:") {
        return None;
    }
    let chars: Vec<char> =
        super::printed::escapes(&written, super::printed::Escapes::Ansi).0.chars().collect();
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(&from) = chars.get(at) {
        if let (Some('-'), Some(&to)) = (chars.get(at + 1), chars.get(at + 2)) {
            if from > to || u32::from(to) - u32::from(from) > 1024 {
                return None;
            }
            all.extend(from..=to);
            at += 3;
        } else {
            all.push(from);
            at += 1;
        }
        if all.len() > LONGEST {
            return None;
        }
    }
    Some(all)
}

/// `sed 's/plain/text/g'` of texts without signs of a pattern.
pub(super) fn sed(text: &str, words: &[Word]) -> Option<String> {
    let mut out = text.to_owned();
    let scripts =
        words.iter().map(|word| word.text.as_str()).filter(|text| !matches!(*text, "-e" | "-E" | "-r"));
    for script in scripts.flat_map(|script| script.split(';')) {
        let script = script.trim();
        let mark = script.strip_prefix('s')?.chars().next().filter(|c| !c.is_alphanumeric() && *c != '\\')?;
        let mut parts = script[1 + mark.len_utf8()..].split(mark);
        let (from, to, flags) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = !from.is_empty() && !from.contains(['*', '[', '\\', '^', '$', '+', '?', '(', '{', '|']);
        if !plain || to.contains(['\\', '&']) || parts.next().is_some() || out.len() > LONGEST {
            return None;
        }
        let dots = from.contains('.');
        if dots && from != "." {
            return None;
        }
        let change = |line: &str| match (flags, dots) {
            ("g", false) => Some(line.replace(from, to)),
            ("", false) => Some(line.replacen(from, to, 1)),
            ("", true) => Some(
                line.chars()
                    .enumerate()
                    .map(|(at, c)| if at == 0 { to.to_owned() } else { c.to_string() })
                    .collect(),
            ),
            _ => None,
        };
        out = out.split_inclusive('\n').map(change).collect::<Option<String>>()?;
    }
    Some(out)
}

/// `head -n 1`, `head -c 5`, `tail -1`, `cut -c1-2`, `cut -d, -f2`, `awk '{print $2}'`.
pub(super) fn part(name: &str, text: &str, words: &[Word]) -> Option<String> {
    let all: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let value = |letter: &str| -> Option<&str> {
        let at = all.iter().position(|word| word.starts_with(letter))?;
        match all[at].strip_prefix(letter)? {
            "" => all.get(at + 1).copied(),
            rest => Some(rest),
        }
    };
    let lines = || text.split_inclusive('\n');
    match name {
        "head" | "tail" => {
            if let Some(count) = value("-c") {
                let count: usize = count.parse().ok()?;
                let skipped = if name == "head" { 0 } else { text.chars().count().saturating_sub(count) };
                return Some(text.chars().skip(skipped).take(count).collect());
            }
            let count = match value("-n") {
                Some(count) => count.parse().ok()?,
                None => match all.first() {
                    None => 10,
                    Some(first) => first.strip_prefix('-')?.parse::<usize>().ok()?,
                },
            };
            let skipped = if name == "head" { 0 } else { lines().count().saturating_sub(count) };
            Some(lines().skip(skipped).take(count).collect())
        }
        "cut" => {
            let (list, between) = match value("-c").or_else(|| value("-b")) {
                Some(list) => (list, None),
                None => (value("-f")?, Some(value("-d").unwrap_or("\t"))),
            };
            let (from, to) = list.split_once('-').unwrap_or((list, list));
            let from: usize = if from.is_empty() { 1 } else { from.parse().ok()? };
            let to: usize = if to.is_empty() { usize::MAX } else { to.parse().ok()? };
            let count = to.checked_sub(from)?.saturating_add(1);
            let cut = |line: &str| {
                let part: String = match between {
                    None => line.chars().skip(from.saturating_sub(1)).take(count).collect(),
                    Some(between) => {
                        let fields = line.split(between).skip(from.saturating_sub(1)).take(count);
                        fields.collect::<Vec<_>>().join(between)
                    }
                };
                format!("{part}\n")
            };
            Some(text.lines().map(cut).collect())
        }
        _ => {
            let [program] = all.as_slice() else { return None };
            let inner = program.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
            let field = inner.strip_prefix("print")?.trim();
            let pick = |line: &str| match field {
                "" | "$0" => Some(format!("{line}\n")),
                field => {
                    let number = field.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1)?;
                    Some(format!("{}\n", line.split_whitespace().nth(number).unwrap_or_default()))
                }
            };
            text.lines().map(pick).collect()
        }
    }
}
