//! The short list of commands that only read, with the options that keep them so. Data; what is not here asks.

mod plain;

use std::sync::LazyLock;

use Operands::{Content, Format, Names, OneContent, PatternThenContent};
use plain::PLAIN;

use sayso_core::Severity;

use super::code::scan::is_secret_name;
use super::rows::{Table, is_sentence};
use super::{Call, Stdin, find};
use crate::words::{Word, absolute};
use crate::{Findings, paths};

/// Why a call is no plain read.
pub(super) struct NotPlain<'a> {
    /// Which word, where it is one.
    pub(super) word: Option<&'a Word>,
    /// In a sentence's part.
    pub(super) why: &'static str,
}

/// What a command does with its operands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operands {
    /// Prints the content of the files they name.
    Content,
    /// The same, but for the first, which is a pattern.
    PatternThenContent,
    /// The same, of one file at most: a second would be written to.
    OneContent,
    /// They are texts or names and nothing more.
    Names,
    /// Takes none.
    None,
    /// Takes none but a format: `+%F`.
    Format,
}

/// One command.
pub(super) struct Plain {
    name: &'static str,
    /// Short options without a value.
    flags: &'static str,
    /// Short options with one.
    valued: &'static str,
    /// Long options, with spaces between: `name`, `name=` with a value, `name[=]` with one perhaps.
    long: &'static str,
    operands: Operands,
    /// Whether `-20` is a number of lines.
    count: bool,
}

const fn row(
    name: &'static str,
    flags: &'static str,
    valued: &'static str,
    long: &'static str,
    operands: Operands,
) -> Plain {
    Plain { name, flags, valued, long, operands, count: false }
}

const fn counted(mut plain: Plain) -> Plain {
    plain.count = true;
    plain
}

/// Folders whose programs are the ones that their names say.
const SYSTEM_FOLDERS: &[&str] =
    &["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/", "/opt/homebrew/bin/"];

/// Options by which a program that reads runs another or does more.
const GRAVE_OPTIONS: &[(&str, &str, &str)] = &[
    ("rg", "--pre", "it runs a program on every file"),
    ("rg", "--hostname-bin", "it runs a program"),
    ("sort", "--compress-program", "it runs a program"),
    ("man", "--pager", "it runs a program"),
    ("man", "-P", "it runs a program"),
    ("man", "--html", "it runs a program"),
    ("man", "-H", "it runs a program"),
    ("ack", "--pager", "it runs a program"),
    ("ag", "--pager", "it runs a program"),
    ("bat", "--pager", "it runs a program"),
];

pub(super) const TEXTS: &[&str] = &[include_str!("../../data/commands/readers.txt")];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(TEXTS));

/// Reads a call of a program that looks. Whether it is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let program = call.program.text.as_str();
    let stem = SYSTEM_FOLDERS.iter().find_map(|folder| program.strip_prefix(folder)).unwrap_or(program);
    if stem != call.name {
        return false;
    }
    let before = findings.severity();
    environment(call, findings);
    let not_plain = match check(call, findings) {
        Ok(()) => {
            findings.reads(call.name);
            return true;
        }
        Err(not_plain) => not_plain,
    };
    for (program, option, why) in GRAVE_OPTIONS {
        let given = |word: &&Word| word.text.split('=').next() == Some(option);
        if let Some(word) = call.words.iter().find(given).filter(|_| *program == call.name) {
            findings.unread_program(call.name, *why, word.span);
            return true;
        }
    }
    let rowed = findings.severity() == before && TABLE.read(call, findings);
    if rowed || PLAIN.iter().any(|plain| plain.name == call.name) || is_shown(call.name) {
        // A secret stands in no option of a reader but to be read: `date -f ~/.ssh/id_rsa`.
        for word in call
            .words
            .iter()
            .filter(|_| not_plain.word.is_some() && call.name != "echo" && call.name != "printf")
        {
            let name = word
                .text
                .split_once('=')
                .filter(|_| word.text.starts_with("--"))
                .map_or(&*word.text, |(_, v)| v);
            if let Some(what) = paths::secret(name, false).filter(|_| !is_sentence(call, name)) {
                findings.disclosed(absolute(name, call.place.cwd), what, word.span);
            }
        }
        // What a row of options does not know is read by its words, and not called a plain read.
        let plainly = rowed && not_plain.word.is_none() && call.words.iter().all(Word::is_known);
        if !plainly {
            let span = not_plain.word.map_or(call.program.span.or(call.span), |word| word.span);
            findings.unread_at(Severity::Low, call.name, not_plain.why, span);
        }
        return true;
    }
    false
}

