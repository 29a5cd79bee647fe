//! From the calls of a source to what it would do.
//!
//! Invariant: what is not a known call is not harmless; it is the project's own business or, in a text on the command
//! line, plain computing. What hides which call it makes is unread and high.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::acts::{self, Act};
use super::calls::{self, Seen, Value};
use super::shell_text;
use super::tokens::{self, Language, Token};
use crate::commands::changes::targets::{self, Where};
use crate::commands::{self, Call};
use crate::findings::Found;
use crate::words::{Word, absolute, quoted, short};
use crate::{Findings, paths};

/// Where a source comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Origin {
    /// It stands on the command line: whoever asks wrote it.
    Text,
    /// A file of the project: what it does by variables is the project's own business.
    File,
}

/// How deep sources may stand in one another (`eval("eval(…)")`).
const DEPTH: usize = 4;

struct Scan<'a, 'c> {
    call: &'a Call<'c>,
    origin: Origin,
    language: Language,
    depth: usize,
    word: &'a Word,
    findings: &'a mut Findings,
    connects: bool,
    hands: bool,
}

/// Reads `source` in `language`; what is found points at `word`.
pub(in crate::commands) fn read(
    call: &Call<'_>,
    source: &str,
    language: Language,
    origin: Origin,
    word: &Word,
    findings: &mut Findings,
) {
    nested(call, source, language, origin, word, DEPTH, findings);
}

fn nested(
    call: &Call<'_>,
    source: &str,
    language: Language,
    origin: Origin,
    word: &Word,
    depth: usize,
    findings: &mut Findings,
) {
    let (tokens, whole) = tokens::of(source, language);
    let mut scan = Scan { call, origin, language, depth, word, findings, connects: false, hands: false };
    if !whole {
        scan.unread("the rest", "the text is longer than is read");
    }
    scan.tokens(&tokens);
    let child = ["child_process", "subprocess", "Deno", "exec("].iter().any(|module| source.contains(module))
        && (language != Language::JavaScript || source.contains("child_process"))
        && language != Language::Python;
    let calls = calls::of(&tokens, language);
    let (mut forks, mut grows) = (false, false);
    for seen in &calls {
        // `rm("x", recursive=true)` of Julia; elsewhere it is a name like others.
        let julia = language == Language::Other && seen.name == "rm";
        let act = if julia { Some(Act::Delete { recursive: true }) } else { acts::of(&seen.name, child) };
        // `new File("x").delete()` of Groovy and its kin.
        let method = language == Language::Other
            && seen.on.is_some()
            && matches!(&*seen.name, "delete" | "deleteDir" | "deleteRecursively");
        let act = if method { Some(Act::Delete { recursive: true }) } else { act };
        let Some(act) = act else {
            // `array_map("unlink", …)`: a name in a text is called for each.
            let given = seen
                .values
                .first()
                .and_then(Value::text)
                .filter(|_| seen.name.starts_with("array_") || seen.name == "iterator_apply");
            if given.is_some_and(|name| acts::of(name, true).is_some()) {
                scan.hides("it calls a function for each of what it works out");
            }
            continue;
        };
        forks |= matches!(act, Act::Fork);
        grows |= matches!(act, Act::Words | Act::Shell | Act::Write | Act::Ask | Act::Send);
        scan.act(act, seen);
    }
    if language == Language::Tcl {
        scan.tcl(source);
    }
    scan.loops(&tokens, forks, grows);
    if scan.connects && scan.hands {
        scan.effect(
            Verb::Grant,
            TargetKind::Host,
            "a host",
            Severity::Critical,
            "Hand a shell to another machine".to_owned(),
        );
    }
    if source.contains("sys.settrace") || source.contains("__builtins__") || source.contains("mainModule") {
        scan.hides("it reaches for what its names do not say");
    }
}

impl Scan<'_, '_> {
    fn span(&self) -> Option<sayso_core::reading::Span> {
        self.word.span.or(self.call.span)
    }

    fn effect(&mut self, verb: Verb, kind: TargetKind, name: &str, severity: Severity, phrase: String) {
        let reversible = if severity >= Severity::High { Reversible::No } else { Reversible::Unknown };
        let span = self.span();
        self.findings.effect(Found { verb, kind, name: name.to_owned(), reversible, severity, phrase, span });
    }

    fn unread(&mut self, what: &str, why: &str) {
        let span = self.span();
        self.findings.unread_at(Severity::Low, what, why, span);
    }

