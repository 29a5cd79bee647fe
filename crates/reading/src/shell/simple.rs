//! Simple commands: assignments, then words that name a function, a builtin, or a program.

use std::rc::Rc;

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::pattern::Pattern;
use super::printed::printed;
use super::redirect::Routed;
use super::state::{ALTERNATIVES, Defined, Positional, Text, Value};
use super::stream::Stream;
use super::walk::Walk;
use super::{builtins, variables};
use crate::commands::{self, Around, Place};
use crate::findings::Found;
use crate::grammar::tree::{self, Assignment, Command, Simple};
use crate::words::{Word, absolute};

/// Programs that send what they get to another machine.
const SENDERS: &[&str] = &[
    "curl", "wget", "nc", "ncat", "netcat", "socat", "ssh", "scp", "sftp", "rsync", "rclone", "ftp", "tftp",
    "telnet", "mail", "mailx", "sendmail", "mutt", "swaks", "http", "https", "xh", "aws", "gsutil", "s3cmd",
    "az", "gh", "httpie", "openssl", "dig", "nslookup", "host", "ping", "whois", "finger", "gist",
    "transfer", "wormhole", "croc",
];
/// Programs by which a loop lets others have a turn, or ends.
const PAUSES: &[&str] = &[
    "sleep",
    "read",
    "break",
    "exit",
    "return",
    "wait",
    "inotifywait",
    "fswatch",
    "usleep",
    "select",
    "tail",
    "journalctl",
];
/// Programs whose names a pattern in the place of a program is held against: those that would be asked about.
const MEANT: &[&str] = &[
    "rm",
    "dd",
    "mv",
    "cp",
    "cat",
    "sh",
    "bash",
    "zsh",
    "dash",
    "nc",
    "ncat",
    "curl",
    "wget",
    "chmod",
    "chown",
    "kill",
    "mkfs",
    "shred",
    "rmdir",
    "find",
    "python",
    "python3",
    "perl",
    "ruby",
    "node",
    "sudo",
    "env",
    "git",
    "tee",
    "base64",
    "ssh",
    "scp",
    "crontab",
    "reboot",
    "shutdown",
    "halt",
    "truncate",
    "wipefs",
    "passwd",
    "useradd",
    "iptables",
    "systemctl",
    "docker",
    "kubectl",
    "psql",
    "mysql",
    "socat",
    "xxd",
    "tar",
    "unlink",
];

