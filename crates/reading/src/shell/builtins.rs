//! What the shell does itself.

use sayso_core::Severity;
use sayso_core::reading::Span;
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::simple::shell_quoted;
use super::state::{ALTERNATIVES, Positional, Text, Value};
use super::stream::Stream;
use super::walk::Walk;
use super::{printed, source, variables};
use crate::grammar::tree::{self, Piece};
use crate::words::{Word, absolute};

/// Builtins whose arguments are assignments.
pub(super) fn declares(name: &str) -> bool {
    matches!(name, "export" | "declare" | "typeset" | "local" | "readonly" | "integer")
}

/// Builtins that change nothing but the shell's own state, which is gone with it, or only print it.
const QUIET: &[&str] = &[
    "exit",
    "return",
    "break",
    "continue",
    "wait",
    "jobs",
    "fg",
    "bg",
    "disown",
    "umask",
    "ulimit",
    "times",
    "help",
    "dirs",
    "caller",
    "logout",
    "suspend",
    "getopts",
    "compopt",
    "shopt",
    "setopt",
    "unsetopt",
    "autoload",
    "zmodload",
    "compinit",
    "bashcompinit",
    "rehash",
    "type",
    "[[",
    ":",
    "popd",
];

/// Those of the builtins that print something.
const PRINT: &[&str] = &[
    "jobs", "times", "help", "dirs", "caller", "type", "hash", "history", "fc", "alias", "trap", "set",
    "umask", "ulimit", "shopt", "compgen", "bind", "enable", "fg", "bg", "pushd", "popd", "complete",
];

/// Runs a builtin. `None`: it is none, or one that the catalogue knows as a program too.
pub(super) fn run(
    walk: &mut Walk<'_>,
    name: &str,
    words: &mut Vec<Word>,
    span: Option<Span>,
    stdin: &Stream,
    capture: bool,
) -> Option<Stream> {
    match name {
        "command" | "builtin" | "exec" | "noglob" | "nocorrect" | "-" => {
            return prefix(walk, name, words, span, stdin, capture);
        }
        "cd" | "chdir" | "pushd" => change_folder(walk, words),
        "eval" => return Some(eval(walk, words, span, stdin, capture)),
        "source" | "." => return Some(source::read(walk, words, span, stdin, capture)),
        "trap" => trap(walk, words, span),
        "alias" => aliases(walk, words, span),
        "set" => set(walk, words, span),
        "shift" => shift(walk, words),
        "unset" => {
            subscripts(walk, words, span);
            unset(walk, words, span);
        }
        "read" => {
            subscripts(walk, words, span);
            read(walk, words, stdin);
        }
        "mapfile" | "readarray" => {
            callbacks(walk, words, span);
            array(walk, words, stdin);
        }
        "history" => history(walk, words, span),
        "fc" if words.len() > 1
            && !words.iter().any(|word| word.text.starts_with("-l") || word.text == "--help") =>
        {
            walk.findings.unread_program("fc", "it runs what was typed before", span);
        }
        "enable" if words.iter().any(|word| word.text == "-f") => {
            walk.findings.unread_program("enable", "it loads a library into the shell", span);
        }
        "hash" if words.iter().any(|word| word.text == "-p") => {
            walk.findings.unread_program("hash", "it puts another program in the place of one", span);
        }
        "bind" if words.iter().any(|word| word.text.starts_with("-x")) => {
            walk.findings.unread_program("bind", "it runs a command when a key is pressed", span);
        }
        "enable" | "hash" | "bind" | "fc" | "unalias" => {}
        "let" | "test" | "[" => subscripts(walk, words, span),
        "jobs" if words.get(1).is_some_and(|word| word.text == "-x") => {
            words.drain(..2);
            return Some(walk.run(words, span, stdin, capture));
        }
        "repeat" => {
            words.drain(..words.len().min(2));
            return Some(walk.run(words, span, stdin, capture));
        }
        "compgen" | "complete" | "sched" | "emulate" => callbacks(walk, words, span),
        "ztcp" => walk.findings.unread_program("ztcp", "it opens a connection", span),
        "printf" if words.get(1).is_some_and(|word| word.text == "-v") => printf(walk, words, span),
        // Without arguments given in the tree (`builtin export x=1`).
        name if declares(name) => {
            for word in words.iter().skip(1) {
                if let Some((name, value)) = word.text.split_once('=') {
                    let text = Text { text: SmolStr::new(value), literal: word.literal, glob: false };
                    variables::check(walk, name, &text, span);
                    walk.state.set_one(&SmolStr::new(name), Value::Scalar(text));
                }
            }
        }
        name if QUIET.contains(&name) => {}
        _ => return None,
    }
    let prints = capture && PRINT.contains(&name);
    Some(if prints { printed::printed(words, stdin, walk.cwd.as_deref()) } else { Stream::nothing() })
}

