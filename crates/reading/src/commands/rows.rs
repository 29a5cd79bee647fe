//! Rows: what a program does by its words, as data. Adding a command is adding a line.
//!
//! A line is `PROGRAMS : CONDITIONS = SEVERITY VERB KIND PHRASE`. The first line of a program whose conditions all
//! hold counts. Conditions stand in any number, with spaces between:
//! - `word`, `a|b`, `delete*`: the next operand is that;
//! - `+`: one more operand stands here; it is the target, with what follows it;
//! - `*`: any operand stands here; `$`: no operand is left;
//! - `word|-w`: the next operand is that, or the option stands somewhere;
//! - `-f|--force`: one of these options stands somewhere; `!-n|--dry-run`: none of them does;
//! - `@text`: some word contains the text.
//!
//! `PROGRAMS : valued -I=` names an option whose value stands in the same word.
//!
//! `SEVERITY` is `none`, `low`, `high` or `critical`; for `none` nothing else follows, and `content` is `none` for a
//! program that prints the files it names. `{}` in a phrase is the target. `PROGRAMS : valued -o --x` names the options
//! whose value is the next word.
//!
//! Invariant: an option that is shortened counts where it raises and not where it lowers.

use std::collections::HashMap;

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::Call;
use crate::findings::Found;
use crate::words::{Word, absolute, quoted};
use crate::{Findings, paths};

/// How many targets of one call are told apart. A screen's worth; the rest is counted in the phrase.
const TARGETS: usize = 8;