impl Walk<'_> {
    pub(super) fn simple(
        &mut self,
        simple: &Simple,
        command: &Command,
        stdin: &Stream,
        capture: bool,
    ) -> Stream {
        let outer = std::mem::replace(&mut self.widest, 1);
        self.inner_unknown = false;
        let first = self.once(simple, command, stdin, capture);
        let inner = std::mem::take(&mut self.inner_unknown);
        if self.choice == 0 {
            let mut choice = 1;
            while choice < self.widest.min(ALTERNATIVES + 1) && self.session.spend(1) {
                self.choice = choice;
                self.once(simple, command, stdin, false);
                choice += 1;
            }
            self.choice = 0;
            if inner && !self.as_empty && self.session.spend(1) {
                self.worse_when_empty(simple, command, stdin);
            }
        }
        self.widest = self.widest.max(outer);
        first
    }

    /// Something unknown stands within a word, between letters (`r${x}m`). A variable that nobody set is empty.
    fn worse_when_empty(&mut self, simple: &Simple, command: &Command, stdin: &Stream) {
        let first = std::mem::take(self.findings);
        self.as_empty = true;
        self.once(simple, command, stdin, false);
        self.as_empty = false;
        let second = std::mem::replace(self.findings, first);
        if second.severity() >= Some(Severity::High) {
            self.findings.absorb_as_is(second);
        }
    }

    /// The command with the values of the present choice.
    fn once(&mut self, simple: &Simple, command: &Command, stdin: &Stream, capture: bool) -> Stream {
        let again = self.choice > 0;
        let declares =
            simple.words.first().and_then(tree::Word::literal).is_some_and(|name| builtins::declares(&name));
        // What stands in the words was walked at the first choice.
        let kept = again.then(|| std::mem::take(self.findings));
        let mut words = if declares { self.words(&simple.words[..1]) } else { self.words(&simple.words) };
        if let Some(kept) = kept {
            *self.findings = kept;
        }
        if simple.words.is_empty() {
            self.assign_all(&simple.assignments, false);
        }
        let routed = self.routed(&command.redirects);
        let stdin = routed.stdin.as_ref().unwrap_or(stdin);
        let capture = capture || routed.stdout.is_some();
        let span = self.at(command.span);
        let printed = if declares {
            builtins::declare(self, &simple.words, span);
            Stream::nothing()
        } else if words.is_empty() {
            // `$(<file)`, and `> file` alone.
            if routed.stdin.is_some() { stdin.clone() } else { Stream::nothing() }
        } else {
            let mark = (!simple.assignments.is_empty()).then(|| {
                let mark = self.state.mark();
                self.assign_all(&simple.assignments, true);
                mark
            });
            self.alias(simple, &words, span, stdin);
            let printed = self.run(&mut words, span, stdin, capture);
            if let Some(mark) = mark {
                self.state.undo(mark);
            }
            printed
        };
        self.written(routed, printed)
    }

    /// Assignments before a word are in the environment of that one program.
    fn assign_all(&mut self, assignments: &[Assignment], for_one: bool) {
        for assignment in assignments {
            let values = self.assigned(assignment);
            let span = self.at(assignment.span);
            for value in &values {
                if let Value::Scalar(text) = value {
                    variables::check(self, &assignment.name, text, span);
                }
            }
            self.state.set(&assignment.name, values);
            if for_one {
                self.state.export(&assignment.name, true);
            }
        }
    }

    /// What an assignment sets, in every choice.
    pub(super) fn assigned(&mut self, assignment: &Assignment) -> SmallVec<[Value; 1]> {
        if let Some(index) = &assignment.index {
            self.inside(index);
        }
        let every = self.in_every_choice(|walk| match &assignment.value {
            tree::Value::Scalar(word) => Value::Scalar(walk.text(word)),
            tree::Value::Array(elements) => Value::Array(walk.elements(elements).into()),
        });
        let mut values: SmallVec<[Value; 1]> = SmallVec::new();
        for value in every {
            let value = match (assignment.append, &assignment.index) {
                (true, None) => self.appended(&assignment.name, value),
                (_, None) => value,
                (_, Some(_)) => self.element(assignment, value),
            };
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// `x+=…`
    fn appended(&self, name: &str, value: Value) -> Value {
        let old = self.state.variable(name).map(|variable| variable.values.as_slice());
        match (old, value) {
            (Some([Value::Scalar(old)]), Value::Scalar(new)) => Value::Scalar(Text {
                text: smol_str::format_smolstr!("{}{}", old.text, new.text),
                literal: old.literal && new.literal,
                glob: old.glob || new.glob,
            }),
            (Some([Value::Array(old)]), Value::Array(new)) => {
                Value::Array(old.iter().chain(new.iter()).cloned().collect())
            }
            (Some([Value::Unset]) | None, Value::Array(new)) => Value::Array(new),
            (Some([Value::Unset]), new) => new,
            (_, Value::Scalar(new)) => {
                Value::Scalar(Text::unknown(smol_str::format_smolstr!("${name}{}", new.text)))
            }
            (_, new) => new,
        }
    }

    /// `a[1]=…`
    fn element(&self, assignment: &Assignment, value: Value) -> Value {
        let Value::Scalar(new) = value else { return value };
        let mut items = match self.state.variable(&assignment.name).map(|variable| variable.values.as_slice())
        {
            Some([Value::Array(items)]) => items.to_vec(),
            _ => Vec::new(),
        };
        let index =
            assignment.index.as_ref().and_then(tree::Word::literal).and_then(|at| at.parse::<usize>().ok());
        match index.and_then(|index| items.get_mut(index)) {
            Some(item) => *item = new,
            None => items.push(new),
        }
        Value::Array(items.into())
    }

    /// An alias that this line set. Whether the shell expands it is its own matter: both are read.
    fn alias(&mut self, simple: &Simple, words: &[Word], span: Option<Span>, stdin: &Stream) {
        if self.state.aliases.is_empty() {
            return;
        }
        let Some(name) = simple.words.first().and_then(tree::Word::bare).map(SmolStr::new) else { return };
        let Some(text) = self.state.aliases.get(&name).cloned() else { return };
        if self.running.contains(&name) {
            return;
        }
        self.running.push(name);
        let mut line = text.to_string();
        for word in words.get(1..).unwrap_or_default() {
            line.push(' ');
            line.push_str(&if word.literal { shell_quoted(&word.text) } else { word.text.clone() });
        }
        self.inner(&line, span, stdin, false);
        self.running.pop();
    }

    /// Runs words: a function, a builtin or a program. What it prints, where `capture` asks for it.
    pub(super) fn run(
        &mut self,
        words: &mut Vec<Word>,
        span: Option<Span>,
        stdin: &Stream,
        capture: bool,
    ) -> Stream {
        let Some(program) = words.first() else { return Stream::nothing() };
        if !program.literal || program.glob {
            return self.run_unknown(words, span, stdin, capture);
        }
        let name = SmolStr::new(&program.text);
        if let Some(endless) = self.endless.last_mut() {
            endless.pauses |= PAUSES.contains(&name.as_str());
            endless.works |= SENDERS.contains(&name.as_str());
        }
        if let Some(defined) = self.state.function(&name).cloned() {
            let printed = self.call(&name, &defined, words, stdin, capture, span);
            if defined.certain {
                return printed;
            }
        }
        if let Some(printed) = builtins::run(self, &name, words, span, stdin, capture) {
            return printed;
        }
        self.program(words, span, stdin);
        self.sends(words, span);
        self.downloads(words);
        if capture { printed(words, stdin, self.cwd.as_deref()) } else { Stream::nothing() }
    }

    /// Hands a call to the catalogue.
    pub(super) fn program(&mut self, words: &[Word], span: Option<Span>, stdin: &Stream) {
        let place = Place {
            cwd: self.cwd.as_deref(),
            wrapped: 0,
            stdin: stdin.stdin(),
            shell: Some(Around { session: self.session, state: Some(&self.state) }),
            ..self.place
        };
        commands::read(words, span, &place, self.findings);
    }

    /// A program whose name is not constant.
    fn run_unknown(
        &mut self,
        words: &mut [Word],
        span: Option<Span>,
        stdin: &Stream,
        capture: bool,
    ) -> Stream {
        self.program(words, span, stdin);
        let Some((program, rest)) = words.split_first() else { return Stream::nothing() };
        let candidates: Vec<&str> = if program.literal {
            let pattern = Pattern::of(program.text.rsplit('/').next().unwrap_or(&program.text));
            MEANT.iter().copied().filter(|name| pattern.fits(name)).collect()
        } else if rest.iter().any(|word| deletes_all(&word.text)) {
            vec!["rm"]
        } else {
            Vec::new()
        };
        // Only how bad it is with any of them counts, not what it would be called.
        for name in candidates {
            let mut words = words.to_vec();
            if let Some(first) = words.first_mut() {
                (first.text, first.literal, first.glob) = (name.to_owned(), true, false);
            }
            let kept = std::mem::take(self.findings);
            self.program(&words, span, stdin);
            let meant = std::mem::replace(self.findings, kept);
            if meant.severity() >= Some(Severity::High) {
                self.findings.absorb_as_is(meant);
                break;
            }
        }
        if capture { Stream::Printed("a program that is not known".to_owned()) } else { Stream::nothing() }
    }

    fn call(
        &mut self,
        name: &SmolStr,
        defined: &Defined,
        words: &[Word],
        stdin: &Stream,
        capture: bool,
        span: Option<Span>,
    ) -> Stream {
        self.uncalled.retain(|(known, _)| known != name);
        let items = words.iter().skip(1).map(|word| Text {
            text: SmolStr::new(&word.text),
            literal: word.literal,
            glob: word.glob,
        });
        let given = Positional::Known(items.collect());
        let mut printed = Stream::nothing();
        for body in &defined.bodies {
            if self.bodies.iter().any(|running| Rc::ptr_eq(running, &body.body)) {
                self.recursion(span);
                printed = Stream::Printed(name.to_string());
                continue;
            }
            let before = std::mem::replace(&mut self.state.positional, given.clone());
            printed = self.call_body(body, stdin, capture);
            self.state.positional = before;
        }
        printed
    }

    /// A function that runs itself beside itself.
    fn recursion(&mut self, span: Option<Span>) {
        if self.beside {
            self.findings.effect(Found {
                verb: Verb::StopService,
                kind: TargetKind::Host,
                name: "this machine".to_owned(),
                reversible: Reversible::Unknown,
                severity: Severity::Critical,
                phrase: "Start itself again and again until nothing else runs".to_owned(),
                span,
            });
        }
    }

    /// A secret that was read in this pipeline goes to another machine.
    fn sends(&mut self, words: &[Word], span: Option<Span>) {
        if self.findings.disclosures() == self.secrets {
            return;
        }
        let mut words = words;
        loop {
            let Some(program) = words.first() else { return };
            let name = program.text.rsplit('/').next().unwrap_or(&program.text);
            if SENDERS.contains(&name) {
                let why = "a secret that is read there is sent to another machine";
                return self.findings.reason(Severity::Critical, why, span);
            }
            match commands::behind(words) {
                Some(inner) => words = inner,
                None => return,
            }
        }
    }

    /// `curl -o x`, `wget u/x`: from here on `x` is what a download brought.
    fn downloads(&mut self, words: &[Word]) {
        let Some(program) = words.first() else { return };
        let name = program.text.rsplit('/').next().unwrap_or(&program.text);
        if !matches!(name, "curl" | "wget" | "aria2c" | "sudo" | "gh" | "scp" | "axel" | "fetch") {
            return;
        }
        if name == "sudo" {
            if let Some(inner) = commands::behind(words) {
                self.downloads(inner);
            }
            return;
        }
        let mut target = None;
        let mut folder = "";
        let mut by_url = name != "curl";
        for (at, word) in words.iter().enumerate().skip(1) {
            let text = word.text.as_str();
            let next = || words.get(at + 1).map(|word| word.text.as_str());
            let letters = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            match text {
                "--output" | "--output-document" | "--out" => target = next(),
                "--remote-name" => by_url = true,
                "-P" | "--directory-prefix" | "-d" | "--dir" => folder = next().unwrap_or_default(),
                _ => {
                    if let Some((_, value)) =
                        text.split_once('=').filter(|(name, _)| name.starts_with("--out"))
                    {
                        target = Some(value);
                    } else if let Some(letters) = letters {
                        let own = if name == "wget" { 'O' } else { 'o' };
                        by_url |= name == "curl" && letters.contains('O');
                        if let Some((_, value)) = letters.split_once(own) {
                            target = if value.is_empty() { next() } else { Some(value) };
                        }
                    }
                }
            }
        }
        if name == "scp" {
            target = words.last().map(|word| word.text.as_str());
        }
        let url = words.iter().rfind(|word| word.text.contains("://") || word.text.contains('/'));
        let from_url = || url.and_then(|url| url.text.split(['?', '#']).next()?.rsplit('/').next());
        let Some(target) = target.or_else(|| if by_url { from_url() } else { None }) else { return };
        let target = if folder.is_empty() {
            target.to_owned()
        } else {
            format!("{}/{target}", folder.trim_end_matches('/'))
        };
        let path = absolute(&target, self.cwd.as_deref());
        self.state.contents.insert(path, Stream::Download);
    }

    /// The effects of what was written, and what stands in the file now.
    pub(super) fn written(&mut self, routed: Routed, printed: Stream) -> Stream {
        match routed.stdout {
            None => printed,
            Some(sink) => {
                self.sink(sink, printed);
                Stream::nothing()
            }
        }
    }
}

/// `-rf` and its like.
fn deletes_all(text: &str) -> bool {
    let letters = text.strip_prefix('-').unwrap_or_default();
    letters.len() >= 2
        && letters.chars().all(|c| "rRfvi".contains(c))
        && letters.contains(['r', 'R'])
        && letters.contains('f')
        || text == "--no-preserve-root"
}

/// `text` as one word of a line.
pub(super) fn shell_quoted(text: &str) -> String {
    let plain = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'_' | b'-' | b'.' | b'/' | b',' | b':' | b'=' | b'@' | b'+' | b'%' | b'~')
    };
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
