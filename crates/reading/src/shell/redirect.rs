//! Redirections: where input comes from and what is overwritten.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};
use smol_str::SmolStr;

use super::state::Text;
use super::stream::Stream;
use super::walk::Walk;
use crate::findings::Found;
use crate::grammar::tree::{Descriptor, Redirect, RedirectOperator};
use crate::paths;
use crate::words::{absolute, flat, quoted};

/// Where a command's input and output go.
pub(super) struct Routed {
    /// `None`: where they went before.
    pub(super) stdin: Option<Stream>,
    pub(super) stdout: Option<Sink>,
}

/// Where what a command prints goes.
pub(super) enum Sink {
    /// Nobody reads it, or the person does.
    Away,
    File {
        text: Text,
        name: String,
        append: bool,
        span: Option<Span>,
    },
}

/// Devices that take whatever is written to them.
const HARMLESS: &[&str] = &["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/zero", "/dev/full"];
/// Devices that can be read for ever.
pub(super) const ENDLESS: &[&str] = &["/dev/zero", "/dev/urandom", "/dev/random", "/dev/full"];
/// Folders for what is temporary.
const TEMPORARY: &[&str] = &["/tmp/", "/var/tmp/", "/dev/shm/", "/private/tmp/"];
/// Folders of the machine itself.
const SYSTEM: &[&str] = &[
    "/etc/",
    "/usr/",
    "/bin/",
    "/sbin/",
    "/lib/",
    "/lib64/",
    "/boot/",
    "/sys/",
    "/proc/",
    "/var/",
    "/opt/",
    "/root/",
    "/System/",
    "/Library/",
    "/run/",
    "/srv/",
];
/// Files that are made to be emptied.
const EMPTIED: &[&str] = &["log", "out", "err", "tmp", "lock", "pid", "txt", "cache", "csv", "output"];

