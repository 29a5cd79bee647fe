//! The interpreters' own options: where the text that they run stands.

use sayso_core::Severity;

use super::scan::{self, Origin};
use super::scripts::{self, Written};
use super::tokens::Language;
use crate::Findings;
use crate::commands::{self, Call, Stdin};
use crate::words::Word;

/// How an interpreter takes its program.
struct Options {
    language: Language,
    /// Options whose value is a text to run.
    texts: &'static [&'static str],
    /// Letters that do the same in a cluster.
    letters: &'static str,
    /// Options whose value is something else.
    valued: &'static [&'static str],
}

fn options(name: &str) -> Option<Options> {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    let (language, texts, letters, valued): (_, &[&str], _, &[&str]) = match stem {
        "python" | "pypy" | "python.exe" | "py" | "micropython" | "jython" | "bpython" => {
            (Language::Python, &["-c"], "c", &["-W", "-X", "--check-hash-based-pycs"])
        }
        "node" | "nodejs" | "tsx" | "ts-node" | "zx" | "qjs" | "d8" => (
            Language::JavaScript,
            &["-e", "--eval", "-p", "--print", "-pe"],
            "ep",
            &[
                "-r",
                "--require",
                "--import",
                "--loader",
                "-C",
                "--conditions",
                "--env-file",
                "-O",
                "--input-type",
            ],
        ),
        "perl" => (Language::Perl, &["-e", "-E"], "eE", &[]),
        "ruby" | "jruby" => (Language::Ruby, &["-e"], "e", &["-r", "-I", "-C", "-E"]),
        "php" => (Language::Php, &["-r", "-B", "-R", "-E"], "r", &["-d", "-c", "-z"]),
        "lua" | "luajit" | "texlua" => (Language::Lua, &["-e"], "e", &["-l"]),
        "Rscript" | "R" | "julia" | "elixir" | "groovy" | "octave" | "swipl" | "racket" | "guile"
        | "sbcl" | "ghci" | "jshell" | "scala-cli" => {
            (Language::Other, &["-e", "-E", "--eval", "-g", "--expr"], "", &["-f"])
        }
        "tclsh" | "wish" => (Language::Tcl, &[], "", &[]),
        "expect" => (Language::Tcl, &["-c"], "c", &["-f"]),
        _ => return None,
    };
    Some(Options { language, texts, letters, valued })
}

/// Reads a call of an interpreter. Whether it is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    match call.name {
        "deno" => return deno(call, findings),
        "bun"
            if call
                .words
                .first()
                .is_some_and(|word| matches!(word.text.as_str(), "-e" | "--eval" | "-p" | "--print")) =>
        {
            if let Some(word) = call.words.get(1) {
                text(call, word, Language::JavaScript, findings);
            }
            return true;
        }
        "osascript" => {
            applescript(call, findings);
            return true;
        }
        _ => {}
    }
    let Some(options) = options(call.name) else { return false };
    let looks = ["--version", "-V", "--help", "-h", "-v", "-version"];
    if let [only] = call.words
        && looks.contains(&only.text.as_str())
    {
        findings.reads(call.name);
        return true;
    }
    interpreter(call, &options, findings);
    true
}

fn interpreter(call: &Call<'_>, options: &Options, findings: &mut Findings) {
    let mut words = call.words.iter().enumerate();
    let (mut found, mut in_place) = (false, false);
    let perl_like = matches!(options.language, Language::Perl | Language::Ruby);
    while let Some((at, word)) = words.next() {
        let option = word.text.as_str();
        if !option.starts_with('-') || option == "-" {
            if found {
                if in_place {
                    changed(call, word, findings);
                }
                continue;
            }
            if option == "-" {
                break;
            }
            let tool = option.rsplit('/').next().unwrap_or(option);
            if matches!(
                (options.language, tool),
                (Language::Php, "artisan") | (Language::Python, "manage.py" | "setup.py")
            ) {
                return commands::read(&call.words[at..], call.span, &call.place.inside(), findings);
            }
            return scripts::file(call, word, Written::In(options.language), findings);
        }
        if option == "--" {
            continue;
        }
        if options.language == Language::Python && option.starts_with("-m") {
            return module(call, at, findings);
        }
        if options.texts.contains(&option) {
            found = true;
            if let Some((_, source)) = words.next() {
                text(call, source, options.language, findings);
            }
            if matches!(options.language, Language::Python | Language::JavaScript | Language::Php) {
                return;
            }
            continue;
        }
        if let Some((name, value)) = option.split_once('=').filter(|_| option.starts_with("--")) {
            if options.texts.contains(&name) {
                found = true;
                text(call, &Word { text: value.to_owned(), ..word.clone() }, options.language, findings);
            }
            continue;
        }
        if options.valued.contains(&option) {
            let value = words.next();
            if let Some((_, value)) = value.filter(|_| matches!(option, "--import" | "--loader")) {
                encoded_module(call, value, findings);
            }
            continue;
        }
        if option.starts_with("--") {
            continue;
        }
        // Letters behind which the rest of the cluster is a value: `-i.bak`, `-MJSON`, `-rjson`.
        let ends = if perl_like { "iMmIFxrCKTW" } else { "" };
        let own = option[1..].find(|c| ends.contains(c)).map_or(&option[1..], |at| &option[1..at + 2]);
        in_place |= perl_like && own.contains('i');
        // `-lane 'TEXT'`, `-Bc TEXT`, `-cprint(1)`.
        if let Some(letter) = own.find(|c| options.letters.contains(c)) {
            let behind = &option[1 + letter + 1..];
            found = true;
            if behind.is_empty() || perl_like {
                if let Some((_, source)) = words.next() {
                    text(call, source, options.language, findings);
                }
            } else {
                text(call, &Word { text: behind.to_owned(), ..word.clone() }, options.language, findings);
            }
            if options.language == Language::Python {
                return;
            }
        }
    }
    if found {
        return;
    }
    standard_input(call, options.language, findings);
}

