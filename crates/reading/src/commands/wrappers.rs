//! Programs that run another program: what they run is read too, and they themselves are never plain.

use super::{Call, Place, find};
use crate::Findings;
use crate::shell::read_script;
use crate::words::Word;

/// Programs that take options and then a command. The number says how many operands of their own stand before it.
const WRAPPERS: &[(&str, usize)] = &[
    ("sudo", 0),
    ("doas", 0),
    ("nohup", 0),
    ("time", 0),
    ("command", 0),
    ("builtin", 0),
    ("exec", 0),
    ("env", 0),
    ("nice", 0),
    ("ionice", 0),
    ("stdbuf", 0),
    ("setsid", 0),
    ("xargs", 0),
    ("timeout", 1),
    ("busybox", 0),
    ("chroot", 1),
    ("unbuffer", 0),
    ("caffeinate", 0),
    ("parallel", 0),
];
/// Options of theirs whose value is the next word.
const VALUED: &[&str] = &[
    "-u",
    "-g",
    "-n",
    "-c",
    "-p",
    "-C",
    "-s",
    "-k",
    "-I",
    "-L",
    "-P",
    "-d",
    "-E",
    "-S",
    "-h",
    "-r",
    "-t",
    "-i",
    "-o",
    "-e",
    "-a",
    "-j",
    "--user",
    "--group",
    "--signal",
    "--kill-after",
    "--chdir",
    "--unset",
    "--max-args",
    "--max-procs",
];
const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "ash", "mksh"];

/// Reads what stands behind a wrapper. Whether `call` is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    if SHELLS.contains(&call.name) {
        shell(call, findings);
        return true;
    }
    if call.name == "find" {
        let changes = find::changes(call, findings);
        return find_exec(call, findings) || changes;
    }
    let Some(&(name, own)) = WRAPPERS.iter().find(|(name, _)| *name == call.name) else { return false };
    // `command -v` and `-V` only say where a program is.
    if name == "command" && call.words.first().is_some_and(|word| matches!(word.text.as_str(), "-v" | "-V")) {
        return if call.words.iter().all(|word| word.literal && !word.glob) {
            findings.reads(name);
            true
        } else {
            false
        };
    }
    findings.unread_program(name, "it runs another program in its own way", call.span);
    // Which options take a value is not known of all of them: the command is looked for both ways, and what is
    // found either way counts.
    let inside = call.place.inside();
    let first = command_start(call.words, own, true);
    let second = command_start(call.words, own, false);
    for start in [first, second.filter(|_| second != first)].into_iter().flatten() {
        super::read(&call.words[start..], call.span, &inside, findings);
    }
    true
}

fn command_start(words: &[Word], own: usize, valued: bool) -> Option<usize> {
    let mut own = own;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let text = word.text.as_str();
        let assignment = text.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        if text.starts_with('-') {
            at += if valued && VALUED.contains(&text) { 2 } else { 1 };
        } else if assignment {
            at += 1;
        } else if own > 0 {
            own -= 1;
            at += 1;
        } else {
            return Some(at);
        }
    }
    None
}

/// `sh -c 'SCRIPT'`: the script is read in its turn. Its spans are of another text, so they are not kept apart.
fn shell(call: &Call<'_>, findings: &mut Findings) {
    findings.unread_program(call.name, "a shell that runs a shell is not a plain read", call.span);
    let mut words = call.words.iter().skip_while(|word| {
        !(word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('c'))
    });
    let Some(script) = words.nth(1).filter(|word| word.literal) else { return };
    let mut inner = Findings::default();
    read_script(&script.text, &Place { depth: call.place.depth + 1, ..*call.place }, &mut inner);
    findings.absorb(inner, script.span.or(call.span));
}

fn find_exec(call: &Call<'_>, findings: &mut Findings) -> bool {
    let Some(at) = call.words.iter().position(|word| find::RUNS.contains(&word.text.as_str())) else {
        return false;
    };
    findings.unread_program("find", "it runs a program on whatever it meets", call.span);
    let mut rest = call.words.get(at + 1..).unwrap_or_default();
    loop {
        let end = rest.iter().position(|word| matches!(word.text.as_str(), ";" | "+")).unwrap_or(rest.len());
        super::read(&rest[..end], call.span, &call.place.inside(), findings);
        let Some(next) = rest.iter().skip(end).position(|word| find::RUNS.contains(&word.text.as_str()))
        else {
            return true;
        };
        rest = rest.get(end + next + 1..).unwrap_or_default();
    }
}
