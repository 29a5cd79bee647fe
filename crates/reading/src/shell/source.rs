//! `source`: a file that runs in this shell. And what tools print for a shell to take over.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};

use super::state::{Positional, Text};
use super::stream::Stream;
use super::walk::Walk;
use crate::findings::Found;
use crate::words::{Word, absolute, quoted};

/// Tools whose output a shell is meant to take over, whatever their words: it sets variables of theirs.
const SETS_UP: &[&str] = &[
    "ssh-agent",
    "dircolors",
    "lesspipe",
    "lesspipe.sh",
    "keychain",
    "dbus-launch",
    "resize",
    "gpg-agent",
    "ssh-pageant",
    "register-python-argcomplete",
    "register-python-argcomplete3",
    "thefuck",
    "modulecmd",
    "direnv",
    "starship",
    "zoxide",
    "atuin",
    "fnm",
    "oh-my-posh",
    "opam",
    "luarocks",
    "pyenv",
    "rbenv",
    "nodenv",
    "goenv",
    "jenv",
    "phpenv",
    "conda",
    "mamba",
    "micromamba",
    "brew",
    "mise",
    "rtx",
    "asdf",
    "docker-machine",
    "locale-gen",
];
/// Words by which any tool prints such a thing.
const SETUP_WORDS: &[&str] = &[
    "completion",
    "completions",
    "completion-bash",
    "completion-zsh",
    "shellenv",
    "hook",
    "shell-init",
    "init",
    "docker-env",
    "podman-env",
    "generate-shell-completion",
    "gen-completions",
    "generate-completion",
    "--completion",
    "--completions",
    "--show-completion",
    "--init",
    "shell-hook",
    "activate",
    "print-env",
    "export-env",
    "env",
    "print-bash-completion",
];

/// The word of a call by which it prints what sets up a shell.
pub(super) fn setup_word<'w>(mut words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    words.next().filter(|word| SETUP_WORDS.contains(word))
}

/// Whether a tool, with the word that it is told, prints what a shell is meant to take over.
fn is_setup(tool: &str) -> bool {
    let (name, word) = tool.split_once(' ').unwrap_or((tool, ""));
    SETS_UP.contains(&name) || SETUP_WORDS.contains(&word)
}

/// Whether `line` is `$(tool …)` of a tool that sets up a shell.
pub(crate) fn sets_up(line: &str) -> bool {
    let inner = line.trim().trim_start_matches(['"', '$', '(', '`']).trim_start();
    let mut words = inner
        .split(|c: char| c.is_whitespace() || matches!(c, ')' | '`' | '"'))
        .filter(|word| !word.is_empty());
    let name = words.next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let one = !inner
        .replace("2>/dev/null", "")
        .replace("2> /dev/null", "")
        .contains([';', '|', '&', '\n', '>', '<', '$', '`'])
        || line.trim_start().starts_with('`')
            && !inner.trim_end_matches(['`', '"']).contains([';', '|', '&', '\n', '>', '<', '$', '`']);
    let told = words.next().unwrap_or_default();
    line.trim_start().starts_with(['"', '$', '`'])
        && one
        && (SETS_UP.contains(&name) || SETUP_WORDS.contains(&told))
}

/// `source FILE [arguments]`.
pub(super) fn read(
    walk: &mut Walk<'_>,
    words: &[Word],
    span: Option<Span>,
    stdin: &Stream,
    capture: bool,
) -> Stream {
    let words: Vec<&Word> = words.iter().skip(1).filter(|word| word.text != "--").collect();
    let Some((file, arguments)) = words.split_first() else { return Stream::nothing() };
    let at = file.span.or(span);
    let path = absolute(&file.text, walk.cwd.as_deref());
    let stream = match path.as_str() {
        "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0" => Some(stdin.clone()),
        _ => walk.state.content(&path).cloned(),
    };
    let given = (!arguments.is_empty()).then(|| {
        let items = arguments.iter().map(|word| Text {
            text: (&word.text).into(),
            literal: word.literal,
            glob: word.glob,
        });
        std::mem::replace(&mut walk.state.positional, Positional::Known(items.collect()))
    });
    let printed = match stream {
        Some(stream) => run(walk, &stream, &file.text, at, capture),
        None => through(walk, file, &path, at, capture),
    };
    if let Some(before) = given {
        walk.state.positional = before;
    }
    printed
}

fn run(walk: &mut Walk<'_>, stream: &Stream, name: &str, span: Option<Span>, capture: bool) -> Stream {
    match stream {
        Stream::Text(text) | Stream::Partly(text) => {
            return walk.inner(text, span, &Stream::Inherited, capture);
        }
        Stream::Download => downloaded(walk.findings, span),
        Stream::Printed(tool) if is_setup(tool) => {
            walk.findings.unread_at(Severity::Low, tool, "what it prints sets up the shell", span);
        }
        Stream::Printed(tool) => {
            let why = format!("it runs what {} prints", quoted(tool));
            walk.findings.unread_program("source", why, span);
        }
        _ => walk.findings.unread_program("source", format!("what stands in {name} is not known"), span),
    }
    Stream::Printed("a script".to_owned())
}

/// What a download brings runs.
pub(crate) fn downloaded(findings: &mut crate::Findings, span: Option<Span>) {
    findings.effect(Found {
        verb: Verb::ExecuteUnread,
        kind: TargetKind::Other,
        name: "a download".to_owned(),
        reversible: Reversible::Unknown,
        severity: Severity::High,
        phrase: "Run what a download brings".to_owned(),
        span,
    });
}

/// Reads the file through where it is to be had.
fn through(walk: &mut Walk<'_>, file: &Word, path: &str, span: Option<Span>, capture: bool) -> Stream {
    let why = if file.literal && !file.glob && path.starts_with('/') {
        match walk.place.files.text(path) {
            Ok(text) => {
                walk.findings.read_through(path, &text);
                if text.len() <= crate::SCRIPT_BYTES {
                    return walk.inner(&text, span, &Stream::Inherited, capture);
                }
                "the file is too large to be read through"
            }
            Err(why) => why.why(),
        }
    } else {
        "which file it is shows only when it runs"
    };
    let severity = weight(&file.text, file.literal);
    walk.findings.unread_program_at(severity, &file.text, format!("it runs in this shell, and {why}"), span);
    Stream::Printed("a script".to_owned())
}

/// How bad a file can be that runs, by where it lies. What somebody put on this machine is his own; what anybody can
/// write, or lies nowhere known, is not.
pub(crate) fn weight(text: &str, literal: bool) -> Severity {
    const OPEN: &[&str] = &["/tmp/", "/var/tmp/", "/dev/shm/", "/dev/", "/proc/"];
    let open = OPEN.iter().any(|folder| text.starts_with(folder))
        || text.to_ascii_lowercase().contains("/downloads/");
    // `$DIR/lib.sh` is a file of a known name in a folder of somebody's own.
    let named = literal
        || text.rsplit('/').next().is_some_and(|last| text.contains('/') && !last.contains(['$', '`', ')']));
    if open || !named { Severity::High } else { Severity::Low }
}