/// Secrets of the environment by name: `printenv API_TOKEN`, `env | grep -i secret`.
fn environment(call: &Call<'_>, findings: &mut Findings) {
    let operands = call.words.iter().filter(|word| word.literal && !word.text.starts_with('-'));
    let searched = matches!(call.name, "grep" | "egrep" | "rg" | "ag" | "awk")
        && matches!(call.place.stdin, Stdin::Printed("env" | "printenv" | "set" | "export" | "declare"));
    let means = |text: &str| {
        let small = text.to_ascii_lowercase();
        ["secret", "token", "passw", "api_key", "apikey", "credential", "private"]
            .iter()
            .any(|word| small.contains(word))
    };
    for word in operands {
        if call.name == "printenv" && is_secret_name(&word.text) || searched && means(&word.text) {
            findings.disclosed(word.text.clone(), "a secret of the environment", word.span.or(call.span));
        }
    }
}

/// Programs that are held against no row of options.
fn is_shown(name: &str) -> bool {
    matches!(name, "echo" | "printf" | "find" | "jq")
}

/// Whether this call only reads what may be read. A secret that it prints is put into `findings`.
fn check<'a>(call: &Call<'a>, findings: &mut Findings) -> Result<(), NotPlain<'a>> {
    match call.name {
        // Every word is printed and none is an option that does more.
        "echo" => call.words.iter().try_for_each(known),
        "printf" => match call.words.first() {
            Some(first) if first.text.starts_with('-') => {
                Err(not_plain(first, "an option of printf can set a variable"))
            }
            _ => call.words.iter().try_for_each(known),
        },
        "find" | "gfind" | "bfs" => find::check(call),
        "jq" => jq(call, findings),
        name => match PLAIN.iter().find(|plain| plain.name == name) {
            Some(plain) => plain.check(call, call.words, findings),
            None => Err(NotPlain { word: None, why: "it is not on the short list of what only reads" }),
        },
    }
}

pub(super) const fn not_plain<'a>(word: &'a Word, why: &'static str) -> NotPlain<'a> {
    NotPlain { word: Some(word), why }
}

/// A word must be what it says before anything can be said of it.
pub(super) fn known(word: &Word) -> Result<(), NotPlain<'_>> {
    if !word.literal {
        return Err(not_plain(word, "it is worked out only when it runs"));
    }
    if !word.is_known() {
        return Err(not_plain(word, "the names of files that it matches could be read as options"));
    }
    Ok(())
}