/// `command rm`, `exec rm`: what stands behind is what runs.
fn prefix(
    walk: &mut Walk<'_>,
    name: &str,
    words: &mut Vec<Word>,
    span: Option<Span>,
    stdin: &Stream,
    capture: bool,
) -> Option<Stream> {
    let mut at = 1;
    while let Some(word) = words.get(at).filter(|word| word.text.starts_with('-') && word.text.len() > 1) {
        if name == "command" && word.text.contains(['v', 'V']) {
            walk.findings.reads(name);
            return Some(if capture { printed::printed(words, stdin, None) } else { Stream::nothing() });
        }
        at += if name == "exec" && word.text.ends_with('a') { 2 } else { 1 };
        if word.text == "--" {
            break;
        }
    }
    words.drain(..at.min(words.len()));
    let program = words.first()?.clone();
    if !program.literal || program.glob {
        return Some(walk.run(words, span, stdin, capture));
    }
    // A function is not looked for: that is what these words are for.
    let inner = SmolStr::new(&program.text);
    if inner != name
        && let Some(printed) = run(walk, &inner, words, span, stdin, capture)
    {
        return Some(printed);
    }
    walk.program(words, span, stdin);
    Some(if capture { printed::printed(words, stdin, walk.cwd.as_deref()) } else { Stream::nothing() })
}

/// An index is worked out as arithmetic, and what is substituted in it runs: `test -v 'a[$(…)]'`.
pub(super) fn subscripts(walk: &mut Walk<'_>, words: &[Word], span: Option<Span>) {
    for word in words.iter().skip(1) {
        let index = word.text.split_once('[').map(|(_, rest)| rest);
        let Some(index) = index.filter(|index| word.literal && (index.contains("$(") || index.contains('`')))
        else {
            continue;
        };
        walk.inner(
            &format!(": \"{}\"", index.replace('"', "")),
            word.span.or(span),
            &Stream::nothing(),
            false,
        );
    }
}

/// Builtins that take a command as a text: `mapfile -C`, `compgen -C`, `emulate -c`.
fn callbacks(walk: &mut Walk<'_>, words: &[Word], span: Option<Span>) {
    for pair in words.windows(2) {
        let takes = matches!(pair[0].text.as_str(), "-C" | "-c") || pair[0].text.starts_with('+');
        let braces = pair[0].text == "-W" && pair[1].text.contains(['$', '`']);
        if takes {
            walk.inner(&pair[1].text, pair[1].span.or(span), &Stream::nothing(), false);
        } else if braces {
            let line = format!(": \"{}\"", pair[1].text.replace('"', ""));
            walk.inner(&line, pair[1].span.or(span), &Stream::nothing(), false);
        }
    }
}

/// `cd DIR`: what follows by `&&` runs there. Anything less certain leaves the folder unknown.
fn change_folder(walk: &mut Walk<'_>, words: &[Word]) {
    let mut operands =
        words.iter().skip(1).filter(|word| !matches!(word.text.as_str(), "-P" | "-L" | "-e" | "--" | "-@"));
    let target = operands.next().map_or_else(|| Word::plain("~"), Word::clone);
    let known = target.literal && !target.glob && target.text != "-" && !target.text.starts_with('+');
    walk.cwd =
        known.then(|| absolute(&target.text, walk.cwd.as_deref())).filter(|dir| dir.starts_with(['/', '~']));
    walk.moved = true;
}

