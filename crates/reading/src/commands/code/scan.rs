//! From the calls of a source to what it would do.
//!
//! Invariant: what is not a known call is not harmless; it is the project's own business or, in a text on the command
//! line, plain computing. What hides which call it makes is unread and high.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::acts::{self, Act};
use super::calls::{self, Seen};
use super::effects::sends_something;
use super::shell_text;
use super::tokens::{self, Language, Token};
use super::values::Value;
use crate::Findings;
use crate::commands::Call;
use crate::commands::databases;
use crate::findings::Found;
use crate::words::{Word, short};

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

pub(super) struct Scan<'a, 'c> {
    pub(super) call: &'a Call<'c>,
    pub(super) origin: Origin,
    pub(super) language: Language,
    pub(super) depth: usize,
    pub(super) word: &'a Word,
    pub(super) findings: &'a mut Findings,
    pub(super) connects: bool,
    pub(super) hands: bool,
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

pub(super) fn nested(
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
    let (calls, whole) = calls::of(&tokens, language);
    if !whole {
        scan.hides("it has more calls in one another than are read");
    }
    let (mut forks, mut grows) = (false, false);
    for seen in &calls {
        let text = seen.values.first().map(|value| match value {
            Value::Text { text, .. } => text.as_str(),
            _ => "",
        });
        let here = scan.span();
        databases::called(call, &seen.name, text, here, scan.findings);
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
    pub(super) fn span(&self) -> Option<sayso_core::reading::Span> {
        self.word.span.or(self.call.span)
    }

    pub(super) fn effect(
        &mut self,
        verb: Verb,
        kind: TargetKind,
        name: &str,
        severity: Severity,
        phrase: String,
    ) {
        let reversible = if severity >= Severity::High { Reversible::No } else { Reversible::Unknown };
        let span = self.span();
        self.findings.effect(Found { verb, kind, name: name.to_owned(), reversible, severity, phrase, span });
    }

    pub(super) fn unread(&mut self, what: &str, why: &str) {
        let span = self.span();
        self.findings.unread_at(Severity::Low, what, why, span);
    }

    /// What hides what it does: high on the command line, the project's own business in a file.
    pub(super) fn hides(&mut self, why: &str) {
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
        let endless = tokens.windows(3).any(|three| {
            matches!(
                three,
                [Token::Name("while"), Token::Name("True" | "true") | Token::Number(1), _]
                    | [Token::Name("while"), Token::Sign('('), Token::Name("true") | Token::Number(1)]
                    | [Token::Sign('('), Token::Sign(';'), Token::Sign(';')]
                    | [Token::Name("fork"), Token::Name("while"), _]
                    | [Token::Name("loop"), Token::Name("do") | Token::Sign('{'), _]
            )
        });
        let ends = tokens.iter().any(|token| match token {
            Token::Name(name) => {
                matches!(*name, "break" | "return" | "last" | "exit" | "sys.exit" | "process.exit")
                    || name.ends_with("sleep")
                    || *name == "setTimeout"
            }
            _ => false,
        });
        if endless && (forks || !ends) {
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

    pub(super) fn shell(&mut self, text: &str, whole: bool) {
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
                let file = on.or(first);
                let named =
                    ["writeFileSync", "writeFile", "file_put_contents", "write_text", "writeTextFileSync"];
                let text = if on.is_some() { first } else { seen.values.get(1) };
                let by_name = named.iter().any(|name| seen.name.ends_with(name));
                if by_name && text.and_then(Value::text) == Some("") {
                    self.empties(file);
                } else {
                    self.write(file);
                }
            }
            Act::Open => self.open(seen),
            Act::Read => {
                self.reads(first);
                self.reads(seen.on.as_ref());
            }
            Act::Move => self.moves(seen),
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
            Act::Ask => self.send(seen, sends_something(seen)),
            Act::Connect => self.connects = true,
            Act::Hand => self.hands = true,
            Act::Kill => self.kill(seen),
            Act::Fork => {}
            Act::Rights => self.rights(seen),
            Act::Mail => {
                self.effect(Verb::Publish, TargetKind::Other, "mail", Severity::High, "Send mail".to_owned());
            }
            Act::Reach => {
                let named = seen.name == "getattr" && seen.values.get(1).and_then(Value::text).is_some();
                if !named && seen.name != "locals" && !(seen.name == "vars" && seen.values.len() == 1) {
                    self.hides("which call it makes shows only when it runs");
                }
            }
            Act::Shutdown => {
                let phrase = "Switch this machine off or restart it".to_owned();
                self.effect(Verb::StopService, TargetKind::Host, "this machine", Severity::Critical, phrase);
            }
        }
    }
}

/// Whether a variable's name says that it holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["SECRET", "TOKEN", "PASSWORD", "PASSWD", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIAL"]
        .iter()
        .any(|part| name.contains(part))
}