impl Walk<'_> {
    /// Where a command's streams go by its redirections.
    pub(super) fn routed(&mut self, redirects: &[Redirect]) -> Routed {
        let mut routed = Routed { stdin: None, stdout: None };
        for redirect in redirects {
            self.route(redirect, &mut routed);
        }
        routed
    }

    fn route(&mut self, redirect: &Redirect, routed: &mut Routed) {
        use RedirectOperator as Operator;
        let Some(word) = redirect.word() else { return };
        let span = self.at(word.span);
        let text = match redirect.operator {
            Operator::HereDocument { expanded: false } => {
                routed.stdin = word.literal().map(|text| Stream::Text(text.to_string()));
                return;
            }
            Operator::HereDocument { expanded: true } | Operator::HereString => {
                let text = self.text(word);
                let mut body = text.text.to_string();
                if redirect.operator == Operator::HereString {
                    body.push('\n');
                }
                routed.stdin = Some(if text.literal { Stream::Text(body) } else { Stream::Partly(body) });
                return;
            }
            _ => self.one(word),
        };
        let number = match &redirect.descriptor {
            Descriptor::Usual => None,
            Descriptor::Number(number) => Some(*number),
            Descriptor::Variable(_) => Some(10),
        };
        match redirect.operator {
            Operator::Read => {
                let stream = self.opened(&text, span);
                if number.is_none_or(|number| number == 0) {
                    routed.stdin = Some(stream);
                }
            }
            Operator::DuplicateRead | Operator::DuplicateWrite
                if !text.literal || text.text.bytes().all(|b| b.is_ascii_digit() || b == b'-') =>
            {
                if redirect.operator == Operator::DuplicateWrite
                    && number.is_none_or(|n| n == 1)
                    && text.text == "2"
                {
                    routed.stdout = Some(Sink::Away);
                }
            }
            Operator::DuplicateRead => routed.stdin = Some(self.opened(&text, span)),
            Operator::ReadWrite if number.is_none_or(|number| number == 0 || number > 2) => {
                self.opened(&text, span);
            }
            _ => {
                let append = matches!(redirect.operator, Operator::Append | Operator::AppendBoth);
                let both = matches!(redirect.operator, Operator::WriteBoth | Operator::AppendBoth);
                let name = absolute(&text.text, self.cwd.as_deref());
                let sink = if HARMLESS.contains(&name.as_str()) || name.starts_with("/dev/fd/") {
                    Sink::Away
                } else {
                    Sink::File { text, name, append, span }
                };
                if both || number.is_none_or(|number| number == 1) {
                    if let Some(before) = routed.stdout.replace(sink) {
                        self.sink(before, Stream::nothing());
                    }
                } else {
                    self.sink(sink, Stream::Printed("messages".to_owned()));
                }
            }
        }
    }

    /// The one word that a redirection takes.
    fn one(&mut self, word: &crate::grammar::tree::Word) -> Text {
        let mut words = Vec::new();
        self.word(word, &mut words);
        match words.pop() {
            Some(word) if words.is_empty() => {
                Text { text: SmolStr::from(word.text), literal: word.literal, glob: word.glob }
            }
            _ => Text::unknown(self.shown(word.span, "…")),
        }
    }

    /// A file that is read.
    fn opened(&mut self, text: &Text, span: Option<Span>) -> Stream {
        let name = absolute(&text.text, self.cwd.as_deref());
        if is_connection(&name) {
            self.connects(text, name, span);
            return Stream::Download;
        }
        if let Some(stream) = self.state.content(&name) {
            return stream.clone();
        }
        if name == "/dev/null" {
            return Stream::nothing();
        }
        if let Some(what) = paths::secret(&name, text.glob) {
            self.findings.disclosed(name, what, span);
        }
        Stream::File(text.text.to_string())
    }

    fn connects(&mut self, text: &Text, name: String, span: Option<Span>) {
        let phrase = format!("Open a connection to {}", quoted(&text.text));
        let (verb, kind, reversible) = (Verb::Publish, TargetKind::Path, Reversible::Unknown);
        self.findings.effect(Found {
            verb,
            kind,
            name,
            reversible,
            severity: Severity::Critical,
            phrase,
            span,
        });
    }

    /// What is written, and where.
    pub(super) fn sink(&mut self, sink: Sink, printed: Stream) {
        let Sink::File { text, name, append, span } = sink else { return };
        if is_connection(&name) {
            return self.connects(&text, name, span);
        }
        if let Some(endless) = self.endless.last_mut() {
            endless.works |= append;
        }
        let shown = quoted(&text.text);
        let empties = !append && printed.text().is_some_and(str::is_empty);
        let endless = match &printed {
            Stream::Printed(program) => program == "yes",
            Stream::File(name) => ENDLESS.contains(&name.as_str()),
            _ => false,
        };
        let (severity, verb, phrase) = if endless && !is_device(&name) {
            (Severity::High, Verb::StopService, format!("Write to {shown} without an end"))
        } else if is_device(&name) {
            (Severity::Critical, Verb::Overwrite, format!("Write to the device {shown}"))
        } else if append {
            (self.weight(&text, &name, true), Verb::Change, format!("Append to {shown}"))
        } else if empties {
            let severity = if is_emptied(&name) { Severity::Low } else { Severity::High };
            (severity.max(self.weight(&text, &name, false)), Verb::Overwrite, format!("Empty {shown}"))
        } else {
            (self.weight(&text, &name, false), Verb::Overwrite, format!("Overwrite {shown}"))
        };
        if !text.literal || text.glob {
            let why = "the file is worked out only when it runs";
            self.findings.unread_at(Severity::Low, &text.text, why, span);
        }
        let (kind, reversible) = (TargetKind::Path, Reversible::Unknown);
        if text.literal && printed != Stream::Inherited {
            match self.state.contents.remove(&name).filter(|_| append) {
                Some(before) => drop(self.state.contents.insert(name.clone(), before.then(printed))),
                None if !append => drop(self.state.contents.insert(name.clone(), printed)),
                None => {}
            }
        }
        self.findings.effect(Found { verb, kind, name, reversible, severity, phrase, span });
    }

    /// How much it weighs that a file is written, by where it lies.
    fn weight(&self, text: &Text, name: &str, append: bool) -> Severity {
        let path = flat(name);
        let within = |folder: &str| {
            path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|p| p.starts_with('/'))
        };
        if name.contains("/proc/sysrq-trigger") {
            return Severity::Critical;
        }
        let own = !text.literal
            || within(self.place.start)
            || TEMPORARY.iter().any(|folder| path.starts_with(folder))
            || !path.starts_with(['/', '~']);
        if own && !path.starts_with("../") {
            Severity::Low
        } else if SYSTEM.iter().any(|folder| path.starts_with(folder)) || !append {
            Severity::High
        } else {
            Severity::Low
        }
    }
}

fn is_connection(name: &str) -> bool {
    name.starts_with("/dev/tcp/") || name.starts_with("/dev/udp/")
}

fn is_device(name: &str) -> bool {
    let device =
        name.starts_with("/dev/") && !name.starts_with("/dev/shm/") && !name.starts_with("/dev/pts/");
    device && !name.contains('$')
}

/// Whether nothing is lost that anybody would miss when it is emptied.
fn is_emptied(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    let ending = last.rsplit_once('.').map(|(_, ending)| ending);
    TEMPORARY.iter().any(|folder| name.starts_with(folder))
        || ending.is_some_and(|ending| EMPTIED.contains(&ending.to_ascii_lowercase().as_str()))
        || last.contains("log")
}