fn eval(walk: &mut Walk<'_>, words: &[Word], span: Option<Span>, stdin: &Stream, capture: bool) -> Stream {
    let words = words.get(1..).unwrap_or_default();
    let words = if words.first().is_some_and(|word| word.text == "--") { &words[1..] } else { words };
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let line = texts.join(" ");
    if line.trim().is_empty() {
        return Stream::nothing();
    }
    if words.iter().all(|word| word.literal && !word.glob) {
        return walk.inner(&line, span, stdin, capture);
    }
    if source::sets_up(&line) {
        walk.findings.unread_at(Severity::Low, &line, "what it prints sets up the shell", span);
        return Stream::nothing();
    }
    walk.findings.unread_at(Severity::Low, &line, "what it runs shows only then", span);
    walk.inner(&line, span, stdin, capture)
}

fn trap(walk: &mut Walk<'_>, words: &[Word], span: Option<Span>) {
    let mut words = words.iter().skip(1).filter(|word| word.text != "--");
    match words.next() {
        Some(word) if !word.text.starts_with('-') && !word.text.is_empty() && words.next().is_some() => {
            walk.traps.push((SmolStr::new(&word.text), word.span.or(span)));
        }
        _ => {}
    }
}

fn aliases(walk: &mut Walk<'_>, words: &[Word], span: Option<Span>) {
    for word in words.iter().skip(1) {
        let Some((name, value)) = word.text.split_once('=') else { continue };
        walk.state.aliases.insert(SmolStr::new(name), SmolStr::new(value));
        // Nothing runs yet. One that lies in wait for whoever types a harmless name counts.
        let kept = std::mem::take(walk.findings);
        walk.inner(value, word.span.or(span), &Stream::Inherited, false);
        let found = std::mem::replace(walk.findings, kept);
        let first = value.split_whitespace().next().unwrap_or_default();
        if found.severity() >= Some(Severity::Critical) && first != name {
            walk.findings.absorb_as_is(found);
        }
    }
}

fn set(walk: &mut Walk<'_>, words: &[Word], span: Option<Span>) {
    let mut words = words.iter().skip(1);
    let mut given: Option<Vec<Text>> = None;
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        match text {
            "--" | "-" => {
                given = Some(words.by_ref().map(text_of).collect());
            }
            "-o" | "+o" => {
                let on = text == "-o";
                match words.next().map(|word| word.text.as_str()) {
                    Some("errexit") => walk.state.errexit = on,
                    Some("allexport") => walk.state.allexport = on,
                    Some("history") if !on => {
                        let why = "it keeps what runs out of the shell's history";
                        walk.findings.reason(Severity::High, why, span);
                    }
                    _ => {}
                }
            }
            _ => match text.strip_prefix(['-', '+']).filter(|letters| word.literal && !letters.is_empty()) {
                Some(letters) => {
                    let on = text.starts_with('-');
                    if letters.contains('e') {
                        walk.state.errexit = on;
                    }
                    if letters.contains('a') {
                        walk.state.allexport = on;
                    }
                    if letters.ends_with('o') {
                        let option = words.next().map(|word| word.text.as_str());
                        walk.state.errexit |= on && option == Some("errexit");
                    }
                }
                None => given = Some(std::iter::once(word).chain(words.by_ref()).map(text_of).collect()),
            },
        }
    }
    if let Some(given) = given {
        walk.state.positional = Positional::Known(given.into());
    }
}

fn text_of(word: &Word) -> Text {
    Text { text: SmolStr::new(&word.text), literal: word.literal, glob: word.glob }
}