    /// What hides what it does: high on the command line, the project's own business in a file.
    fn hides(&mut self, why: &str) {
        let severity = if self.origin == Origin::Text { Severity::High } else { Severity::Low };
        let span = self.span();
        self.findings.unread_at(severity, self.call.name, why, span);
    }

    /// Backticks that a shell runs, and names of secrets in the environment.
    fn tokens(&mut self, tokens: &[Token<'_>]) {
        let prints = tokens.iter().any(|token| match token {
            Token::Name(name) => matches!(
                *name,
                "print"
                    | "puts"
                    | "p"
                    | "echo"
                    | "console.log"
                    | "pp"
                    | "say"
                    | "sys.stdout.write"
                    | "process.stdout.write"
                    | "warn"
            ),
            _ => false,
        });
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Shell { text, whole } => self.shell(text, *whole),
                // `map(os.remove, files)`, `files.forEach(fs.unlinkSync)`: handed on, to be called for each.
                Token::Name(name)
                    if name.contains('.')
                        && matches!(
                            at.checked_sub(1).and_then(|at| tokens.get(at)),
                            Some(Token::Sign('(' | ','))
                        )
                        && matches!(tokens.get(at + 1), Some(Token::Sign(')' | ',')))
                        && matches!(acts::of(name, true), Some(Act::Delete { .. } | Act::Shell)) =>
                {
                    self.hides("it calls a function for each of what it works out");
                }
                Token::Name(name) if prints && self.origin == Origin::Text => {
                    let variable = name.strip_prefix("process.env.").map(str::to_owned).or_else(|| {
                        let holder = matches!(
                            *name,
                            "os.environ"
                                | "environ"
                                | "ENV"
                                | "process.env"
                                | "os.getenv"
                                | "getenv"
                                | "os.environ.get"
                                | "$ENV"
                                | "ENV.fetch"
                                | "$_ENV"
                                | "$_SERVER"
                        );
                        match (holder, tokens.get(at + 2)) {
                            (true, Some(Token::Text { text, .. })) => Some(text.clone()),
                            (true, Some(Token::Name(name))) => Some((*name).to_owned()),
                            _ => None,
                        }
                    });
                    if let Some(variable) = variable.filter(|name| is_secret_name(name)) {
                        let span = self.span();
                        self.findings.disclosed(variable, "a secret of the environment", span);
                    }
                }
                _ => {}
            }
        }
    }

    /// Loops without an end that make processes or files.
    fn loops(&mut self, tokens: &[Token<'_>], forks: bool, grows: bool) {
        // Perl's and Ruby's need no brackets.
        let forks = forks
            || matches!(self.language, Language::Perl | Language::Ruby)
                && tokens.contains(&Token::Name("fork"));
        if !forks && !grows {
            return;
        }
        let endless = tokens.windows(3).any(|three| match three {
            [Token::Name("while"), Token::Name("True" | "true"), _] => true,
            [Token::Name("while"), Token::Number(1), _] => true,
            [Token::Name("while"), Token::Sign('('), Token::Name("true") | Token::Number(1)] => true,
            [Token::Sign('('), Token::Sign(';'), Token::Sign(';')] => true,
            [Token::Name("fork"), Token::Name("while"), _] => true,
            [Token::Name("loop"), Token::Name("do") | Token::Sign('{'), _] => true,
            _ => false,
        });
        let ends = tokens.iter().any(|token| match token {
            Token::Name(name) => {
                matches!(*name, "break" | "return" | "last" | "exit" | "sys.exit" | "process.exit")
                    || name.ends_with("sleep")
                    || *name == "setTimeout"
            }
            _ => false,
        });
        if endless && !ends || forks && endless {
            let phrase = "Take up this machine in a loop without an end".to_owned();
            self.effect(Verb::StopService, TargetKind::Host, "this machine", Severity::High, phrase);
        }
    }

    /// Tcl and expect take words, not brackets: `exec rm x`, `spawn ssh host`, `file delete x`.
    fn tcl(&mut self, source: &str) {
        for line in source.split(['\n', ';', '[', '{']) {
            let line = line.trim();
            let runs = ["exec ", "spawn ", "system "].iter().find_map(|word| line.strip_prefix(word));
            if let Some(script) = runs {
                self.shell(script.trim_end_matches([']', '}']), true);
            } else if let Some(rest) = line.strip_prefix("file delete") {
                let force = rest.split_ascii_whitespace().any(|word| word == "-force");
                for path in rest.split_ascii_whitespace().filter(|word| !word.starts_with('-')) {
                    self.delete(
                        Some(&Value::Text { text: path.to_owned(), whole: !path.contains('$') }),
                        force,
                    );
                }
            }
        }
    }

    fn shell(&mut self, text: &str, whole: bool) {
        // A value that is put in is a variable to the shell.
        let word = Word { text: text.to_owned(), literal: true, glob: false, span: self.span() };
        let before = self.findings.severity();
        shell_text(self.call, &word, self.findings);
        if !whole && self.findings.severity() == before {
            self.unread(&short(text), "a part of this command shows only when it runs");
        }
    }

    fn act(&mut self, act: Act, seen: &Seen<'_>) {
        let first = seen.values.first();
        match act {
            Act::Delete { recursive } => {
                let target = if seen.on.is_some() && first.is_none() { seen.on.as_ref() } else { first };
                let bare_method = first.is_none() && seen.on.is_none();
                if !bare_method || self.origin == Origin::Text {
                    self.delete(target, recursive);
                }
            }
            Act::Write => {
                let on = seen.on.as_ref().filter(|_| seen.name.contains("write_") || first.is_none());
                self.write(on.or(first));
            }
            Act::Open => self.open(seen),
            Act::Read => {
                self.reads(first);
                self.reads(seen.on.as_ref());
            }
            Act::Move => {
                if let Some(word) = first.and_then(|value| self.target(value)) {
                    let place = targets::place(&word, self.call.place);
                    let severity = if matches!(place, Where::Whole(_) | Where::System) {
                        Severity::High
                    } else {
                        Severity::Low
                    };
                    let name = absolute(&word.text, self.call.place.cwd);
                    self.effect(
                        Verb::Change,
                        TargetKind::Path,
                        &name,
                        severity,
                        format!("Move {}", quoted(&word.text)),
                    );
                }
                self.write(seen.values.get(1));
            }
            Act::Shell => self.run(seen, true),
            Act::Words => self.run(seen, false),
            // What other languages call a text, these call a program.
            Act::Eval
                if seen.name.ends_with("exec")
                    && !matches!(self.language, Language::Python | Language::JavaScript) =>
            {
                self.run(seen, true);
            }
            Act::Eval => self.eval(seen),
            Act::Load => match first {
                Some(Value::Text { whole: true, .. }) => {}
                _ => self.hides("which module it loads shows only when it runs"),
            },
            Act::Unpickle => self.hides("objects made of bytes can run anything"),
            Act::Send => self.send(seen, true),
            Act::Ask => {
                let method =
                    seen.named.iter().find(|(name, _)| name == "method").and_then(|(_, value)| value.text());
                let sends = method.is_some_and(|method| {
                    !matches!(method.to_ascii_uppercase().as_str(), "GET" | "HEAD" | "OPTIONS")
                }) || seen.named.iter().any(|(name, value)| {
                    matches!(name.as_str(), "data" | "body" | "json" | "files") && *value != Value::Open
                }) || first
                    .and_then(Value::text)
                    .is_some_and(|text| matches!(text, "POST" | "PUT" | "DELETE" | "PATCH"));
                self.send(seen, sends);
            }
            Act::Connect => self.connects = true,
            Act::Hand => self.hands = true,
            Act::Kill => {
                let all =
                    seen.values.iter().any(|value| matches!(value, Value::Text { text, .. } if text == "-1"));
                let one = matches!(first, Some(Value::Number(1)));
                let severity = if all || one { Severity::High } else { Severity::Low };
                self.effect(
                    Verb::StopService,
                    TargetKind::Process,
                    "a process",
                    severity,
                    "Stop a process".to_owned(),
                );
            }
            Act::Fork => {}
            Act::Rights => {
                let open = seen
                    .values
                    .iter()
                    .any(|value| matches!(value, Value::Number(777 | 0o777 | 4755 | 0o4755 | 666)));
                let severity = if open { Severity::High } else { Severity::Low };
                let name = seen.values.iter().find_map(Value::text).unwrap_or("a file").to_owned();
                let name = absolute(&name, self.call.place.cwd);
                self.effect(
                    Verb::Grant,
                    TargetKind::Path,
                    &name,
                    severity,
                    "Change the rights of a file".to_owned(),
                );
            }
            Act::Mail => {
                self.effect(Verb::Publish, TargetKind::Other, "mail", Severity::High, "Send mail".to_owned())
            }
            Act::Reach => {
                let named = seen.name == "getattr" && seen.values.get(1).and_then(Value::text).is_some();
                if !named && seen.name != "locals" && !(seen.name == "vars" && seen.values.len() == 1) {
                    self.hides("which call it makes shows only when it runs");
                }
            }
            Act::Environment => {}
            Act::Shutdown => {
                let phrase = "Switch this machine off or restart it".to_owned();
                self.effect(Verb::StopService, TargetKind::Host, "this machine", Severity::Critical, phrase);
            }
        }
    }

    /// A path that a value names; unknown where it is put together when it runs.
    fn target(&self, value: &Value) -> Option<Word> {
        let span = self.span();
        match value {
            Value::Text { text, whole } => {
                Some(Word { text: text.clone(), literal: *whole, glob: text.contains('*'), span })
            }
            Value::List(values) => values.first().and_then(|value| self.target(value)),
            Value::Number(_) => None,
            Value::Open => Some(Word { text: "$_".to_owned(), literal: false, glob: false, span }),
        }
    }

    fn delete(&mut self, target: Option<&Value>, recursive: bool) {
        let many: Vec<Option<Value>> = match target {
            Some(Value::List(values)) if !values.is_empty() => {
                values.iter().take(16).cloned().map(Some).collect()
            }
            target => vec![target.cloned()],
        };
        for value in many {
            let word = value.as_ref().and_then(|value| self.target(value));
            let Some(word) = word.filter(|word| word.literal || word.text.len() > 2) else {
                let severity = if self.origin == Origin::Text { Severity::High } else { Severity::Low };
                self.effect(
                    Verb::Delete,
                    TargetKind::Path,
                    "what it works out",
                    severity,
                    "Delete what it works out".to_owned(),
                );
                continue;
            };
            let place = targets::place(&word, self.call.place);
            let severity = match place {
                Where::Unknown { .. } if self.origin == Origin::File => Severity::Low,
                Where::Project if self.origin == Origin::File => Severity::Low,
                place => place.deleted(recursive),
            };
            let phrase = match place {
                Where::Whole(whole) => format!("Delete {}, {whole}", quoted(&word.text)),
                _ if recursive => format!("Delete the folder {}", quoted(word.text.trim_end_matches('/'))),
                _ => format!("Delete {}", quoted(&word.text)),
            };
            let name = absolute(&word.text, self.call.place.cwd);
            self.effect(Verb::Delete, TargetKind::Path, &name, severity, phrase);
        }
    }

    fn write(&mut self, target: Option<&Value>) {
        let Some(word) = target.and_then(|value| self.target(value)) else { return };
        if !word.literal {
            return self.unread(&short(&word.text), "which file it writes shows only when it runs");
        }
        let device = word.text.starts_with("/dev/")
            && !matches!(word.text.as_str(), "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty");
        let severity =
            if device { Severity::Critical } else { targets::place(&word, self.call.place).written() };
        let name = absolute(&word.text, self.call.place.cwd);
        self.effect(
            Verb::Overwrite,
            TargetKind::Path,
            &name,
            severity,
            format!("Overwrite {}", quoted(&word.text)),
        );
    }

    fn open(&mut self, seen: &Seen<'_>) {
        let texts: Vec<&Value> = seen.values.iter().collect();
        let mode = seen.named.iter().find(|(name, _)| name == "mode").map(|(_, value)| value);
        let is_mode = |text: &str| {
            !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b"rwaxbt+c<>|- ".contains(&b))
                || text.starts_with(['<', '>', '+', '|'])
        };
        // Perl: `open(F, ">x")`, `open(my $f, '>', 'x')`, `open(F, "cmd |")`.
        let perl = self.language == Language::Perl;
        let (path, how) = if perl {
            match texts.as_slice() {
                [_, Value::Text { text, .. }, path, ..] if is_mode(text) => {
                    (Some((*path).clone()), text.clone())
                }
                [_, Value::Text { text, whole }, ..] => {
                    let path = text.trim_start_matches(['<', '>', '+', ' ', '|']).to_owned();
                    let how: String =
                        text.chars().take_while(|c| matches!(c, '<' | '>' | '+' | '|')).collect();
                    let how = if text.trim_end().ends_with('|') { "|".to_owned() } else { how };
                    (Some(Value::Text { text: path, whole: *whole }), how)
                }
                _ => (None, String::new()),
            }
        } else {
            let how = mode.or_else(|| texts.get(1).copied()).and_then(Value::text).unwrap_or("r").to_owned();
            (
                seen.on
                    .clone()
                    .filter(|_| seen.values.first().and_then(Value::text).is_some_and(is_mode))
                    .or_else(|| texts.first().map(|value| (*value).clone())),
                how,
            )
        };
        if how.contains('|') {
            if let Some(Value::Text { text, whole }) = &path {
                let text = text.trim_end_matches(['|', ' ']).to_owned();
                self.shell(&text, *whole);
            }
            return;
        }
        if how.contains(['w', 'a', 'x', '+', '>']) {
            self.write(path.as_ref());
        } else {
            self.reads(path.as_ref());
        }
    }

    fn reads(&mut self, target: Option<&Value>) {
        let Some(Value::Text { text, .. }) = target else { return };
        if let Some(what) = paths::secret(text, false) {
            let span = self.span();
            self.findings.disclosed(absolute(text, self.call.place.cwd), what, span);
        }
    }

    /// A program that is run: a text for a shell, or a list of words.
    fn run(&mut self, seen: &Seen<'_>, shell: bool) {
        let shell = shell || seen.named.iter().any(|(name, _)| name == "shell");
        let first = seen.values.iter().find(|value| !matches!(value, Value::Number(_)));
        let words: Vec<Value> = match (first, seen.values.get(1)) {
            (Some(Value::List(words)), _) => words.clone(),
            // `spawn("rm", ["-rf", "x"])`.
            (Some(program), Some(Value::List(words))) if !shell || seen.name.contains("pawn") => {
                std::iter::once(program.clone()).chain(words.iter().cloned()).collect()
            }
            // `execlp("rm", "rm", "-rf", "x")`: the second word is the name once more.
            (Some(_), Some(_)) if seen.name.contains("execl") || seen.name.contains("spawnl") => {
                let at = usize::from(seen.name.contains("spawnl"));
                seen.values.iter().skip(at + 1).cloned().collect()
            }
            // Ruby and Perl: `system("rm", "-rf", "x")`.
            (Some(_), Some(Value::Text { .. }))
                if matches!(self.language, Language::Ruby | Language::Perl) =>
            {
                seen.values.clone()
            }
            (Some(Value::Text { text, whole }), _) => {
                if text.trim() == "$_" {
                    return self.hides("which command it runs shows only when it runs");
                }
                return self.shell(text, *whole);
            }
            _ => {
                if seen.values.is_empty() && seen.named.is_empty() {
                    return;
                }
                return self.hides("which command it runs shows only when it runs");
            }
        };
        let span = self.span();
        let words: Vec<Word> = words
            .iter()
            .map(|value| match value {
                Value::Text { text, whole } => {
                    Word { text: text.clone(), literal: *whole, glob: false, span }
                }
                Value::Number(number) => Word { text: number.to_string(), literal: true, glob: false, span },
                _ => Word { text: "$_".to_owned(), literal: false, glob: false, span },
            })
            .collect();
        if self.origin == Origin::File && words.first().is_none_or(|word| !word.literal) {
            return self.unread(self.call.name, "which program it runs shows only when it runs");
        }
        if matches!(
            words.first().map(|word| word.text.rsplit('/').next().unwrap_or(&word.text)),
            Some("sh" | "bash" | "zsh")
        ) {
            self.hands = true;
        }
        commands::read(&words, span, &self.call.place.inside(), self.findings);
    }

    fn eval(&mut self, seen: &Seen<'_>) {
        let text =
            seen.values.iter().rev().find_map(Value::text).or_else(|| seen.on.as_ref().and_then(Value::text));
        match (text, self.depth.checked_sub(1)) {
            (Some(text), Some(depth)) => {
                let text = text.to_owned();
                nested(self.call, &text, self.language, self.origin, self.word, depth, self.findings);
            }
            (Some(_), None) => self.hides("texts that are run stand too deep in one another"),
            (None, _) if seen.values.is_empty() => {}
            (None, _) => self.hides("the text that it runs shows only when it runs"),
        }
    }

    fn send(&mut self, seen: &Seen<'_>, sends: bool) {
        let url = seen.values.iter().filter_map(|value| match value {
            Value::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        let url = url
            .into_iter()
            .find(|text| text.contains("://") || text.starts_with('/'))
            .unwrap_or("")
            .to_owned();
        let own = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "host.docker.internal"]
            .iter()
            .any(|host| url.contains(host));
        if !sends {
            self.unread(&short(&url), "what a server answers is not known");
            return;
        }
        let severity = if own || self.origin == Origin::File { Severity::Low } else { Severity::High };
        let shown = if url.is_empty() { "a server".to_owned() } else { quoted(&url) };
        self.effect(Verb::Publish, TargetKind::Url, &url, severity, format!("Send something to {shown}"));
    }
}

/// Whether a variable's name says that it holds a secret.
pub(in crate::commands) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["SECRET", "TOKEN", "PASSWORD", "PASSWD", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIAL"]
        .iter()
        .any(|part| name.contains(part))
}
