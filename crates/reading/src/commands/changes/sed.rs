//! `sed`: its own small language, of which three commands do more than print: `e` runs, `w` writes, `r` reads.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::targets;
use crate::Findings;
use crate::commands::rows::disclose;
use crate::commands::{self, Call};
use crate::findings::Found;
use crate::shell::read_script;
use crate::words::{Word, absolute, quoted};

/// Reads a call of sed.
pub(in crate::commands) fn read(call: &Call<'_>, findings: &mut Findings) {
    let (mut in_place, mut sandbox) = (false, false);
    let (mut scripts, mut operands): (Vec<&Word>, Vec<&Word>) = (Vec::new(), Vec::new());
    let mut given = false;
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text == "--" {
            operands.extend(words.by_ref());
        } else if let Some(long) = text.strip_prefix("--") {
            in_place |= long.starts_with("in-place") || long == "in";
            sandbox |= long == "sandbox";
            if long == "expression" || long == "file" {
                given = true;
                scripts.extend(words.next().filter(|_| long == "expression"));
            } else if long.starts_with("expression=") || long.starts_with("file=") {
                given = true;
                scripts.push(word);
            }
        } else if text.len() > 1 && text.starts_with('-') {
            in_place |= text.contains('i') || text == "-I";
            match text.chars().last() {
                Some('e') if !text.contains('i') || text.ends_with("ie") && text.len() == 3 => {
                    given = true;
                    scripts.extend(words.next());
                }
                Some('f') => {
                    given = true;
                    words.next();
                }
                Some('l') if text == "-l" => {
                    words.next();
                }
                _ if text.starts_with("-e") => {
                    given = true;
                    scripts.push(word);
                }
                _ => {}
            }
        } else {
            operands.push(word);
        }
    }
    if !given && !operands.is_empty() {
        scripts.push(operands.remove(0));
    }
    for script in scripts.iter().filter(|_| !sandbox) {
        let text = script.text.strip_prefix("--expression=").or_else(|| script.text.strip_prefix("-e"));
        script_of(text.unwrap_or(&script.text), script, call, findings);
    }
    // macOS: `sed -i '' …`, where the empty word is the suffix.
    for file in operands.iter().filter(|word| !word.text.is_empty()) {
        if in_place {
            let empties = scripts.iter().any(|script| {
                let text =
                    script.text.strip_prefix("--expression=").or_else(|| script.text.strip_prefix("-e"));
                matches!(
                    text.unwrap_or(&script.text).trim(),
                    "d" | "1,$d" | "1,$ d" | "/./,$d" | "Q" | "1Q" | "/.*/d" | "//d"
                )
            });
            let severity = targets::place(file, call.place).written();
            let severity = if empties { severity.max(Severity::High) } else { severity };
            changed(file, Verb::Change, severity, format!("Change {}", quoted(&file.text)), call, findings);
        } else {
            disclose(call, file, findings);
        }
    }
    if in_place && operands.is_empty() {
        findings.unread_at(Severity::Low, "sed", "which files it changes is not in its words", call.span);
    }
    findings.reads(call.name);
    if let Some(word) = call.words.iter().find(|word| !word.literal) {
        let why = "what sed does shows only when it runs";
        findings.unread_at(Severity::Low, &word.text, why, word.span);
    }
}

fn changed(
    file: &Word,
    verb: Verb,
    severity: Severity,
    phrase: String,
    call: &Call<'_>,
    findings: &mut Findings,
) {
    let name = absolute(&file.text, call.place.cwd);
    let span = file.span.or(call.span);
    let reversible = Reversible::Unknown;
    findings.effect(Found { verb, kind: TargetKind::Path, name, reversible, severity, phrase, span });
}