fn shift(walk: &mut Walk<'_>, words: &[Word]) {
    let count = words.get(1).map_or(Some(1), |word| word.text.parse::<usize>().ok());
    if let Positional::Known(items) = &walk.state.positional {
        walk.state.positional = match count {
            Some(count) => Positional::Known(items.iter().skip(count).cloned().collect()),
            None => Positional::Unknown,
        };
    }
}

fn unset(walk: &mut Walk<'_>, words: &[Word], span: Option<Span>) {
    let functions = words.get(1).is_some_and(|word| word.text == "-f");
    for word in words.iter().skip(1).filter(|word| !word.text.starts_with('-')) {
        let name = SmolStr::new(&word.text);
        if word.text == "HISTFILE" {
            walk.findings.reason(Severity::High, "it keeps what runs out of the shell's history", span);
        }
        if !functions {
            walk.state.set_one(&name, Value::Unset);
        }
        if functions || walk.state.function(&name).is_some() && walk.state.variable(&name).is_none() {
            walk.state.undefine(&name);
        }
    }
}

/// `read x`: the lines of its input, where they are known.
fn read(walk: &mut Walk<'_>, words: &[Word], stdin: &Stream) {
    let mut names: Vec<SmolStr> = Vec::new();
    let mut words = words.iter().skip(1);
    let mut array = false;
    while let Some(word) = words.next() {
        match word.text.strip_prefix('-') {
            Some(letters) if letters.ends_with(['d', 'n', 'N', 'p', 't', 'u', 'i']) => drop(words.next()),
            Some(letters) if letters.ends_with(['a', 'A']) => {
                array = true;
                names.extend(words.next().map(|word| SmolStr::new(&word.text)));
            }
            Some(_) => {}
            None => names.push(SmolStr::new(&word.text)),
        }
    }
    if names.is_empty() {
        names.push(SmolStr::new_static("REPLY"));
    }
    let separators = walk.state.known("IFS").map_or_else(|| " \t\n".to_owned(), ToString::to_string);
    let separates = |c: char| separators.contains(c);
    if let ([name], Some(text), true) = (names.as_slice(), stdin.text(), array) {
        let line = text.lines().next().unwrap_or_default();
        let fields = line.split(separates).filter(|field| !field.is_empty());
        let items: Vec<Text> = fields.map(Text::known).collect();
        return walk.state.set_one(name, Value::Array(items.into()));
    }
    let Some(text) = stdin.text().filter(|_| !array) else {
        for name in &names {
            let shown = smol_str::format_smolstr!("${name}");
            walk.state.set_one(name, Value::Scalar(Text::unknown(shown)));
        }
        return;
    };
    let lines: Vec<&str> = text.lines().take(ALTERNATIVES).collect();
    let last = names.len() - 1;
    for (at, name) in names.iter().enumerate() {
        let value = |line: &&str| {
            let mut fields = line.split(separates).filter(|field| !field.is_empty());
            let text = if at == last && last == 0 {
                line.trim().to_owned()
            } else if at == last {
                fields.skip(at).collect::<Vec<_>>().join(" ")
            } else {
                fields.nth(at).unwrap_or_default().to_owned()
            };
            Value::Scalar(Text::known(text))
        };
        let values: SmallVec<[Value; 1]> = lines.iter().map(value).collect();
        walk.state.set(name, if values.is_empty() { SmallVec::from_buf([Value::Unset]) } else { values });
    }
}

fn array(walk: &mut Walk<'_>, words: &[Word], stdin: &Stream) {
    let Some(name) = words.iter().skip(1).rfind(|word| !word.text.starts_with('-')) else { return };
    let items: Vec<Text> = match stdin.text() {
        Some(text) => text.lines().map(Text::known).collect(),
        None => vec![Text::unknown(smol_str::format_smolstr!("${}", name.text))],
    };
    walk.state.set_one(&SmolStr::new(&name.text), Value::Array(items.into()));
}