impl Plain {
    /// A row of a program within a program (`git log`), that prints contents.
    pub(super) const fn sub(
        name: &'static str,
        flags: &'static str,
        valued: &'static str,
        long: &'static str,
        operands: Operands,
    ) -> Self {
        counted(row(name, flags, valued, long, operands))
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn check<'a>(
        &self,
        call: &Call<'a>,
        words: &'a [Word],
        findings: &mut Findings,
    ) -> Result<(), NotPlain<'a>> {
        let mut operands = Vec::new();
        let mut pattern_given = false;
        let mut words = words.iter();
        let mut only_operands = false;
        while let Some(word) = words.next() {
            if only_operands && word.literal {
                operands.push(word);
                continue;
            }
            known(word)?;
            let text = word.text.as_str();
            if text == "--" {
                only_operands = true;
            } else if let Some(long) = text.strip_prefix("--") {
                let value = self.long(long).ok_or_else(|| not_plain(word, UNKNOWN_OPTION))?;
                let value = match value {
                    Value::None => None,
                    Value::Here(value) => Some(value),
                    Value::Next => Some(next(&mut words, word)?),
                };
                pattern_given |= long.starts_with("regexp");
                self.secret(call, value.filter(|_| !long.starts_with("regexp")), word, findings);
            } else if text.len() > 1 && text.starts_with('-') {
                let value = match self.short(&text[1..]).ok_or_else(|| not_plain(word, UNKNOWN_OPTION))? {
                    Value::None => None,
                    Value::Here(value) => Some(value),
                    Value::Next => Some(next(&mut words, word)?),
                };
                let pattern =
                    self.operands == PatternThenContent && value.is_some() && text.contains(['e', 'f']);
                pattern_given |= pattern;
                self.secret(call, value.filter(|_| !(pattern && text.contains('e'))), word, findings);
            } else {
                operands.push(word);
            }
        }
        self.check_operands(call, &operands, pattern_given, findings)
    }

    fn check_operands<'a>(
        &self,
        call: &Call<'_>,
        operands: &[&'a Word],
        pattern_given: bool,
        findings: &mut Findings,
    ) -> Result<(), NotPlain<'a>> {
        let files = match self.operands {
            Names => &[],
            Operands::None => match operands.first() {
                Some(word) => return Err(not_plain(word, "with an operand it can do more than read")),
                None => &[],
            },
            Format => match operands.iter().find(|word| !word.text.starts_with('+')) {
                Some(word) => return Err(not_plain(word, "with such an operand it can do more than read")),
                None => &[],
            },
            Content => operands,
            OneContent => match operands {
                [] | [_] => operands,
                [_, second, ..] => return Err(not_plain(second, "it would write to its second operand")),
            },
            PatternThenContent if pattern_given => operands,
            PatternThenContent => operands.get(1..).unwrap_or_default(),
        };
        for file in files {
            self.secret(call, Some(&file.text), file, findings);
        }
        Ok(())
    }

    /// Puts a secret that is read into the findings.
    fn secret(&self, call: &Call<'_>, name: Option<&str>, word: &Word, findings: &mut Findings) {
        let prints = !matches!(self.operands, Names | Operands::None | Format);
        let Some(name) = name.filter(|_| prints) else { return };
        // `HEAD:.env` names a file too.
        let name = name.rsplit(':').next().unwrap_or(name);
        if is_sentence(call, name) {
            return;
        }
        if let Some(what) = paths::secret(name, word.glob) {
            findings.disclosed(absolute(name, call.place.cwd), what, word.span);
        }
    }

    fn long<'t>(&self, text: &'t str) -> Option<Value<'t>> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        self.long.split_ascii_whitespace().find_map(|known| {
            let (stem, kind) = match (known.strip_suffix("[=]"), known.strip_suffix('=')) {
                (Some(stem), _) => (stem, 1),
                (_, Some(stem)) => (stem, 2),
                _ => (known, 0),
            };
            if stem != name {
                return None;
            }
            match (kind, value) {
                (0 | 1, None) => Some(Value::None),
                (1 | 2, Some(value)) => Some(Value::Here(value)),
                (2, None) => Some(Value::Next),
                _ => None,
            }
        })
    }

    fn short<'t>(&self, cluster: &'t str) -> Option<Value<'t>> {
        if self.count && cluster.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Value::None);
        }
        for (at, c) in cluster.char_indices() {
            if self.flags.contains(c) || (self.count && c.is_ascii_digit()) {
                continue;
            }
            if !self.valued.contains(c) {
                return None;
            }
            let rest = &cluster[at + c.len_utf8()..];
            return Some(if rest.is_empty() { Value::Next } else { Value::Here(rest) });
        }
        Some(Value::None)
    }
}

const UNKNOWN_OPTION: &str = "this option is not known to only read";

enum Value<'a> {
    None,
    Here(&'a str),
    Next,
}

fn next<'a>(words: &mut std::slice::Iter<'a, Word>, option: &'a Word) -> Result<&'a str, NotPlain<'a>> {
    let value = words.next().ok_or_else(|| not_plain(option, "its value is missing"))?;
    if !value.literal || value.glob && !value.is_known() {
        return Err(not_plain(value, "it is worked out only when it runs"));
    }
    Ok(&value.text)
}

/// jq's own row: its program must neither read the environment nor other files.
const JQ: Plain = row(
    "jq",
    "acCeMnrRsSj",
    "",
    "compact-output exit-status monochrome-output null-input raw-input raw-output join-output \
         slurp sort-keys tab indent=",
    PatternThenContent,
);

fn jq<'a>(call: &Call<'a>, findings: &mut Findings) -> Result<(), NotPlain<'a>> {
    const READS_MORE: &[&str] = &["env", "ENV", "import", "include", "modulemeta"];
    JQ.check(call, call.words, findings)?;
    match call.words.iter().find(|word| READS_MORE.iter().any(|more| word.text.contains(more))) {
        Some(word) => {
            let names = word.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            if let Some(name) = names.into_iter().find(|name| is_secret_name(name)) {
                findings.disclosed(name.to_owned(), "a secret of the environment", word.span);
            }
            Err(not_plain(word, "this can read the environment or other files"))
        }
        None => Ok(()),
    }
}