/// Walks a script of sed once, from its first character to its last.
fn script_of(text: &str, word: &Word, call: &Call<'_>, findings: &mut Findings) {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ';' | '{' | '}'));
        rest = after_address(rest);
        let Some(command) = rest.chars().next() else { return };
        rest = &rest[command.len_utf8()..];
        let line = rest.find('\n').unwrap_or(rest.len());
        match command {
            's' => {
                let Some(after) = after_parts(rest, 2) else { return };
                let flags = after.find([';', '\n', '}']).unwrap_or(after.len());
                let mut file = None;
                for (at, flag) in after[..flags].char_indices() {
                    if flag == 'e' {
                        findings.unread("sed", "it runs what it has made of a line", word.span.or(call.span));
                    } else if flag == 'w' {
                        let end = after.find('\n').unwrap_or(after.len());
                        file = Some((after[at + 1..end].trim(), end));
                        break;
                    }
                }
                if let Some((file, end)) = file {
                    writes(file, word, call, findings);
                    rest = &after[end..];
                } else {
                    rest = &after[flags..];
                }
            }
            'y' => match after_parts(rest, 2) {
                Some(after) => rest = after,
                None => return,
            },
            'e' => {
                let script = rest[..line].trim();
                if script.is_empty() {
                    findings.unread("sed", "it runs the lines that it meets", word.span.or(call.span));
                } else {
                    let mut inner = Findings::default();
                    let place = commands::Place { depth: call.place.depth + 1, ..*call.place };
                    read_script(script, &place, &mut inner);
                    findings.unread_at(Severity::Low, "sed", "it runs a program", word.span.or(call.span));
                    findings.absorb(inner, word.span.or(call.span));
                }
                rest = &rest[line..];
            }
            'w' | 'W' => {
                writes(rest[..line].trim(), word, call, findings);
                rest = &rest[line..];
            }
            'r' | 'R' => {
                let file = Word { text: rest[..line].trim().to_owned(), ..word.clone() };
                disclose(call, &file, findings);
                rest = &rest[line..];
            }
            'a' | 'i' | 'c' | '#' | ':' | 'b' | 't' | 'T' if matches!(command, 'a' | 'i' | 'c' | '#') => {
                rest = &rest[line..];
            }
            'b' | 't' | 'T' | ':' => {
                let end = rest.find([';', '\n', '}']).unwrap_or(rest.len());
                rest = &rest[end..];
            }
            _ => {}
        }
    }
}

fn writes(file: &str, word: &Word, call: &Call<'_>, findings: &mut Findings) {
    if file.is_empty() || matches!(file, "/dev/stdout" | "/dev/stderr") {
        return;
    }
    let file = Word { text: file.to_owned(), ..word.clone() };
    let severity = targets::place(&file, call.place).written();
    changed(&file, Verb::Overwrite, severity, format!("Overwrite {}", quoted(&file.text)), call, findings);
}

/// Behind addresses such as `1,$`, `/x/I,+3!`.
fn after_address(mut rest: &str) -> &str {
    loop {
        let Some(first) = rest.chars().next() else { return rest };
        match first {
            '0'..='9' | '$' | ',' | '!' | '+' | '~' | ' ' => rest = &rest[1..],
            '/' => {
                rest = after_parts(rest, 1).unwrap_or_default();
                rest = rest.trim_start_matches(['I', 'M']);
            }
            '\\' => {
                rest = after_parts(&rest[1..], 1).unwrap_or_default();
                rest = rest.trim_start_matches(['I', 'M']);
            }
            _ => return rest,
        }
    }
}

/// Behind `count` parts that the first character parts: `/a/b/` with two.
fn after_parts(text: &str, count: usize) -> Option<&str> {
    let mut chars = text.char_indices();
    let (_, delimiter) = chars.next()?;
    let mut left = count;
    let mut set = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' if !set && left == count => set = true,
            ']' if set => set = false,
            c if c == delimiter && !set => {
                left -= 1;
                if left == 0 {
                    return text.get(at + c.len_utf8()..);
                }
            }
            _ => {}
        }
    }
    None
}