fn history(walk: &mut Walk<'_>, words: &[Word], span: Option<Span>) {
    if words.iter().skip(1).any(|word| word.text.starts_with('-') && word.text.contains(['c', 'd', 'w'])) {
        walk.findings.reason(Severity::High, "it changes the shell's history of what ran", span);
    } else if let Some(pair) = words.windows(2).find(|pair| pair[0].text == "-a") {
        let name = absolute(&pair[1].text, walk.cwd.as_deref());
        let append = crate::findings::Found {
            verb: sayso_core::reading::Verb::Change,
            kind: sayso_core::reading::TargetKind::Path,
            name,
            reversible: sayso_core::reading::Reversible::Unknown,
            severity: Severity::High,
            phrase: format!("Append what was typed to {}", crate::words::quoted(&pair[1].text)),
            span,
        };
        walk.findings.effect(append);
    } else {
        walk.findings.reads("history");
    }
}

/// `printf -v name format …`
fn printf(walk: &mut Walk<'_>, words: &[Word], span: Option<Span>) {
    subscripts(walk, words.get(..3).unwrap_or_default(), span);
    let (Some(name), Some(rest)) = (words.get(2), words.get(3..)) else { return };
    let constant = rest.iter().all(|word| word.literal);
    let text = constant.then(|| printed::printf(rest)).flatten();
    let name = SmolStr::new(&name.text);
    let shown = || Text::unknown(smol_str::format_smolstr!("${name}"));
    walk.state.set_one(&name, Value::Scalar(text.map_or_else(shown, Text::known)));
}

/// `export`, `declare`, `local` and their like, whose arguments are assignments: neither split nor matched.
pub(super) fn declare(walk: &mut Walk<'_>, words: &[tree::Word], span: Option<Span>) {
    let Some((first, words)) = words.split_first() else { return };
    let exports = first.literal().is_some_and(|name| name == "export");
    let mut exported = exports;
    let mut functions = false;
    let mut refers = false;
    for word in words {
        if let Some(text) = word.literal().filter(|text| text.contains('[')) {
            // `declare 'a[$(…)]=1'` works the index out like `test -v` does.
            let own = [Word::plain("declare"), Word::plain(&text)];
            subscripts(walk, &own, walk.at(word.span).or(span));
        }
        if let Some(option) = word.bare().filter(|text| text.starts_with(['-', '+'])) {
            exported |= option.starts_with('-') && option.contains('x');
            functions |= option.contains('f');
            refers |= option.contains('n');
            continue;
        }
        let Some((name, value)) = assignment(walk, word) else {
            let name = walk.text(word).text;
            if functions {
                walk.state.export_function(&name);
            } else if exported {
                walk.state.export(&name, true);
            }
            continue;
        };
        for value in &value {
            if let Value::Scalar(text) = value {
                variables::check(walk, &name, text, walk.at(word.span).or(span));
            }
        }
        if let ([Value::Scalar(text)], true) = (value.as_slice(), refers) {
            walk.state.references.insert(name, text.text.clone());
            continue;
        }
        walk.state.set(&name, value);
        if exported {
            walk.state.export(&name, true);
        }
    }
}

/// `name=value` as an argument.
fn assignment(walk: &mut Walk<'_>, word: &tree::Word) -> Option<(SmolStr, SmallVec<[Value; 1]>)> {
    let (first, rest) = word.pieces.split_first()?;
    let Piece::Text { text, .. } = first else { return None };
    let (name, begin) = text.split_once('=')?;
    let name = SmolStr::new(name.trim_end_matches('+'));
    if let Some(Piece::Array(elements)) = rest.first() {
        let items = walk.elements(elements);
        return Some((name, SmallVec::from_buf([Value::Array(items.into())])));
    }
    let values = walk.in_every_choice(|walk| {
        let text = walk.text_of(rest);
        let whole = smol_str::format_smolstr!("{begin}{}", text.text);
        Value::Scalar(Text { text: whole, ..text })
    });
    Some((name, values))
}

/// The words behind a program that runs them, as one line.
pub(crate) fn line(words: &[Word]) -> String {
    let quoted =
        words.iter().map(|word| if word.literal { shell_quoted(&word.text) } else { word.text.clone() });
    quoted.collect::<Vec<_>>().join(" ")
}