/// An interpreter without a program takes it from its standard input.
fn standard_input(call: &Call<'_>, language: Language, findings: &mut Findings) {
    match call.place.stdin {
        Stdin::Text(source) => {
            let word = Word { span: call.span, ..Word::plain(source) };
            text(call, &word, language, findings);
        }
        Stdin::File(path) => {
            let word = Word { span: call.span, ..Word::plain(path) };
            scripts::file(call, &word, Written::In(language), findings);
        }
        Stdin::Download => findings.unread_program(call.name, "it runs what a download brings", call.span),
        Stdin::Printed(program) => {
            findings.unread_program(call.name, format!("it runs what {program} prints"), call.span);
        }
        Stdin::Inherited => {
            findings.unread_at(
                Severity::Low,
                call.name,
                "it takes its commands from whoever types",
                call.span,
            );
        }
    }
}

/// A text of the command line.
pub(super) fn text(call: &Call<'_>, word: &Word, language: Language, findings: &mut Findings) {
    let why = "a program of another language, of which the calls that do harm are looked for";
    if !word.literal {
        findings.unread_at(
            Severity::Low,
            &word.text,
            "a part of it shows only when it runs",
            word.span.or(call.span),
        );
        if !word.text.contains(['(', ' ', '"', '\'']) || is_only_variable(&word.text) {
            return findings.unread(
                &word.text,
                "the program shows only when it runs",
                word.span.or(call.span),
            );
        }
    }
    findings.unread_at(Severity::Low, call.name, why, word.span.or(call.span));
    scan::read(call, &word.text, language, Origin::Text, word, findings);
}