enum Condition {
    Operand(Vec<&'static str>),
    Target,
    Any,
    End,
    Has(Vec<&'static str>),
    Lacks(Vec<&'static str>),
    Contains(&'static str),
}

/// What a row says of a call that it fits.
enum Says {
    /// It only reads; whether it prints the files it names.
    Reads {
        content: bool,
    },
    Does {
        severity: Severity,
        verb: Verb,
        kind: TargetKind,
        phrase: &'static str,
    },
}

struct Row {
    conditions: Vec<Condition>,
    says: Says,
}

#[derive(Default)]
struct Program {
    valued: Vec<&'static str>,
    rows: Vec<Row>,
}

/// Rows of many programs.
pub(super) struct Table {
    programs: HashMap<&'static str, Program>,
}

impl Table {
    /// Reads the lines of `texts`. A line that is none of these is left out; a test sees to it that there is none.
    pub(super) fn of(texts: &[&'static str]) -> Self {
        let mut table = Self { programs: HashMap::new() };
        for line in texts.iter().flat_map(|text| text.lines()) {
            table.line(line);
        }
        table
    }

    fn line(&mut self, line: &'static str) -> Option<()> {
        if line.starts_with('#') {
            return None;
        }
        let (names, rest) = line.split_once(" :")?;
        if let Some(valued) = rest.trim_start().strip_prefix("valued ") {
            for name in names.split_ascii_whitespace() {
                let program = self.programs.entry(name).or_default();
                program.valued.extend(valued.split_ascii_whitespace());
            }
            return Some(());
        }
        let (conditions, says) = rest.split_once(" = ")?;
        for name in names.split_ascii_whitespace() {
            let conditions = conditions.split_ascii_whitespace().map(condition).collect();
            let row = Row { conditions, says: says_of(says)? };
            self.programs.entry(name).or_default().rows.push(row);
        }
        Some(())
    }

    /// Whether any line is about the program.
    pub(super) fn knows(&self, program: &str) -> bool {
        self.programs.contains_key(program)
    }

    /// Reads `call` by its rows. Whether one fitted.
    pub(super) fn read(&self, call: &Call<'_>, findings: &mut Findings) -> bool {
        let Some(program) = self.programs.get(call.name) else { return false };
        let words = Sorted::of(call.words, &program.valued);
        if words.asks_for_help(call.name) {
            findings.reads(call.name);
            return true;
        }
        let fitting = program.rows.iter().find_map(|row| Some((row, words.fits(&row.conditions)?)));
        let Some((row, targets)) = fitting else { return false };
        match &row.says {
            Says::Reads { content } => plain(call, &words, *content, findings),
            Says::Does { severity, verb, kind, phrase } => {
                does(call, *severity, *verb, *kind, phrase, targets, findings);
            }
        }
        true
    }
}

fn condition(token: &'static str) -> Condition {
    match token {
        "+" => Condition::Target,
        "*" => Condition::Any,
        "$" => Condition::End,
        _ => {
            if let Some(rest) = token.strip_prefix('!') {
                Condition::Lacks(rest.split('|').collect())
            } else if let Some(text) = token.strip_prefix('@') {
                Condition::Contains(text)
            } else if token.split('|').all(|option| option.starts_with('-')) {
                Condition::Has(token.split('|').collect())
            } else {
                Condition::Operand(token.split('|').collect())
            }
        }
    }
}

fn says_of(text: &'static str) -> Option<Says> {
    let mut parts = text.trim().splitn(4, ' ');
    let severity = match parts.next()? {
        "none" => return Some(Says::Reads { content: false }),
        "content" => return Some(Says::Reads { content: true }),
        "low" => Severity::Low,
        "high" => Severity::High,
        "critical" => Severity::Critical,
        _ => return None,
    };
    let verb = match parts.next()? {
        "read" => Verb::Read,
        "create" => Verb::Create,
        "change" => Verb::Change,
        "overwrite" => Verb::Overwrite,
        "delete" => Verb::Delete,
        "publish" => Verb::Publish,
        "disclose" => Verb::Disclose,
        "grant" => Verb::Grant,
        "spend" => Verb::Spend,
        "run" => Verb::ExecuteUnread,
        "stop" => Verb::StopService,
        _ => return None,
    };
    let kind = match parts.next()? {
        "path" => TargetKind::Path,
        "ref" => TargetKind::GitRef,
        "repository" => TargetKind::GitRepository,
        "database" => TargetKind::Database,
        "bucket" => TargetKind::Bucket,
        "volume" => TargetKind::Volume,
        "object" => TargetKind::ClusterObject,
        "package" => TargetKind::Package,
        "host" => TargetKind::Host,
        "url" => TargetKind::Url,
        "tool" => TargetKind::Tool,
        "process" => TargetKind::Process,
        "account" => TargetKind::Account,
        "other" => TargetKind::Other,
        _ => return None,
    };
    Some(Says::Does { severity, verb, kind, phrase: parts.next()? })
}

/// The words of a call: options as written, operands without the options' values.
struct Sorted<'a> {
    options: Vec<&'a Word>,
    valued: &'a [&'static str],
    operands: Vec<&'a Word>,
    words: &'a [Word],
}

impl<'a> Sorted<'a> {
    fn of(words: &'a [Word], valued: &'a [&'static str]) -> Self {
        let mut sorted = Self { options: Vec::new(), valued, operands: Vec::new(), words };
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if word.text == "--" && word.literal {
                sorted.operands.extend(rest.by_ref());
            } else if word.text.len() > 1 && word.text.starts_with('-') {
                sorted.options.push(word);
                if valued.contains(&word.text.as_str()) {
                    rest.next();
                }
            } else {
                sorted.operands.push(word);
            }
        }
        sorted
    }

    fn asks_for_help(&self, name: &str) -> bool {
        if let [only] = self.words
            && matches!(only.text.as_str(), "-h" | "-V" | "help")
            && !matches!(name, "shutdown" | "halt")
        {
            return true;
        }
        let before_end = self.options.iter().any(|word| word.literal && word.text == "--help");
        // `--version` may take a value: `cargo yank --version 1.0.0`.
        let version = |word: Option<&Word>| word.is_some_and(|word| word.literal && word.text == "--version");
        before_end || version(self.words.last())
    }

    fn has(&self, option: &str) -> bool {
        self.options.iter().any(|word| {
            let have = word.text.as_str();
            match (option.strip_prefix("--"), have.strip_prefix("--")) {
                (Some(_), Some(_)) => {
                    let name = have.split('=').next().unwrap_or(have);
                    name.len() >= 5 && option.starts_with(name) || name == option
                }
                (None, None) if option.len() == 2 => {
                    have == option
                        || option.chars().nth(1).is_some_and(|letter| {
                            have.bytes().skip(1).all(|b| b.is_ascii_alphanumeric())
                                && self.letters(have).contains(letter)
                        })
                }
                (None, None) => have.split(['=', ':']).next() == Some(option),
                _ => false,
            }
        })
    }

    /// The letters of a cluster, to the first whose value is the rest of it.
    fn letters<'t>(&self, cluster: &'t str) -> &'t str {
        let letters = &cluster[1..];
        let ends = letters.char_indices().find(|(_, c)| {
            self.valued.iter().any(|valued| {
                let valued = valued.trim_end_matches('=');
                valued.len() == 2 && valued.ends_with(*c)
            })
        });
        ends.map_or(letters, |(at, c)| &letters[..at + c.len_utf8()])
    }

    /// Whether the option stands there as it is. What lowers must be written out.
    fn has_exactly(&self, option: &str) -> bool {
        self.options.iter().any(|word| word.literal && word.text == option)
    }

    /// The targets, where all conditions hold.
    fn fits(&self, conditions: &[Condition]) -> Option<&[&'a Word]> {
        let mut at = 0;
        for condition in conditions {
            match condition {
                Condition::Operand(wanted) => {
                    let word = self.operands.get(at).filter(|word| word.literal);
                    if word.is_some_and(|word| wanted.iter().any(|want| is(want, &word.text))) {
                        at += 1;
                    } else if !wanted.iter().any(|want| want.starts_with('-') && self.has(want)) {
                        return None;
                    }
                }
                Condition::Any => {
                    self.operands.get(at)?;
                    at += 1;
                }
                Condition::Target => {
                    self.operands.get(at)?;
                }
                Condition::End if self.operands.get(at).is_some() => return None,
                Condition::Has(options) if !options.iter().any(|option| self.has(option)) => return None,
                Condition::Lacks(options) if options.iter().any(|option| self.has_exactly(option)) => {
                    return None;
                }
                Condition::Contains(text) if !self.words.iter().any(|word| word.text.contains(text)) => {
                    return None;
                }
                Condition::End | Condition::Has(_) | Condition::Lacks(_) | Condition::Contains(_) => {}
            }
        }
        self.operands.get(at..)
    }
}

fn is(want: &str, have: &str) -> bool {
    match want.strip_suffix('*') {
        Some(stem) => have.starts_with(stem),
        None => want == have,
    }
}

/// A call that only reads: in full where every word is known.
fn plain(call: &Call<'_>, words: &Sorted<'_>, content: bool, findings: &mut Findings) {
    findings.reads(call.name);
    if content {
        for word in &words.operands {
            disclose(call, word, findings);
        }
    }
    if let Some(word) = call.words.iter().find(|word| !word.is_known()) {
        let why = "what it reads shows only when it runs";
        findings.unread_at(Severity::Low, &word.text, why, word.span);
    }
}

/// Puts a secret that `word` names into the findings.
pub(super) fn disclose(call: &Call<'_>, word: &Word, findings: &mut Findings) -> bool {
    let text = word.text.trim_matches(['"', '\'']);
    if is_sentence(call, text) {
        return false;
    }
    let Some(what) = paths::secret(text, word.glob) else { return false };
    findings.disclosed(absolute(text, call.place.cwd), what, word.span.or(call.span));
    true
}

/// Whether a word of a program that takes patterns, filters and texts is one of those and no path.
pub(super) fn is_sentence(call: &Call<'_>, text: &str) -> bool {
    const TAKES: &[&str] = &[
        "jq",
        "yq",
        "dasel",
        "mlr",
        "git",
        "rg",
        "grep",
        "egrep",
        "fgrep",
        "zgrep",
        "ag",
        "ack",
        "ugrep",
        "awk",
        "gawk",
        "sed",
        "gsed",
        "datamash",
        "xmlstarlet",
        "xml",
        "gh",
        "test",
        "[",
    ];
    TAKES.contains(&call.name) && text.contains(char::is_whitespace) && !text.starts_with(['/', '~', '.'])
}

fn does(
    call: &Call<'_>,
    severity: Severity,
    verb: Verb,
    kind: TargetKind,
    phrase: &str,
    targets: &[&Word],
    findings: &mut Findings,
) {
    let reversible = match (verb, severity) {
        (Verb::Create | Verb::Change | Verb::Read, Severity::Low) => Reversible::Yes,
        (Verb::Delete | Verb::Publish | Verb::Disclose, Severity::High | Severity::Critical) => {
            Reversible::No
        }
        _ => Reversible::Unknown,
    };
    let found = |name: String, phrase: String, word: Option<&Word>| Found {
        verb,
        kind,
        name,
        reversible,
        severity,
        phrase,
        span: word.and_then(|word| word.span).or(call.span),
    };
    if !phrase.contains("{}") || targets.is_empty() {
        let first = targets.first();
        let name = first.map_or_else(|| call.name.to_owned(), |word| name_of(call, kind, word));
        let phrase = phrase.replace(" {}", "");
        return findings.effect(found(name, phrase, first.copied()));
    }
    let more = targets.len().saturating_sub(TARGETS);
    for (at, word) in targets.iter().take(TARGETS).enumerate() {
        let more = if at + 1 == TARGETS && more > 0 { format!(" and {more} more") } else { String::new() };
        let phrase = format!("{}{more}", phrase.replace("{}", &quoted(&word.text)));
        findings.effect(found(name_of(call, kind, word), phrase, Some(word)));
    }
}

fn name_of(call: &Call<'_>, kind: TargetKind, word: &Word) -> String {
    match kind {
        TargetKind::Path => absolute(&word.text, call.place.cwd),
        _ => word.text.clone(),
    }
}

#[cfg(test)]
pub(super) fn odd_lines(texts: &[&'static str]) -> Vec<&'static str> {
    let mut table = Table { programs: HashMap::new() };
    let lines = texts.iter().flat_map(|text| text.lines()).filter(|line| !line.trim().is_empty());
    lines.filter(|line| !line.starts_with('#')).filter(|line| table.line(line).is_none()).collect()
}
