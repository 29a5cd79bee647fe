//! What is said of a call beside what its program does: programs of no constant name, secrets that are sent, files
//! that are brought.

use sayso_core::Severity;
use sayso_core::reading::Span;
use smol_str::SmolStr;

use super::pattern::Pattern;
use super::stream::Stream;
use super::walk::Walk;
use crate::commands;
use crate::words::{Word, absolute};

/// Programs that send what they get to another machine.
pub(super) const SENDERS: &[&str] = &[
    "curl", "wget", "nc", "ncat", "netcat", "socat", "ssh", "scp", "sftp", "rsync", "rclone", "ftp", "tftp",
    "telnet", "mail", "mailx", "sendmail", "mutt", "swaks", "http", "https", "xh", "aws", "gsutil", "s3cmd",
    "az", "gh", "httpie", "openssl", "dig", "nslookup", "host", "ping", "whois", "finger", "gist",
    "transfer", "wormhole", "croc",
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
    /// A program whose name is not constant.
    pub(super) fn run_unknown(
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

    /// A secret that was read in this pipeline goes to another machine.
    pub(super) fn sends(&mut self, words: &[Word], span: Option<Span>) {
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

    /// `echo $API_TOKEN`: a secret of the environment is shown to whoever reads along.
    pub(super) fn shows(&mut self, words: &[Word], span: Option<Span>) {
        let Some((program, operands)) = words.split_first() else { return };
        if !matches!(program.text.as_str(), "echo" | "printf") {
            return;
        }
        for word in operands.iter().filter(|word| !word.literal && !word.text.starts_with("::add-mask::")) {
            for (at, _) in word.text.match_indices('$') {
                let rest = &word.text[at + 1..];
                let (braced, rest) = rest.strip_prefix('{').map_or((false, rest), |rest| (true, rest));
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                // `${X:0:4}` and `${#X}` show less than all of it.
                let whole = !braced || rest[end..].starts_with('}');
                let name = &rest[..end];
                let own = self.state.variable(name).is_some();
                if whole && !own && commands::is_secret_name(name) {
                    let name = name.to_owned();
                    self.findings.disclosed(name, "a secret of the environment", word.span.or(span));
                    break;
                }
            }
        }
    }

    /// A command that this line gave git by `git config alias.x …`, or by `-c alias.x=…`.
    pub(super) fn git_alias(&mut self, words: &[Word], span: Option<Span>, stdin: &Stream) {
        let mut at = 1;
        let mut given = None;
        while let Some(word) = words.get(at).filter(|word| word.text.starts_with('-')) {
            let valued =
                matches!(word.text.as_str(), "-C" | "-c" | "--git-dir" | "--work-tree" | "--namespace");
            let next = words.get(at + 1).filter(|_| valued);
            given = next.and_then(|value| value.text.strip_prefix("alias.")?.split_once('=')).or(given);
            at += 1 + usize::from(valued);
        }
        let Some((command, rest)) = words.get(at..).and_then(<[Word]>::split_first) else { return };
        if command.text == "config" {
            let set = rest.iter().position(|word| word.text.starts_with("alias."));
            let Some((name, value)) = set.and_then(|at| Some((rest.get(at)?, rest.get(at + 1)?))) else {
                return;
            };
            let key = smol_str::format_smolstr!("git {}", name.text.trim_start_matches("alias."));
            self.state.aliases.insert(key, SmolStr::new(&value.text));
            return;
        }
        let key = smol_str::format_smolstr!("git {}", command.text);
        let own = given.filter(|(name, _)| *name == command.text).map(|(_, value)| SmolStr::new(value));
        let Some(text) = own.or_else(|| self.state.aliases.get(&key).cloned()) else { return };
        if self.running.contains(&key) {
            return;
        }
        let (program, text) = match text.strip_prefix('!') {
            Some(command) => ("", command),
            None => ("git ", text.as_str()),
        };
        let line = format!("{program}{text} {}", super::builtins::line(rest));
        self.running.push(key);
        self.inner(&line, span, stdin, false);
        self.running.pop();
    }

    /// `… | tee x`: from here on `x` is what came in.
    pub(super) fn copies(&mut self, words: &[Word], stdin: &Stream) {
        let Some((program, operands)) = words.split_first() else { return };
        if program.text != "tee" || matches!(stdin, Stream::Inherited) {
            return;
        }
        for word in operands.iter().filter(|word| word.literal && !word.text.starts_with('-')).take(8) {
            self.state.contents.insert(absolute(&word.text, self.cwd.as_deref()), stdin.clone());
        }
    }

    /// `curl -o x`, `wget u/x`: from here on `x` is what a download brought.
    pub(super) fn downloads(&mut self, words: &[Word]) {
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