/// `"$CODE"`, `$(…)`.
fn is_only_variable(text: &str) -> bool {
    let bare = text.trim_matches('"');
    bare.starts_with("$(") && bare.ends_with(')')
        || bare.strip_prefix('$').is_some_and(|name| {
            name.trim_matches(['{', '}']).bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
}

/// `--import 'data:text/javascript,…'`.
fn encoded_module(call: &Call<'_>, word: &Word, findings: &mut Findings) {
    if word.text.starts_with("data:") || word.text.contains("://") {
        findings.unread(
            call.name,
            "it loads a module from a text or another machine",
            word.span.or(call.span),
        );
    }
}

fn changed(call: &Call<'_>, word: &Word, findings: &mut Findings) {
    let words = [Word::plain("tee"), word.clone()];
    commands::read(&words, call.span, &call.place.inside(), findings);
}

/// `python -m MODULE`: modules go by the name of the program that they are.
fn module(call: &Call<'_>, at: usize, findings: &mut Findings) {
    let attached = call.words[at].text.get(2..).filter(|name| !name.is_empty()).map(str::to_owned);
    let rest = if attached.is_some() { at + 1 } else { at + 2 };
    let name = attached.or_else(|| call.words.get(at + 1).map(|word| word.text.clone()));
    let Some(name) = name else { return };
    let words = call.words.get(rest..).unwrap_or_default();
    match name.as_str() {
        "json.tool" | "calendar" | "this" | "platform" | "site" | "sysconfig" | "ast" | "dis"
        | "tokenize" | "pydoc" | "inspect" | "timeit" | "symtable" | "tabnanny"
            if name != "timeit" =>
        {
            findings.reads(call.name);
            for word in words {
                commands::rows::disclose(call, word, findings);
            }
        }
        "http.server" | "SimpleHTTPServer"
            if words
                .iter()
                .any(|word| matches!(word.text.as_str(), "~" | "/" | "/home" | "/root" | "$HOME")) =>
        {
            findings.effect(crate::findings::Found {
                verb: sayso_core::reading::Verb::Publish,
                kind: sayso_core::reading::TargetKind::Path,
                name: "/".to_owned(),
                reversible: sayso_core::reading::Reversible::Unknown,
                severity: Severity::High,
                phrase: "Serve a folder of all one's files".to_owned(),
                span: call.span,
            });
        }
        "http.server" | "SimpleHTTPServer" | "venv" | "virtualenv" | "ensurepip" | "compileall"
        | "unittest" | "doctest" | "py_compile" | "zipapp" | "idlelib" | "test" | "smtpd" | "turtledemo"
        | "webbrowser" | "base64" | "gzip" | "zipfile" | "tarfile" | "sqlite3" | "ftplib" | "telnetlib"
        | "asyncio" | "code" => {
            for word in words {
                commands::rows::disclose(call, word, findings);
            }
            findings.unread_at(Severity::Low, &name, "a module of Python's own", call.span);
        }
        "timeit" => {
            for word in words.iter().filter(|word| !word.text.starts_with('-')) {
                text(call, word, Language::Python, findings);
            }
        }
        "pdb" | "cProfile" | "profile" | "trace" | "runpy" | "coverage" => {
            if let Some(word) = words.iter().find(|word| word.text.to_ascii_lowercase().ends_with(".py")) {
                return scripts::file(call, word, Written::In(Language::Python), findings);
            }
            findings.unread_at(Severity::Low, &name, "a module of Python's own", call.span);
        }
        _ => {
            let program = Word { text: name, ..call.words[at].clone() };
            let line: Vec<Word> = std::iter::once(program).chain(words.iter().cloned()).collect();
            commands::read(&line, call.span, &call.place.inside(), findings);
        }
    }
}

fn deno(call: &Call<'_>, findings: &mut Findings) -> bool {
    let Some((command, words)) = call.words.split_first() else {
        findings.reads("deno");
        return true;
    };
    match command.text.as_str() {
        "eval" => {
            if let Some(word) = words.iter().find(|word| !word.text.starts_with('-')) {
                text(call, word, Language::JavaScript, findings);
            }
        }
        "run" | "serve" if words.iter().any(|word| word.text == "-") => {
            if let Stdin::Text(script) = call.place.stdin {
                let script = Word { text: script.to_owned(), ..command.clone() };
                text(call, &script, Language::JavaScript, findings);
            } else {
                findings.unread("deno", "it runs what its standard input says", call.span);
            }
        }
        "run" | "serve" => {
            if let Some(word) = words.iter().find(|word| !word.text.starts_with('-')) {
                if word.text.starts_with("npm:") || word.text.starts_with("jsr:") {
                    findings.unread_at(
                        Severity::Low,
                        &word.text,
                        "a package that is fetched and run",
                        word.span,
                    );
                } else {
                    scripts::file(call, word, Written::In(Language::JavaScript), findings);
                }
            }
        }
        "publish" | "task" => return false,
        "install" if words.iter().any(|word| word.text.contains("://")) => {
            findings.unread("deno", "it installs what a download brings", call.span);
        }
        _ => findings.unread_at(Severity::Low, "deno", "it builds or tests the project", call.span),
    }
    true
}

/// AppleScript: what it hands to a shell, and what it tells other programs.
fn applescript(call: &Call<'_>, findings: &mut Findings) {
    let mut words = call.words.iter();
    let mut any = false;
    while let Some(word) = words.next() {
        if word.text == "-l" {
            words.next();
        } else if word.text == "-e" {
            any = true;
            let Some(script) = words.next() else { break };
            let lower = script.text.to_ascii_lowercase();
            let mut rest = script.text.as_str();
            while let Some(at) = rest.find("do shell script") {
                rest = &rest[at + 15..];
                let Some(open) = rest.find('"') else { break };
                let (command, after) = until_quote(&rest[open + 1..]);
                super::shell_text(
                    call,
                    &Word { text: command, span: script.span, ..Word::plain("") },
                    findings,
                );
                rest = after;
            }
            for (bad, why) in [
                ("administrator privileges", "it asks for root's rights"),
                ("keystroke", "it types in somebody's place"),
                ("key code", "it types in somebody's place"),
                ("empty trash", "it empties the trash"),
                ("shut down", "it switches the machine off"),
                ("restart", "it restarts the machine"),
                ("log out", "it ends the session"),
                ("delete", "it deletes something"),
                ("do script", "it runs something in a terminal"),
                ("hidden answer", "it asks a person for a password"),
                ("with hidden", "it asks a person for a password"),
                ("the clipboard", "it reads the clipboard"),
                ("send ", "it sends a message"),
                ("login item", "it lets a program run at every login"),
                ("set volume with", "it changes the machine"),
                ("run script", "it runs a text"),
                ("load script", "it runs a file"),
            ] {
                if lower.contains(bad) {
                    findings.unread("osascript", why, script.span.or(call.span));
                }
            }
        }
    }
    let why = if any { "a script of AppleScript" } else { "what stands in the file was not looked at" };
    findings.unread_at(Severity::Low, "osascript", why, call.span);
}

/// A text to its closing quote, its escapes taken off, and what follows.
fn until_quote(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, &text[at + 1..]),
            '\\' => out.extend(chars.next().map(|(_, c)| c)),
            c => out.push(c),
        }
    }
    (out, "")
}
