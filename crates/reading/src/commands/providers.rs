//! The command lines of providers: `aws`, `gcloud`, `az`, `kubectl`, `helm`, `terraform`, `railway` and their kin, by
//! rows, and what no row is about by the words of its name.
//!
//! Invariant: an operation whose name takes away, grants, sends or pays asks, whether a row knows it or not; one whose
//! name only looks passes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use sayso_core::Severity;
use sayso_core::reading::{Reach, Reversible, System, Verb};
use zeroize::Zeroizing;

use super::Call;
use super::rows::Table;
use crate::Findings;
use crate::catalogue::judge::{self, Act};
use crate::findings::Found;
use crate::words::{Word, quoted};

const TEXTS: &[&str] =
    &[include_str!("../../data/commands/cloud.txt"), include_str!("../../data/commands/clouds.txt")];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(TEXTS));

/// How many words of a command are its name: `gcloud compute instance-groups managed delete` has four.
const NAME_WORDS: usize = 4;

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    if !TABLE.knows(call.name) {
        return false;
    }
    if !TABLE.read(call, findings) {
        by_words(call, findings);
    }
    if findings.severity() >= Some(Severity::High) {
        reach(call, findings);
    }
    true
}

/// An operation that no row is about, by its name.
fn by_words(call: &Call<'_>, findings: &mut Findings) {
    let plain = call.words.iter().filter(|word| !word.text.starts_with('-')).take_while(|word| is_name(word));
    // Of AWS the service's name says nothing; of what follows the operation some are names of things.
    let (skip, take) = if call.name == "aws" { (1, 1) } else { (0, NAME_WORDS) };
    let named: Vec<&str> = plain.map(|word| word.text.as_str()).skip(skip).take(take).collect();
    if named.is_empty() {
        findings.reads(call.name);
        return;
    }
    let name = named.join(" ");
    let operation = judged(&named);
    match operation.act {
        Some(Act::Look) if operation.severity == Severity::None => findings.reads(call.name),
        None => {
            findings.unread_at(
                Severity::Low,
                &name,
                "what this does at the provider is not known",
                call.span,
            );
        }
        Some(_) => {
            let phrase = format!("Do {} with {}", quoted(&name), quoted(call.name));
            let reversible = match operation.severity {
                Severity::None | Severity::Low => Reversible::Yes,
                _ if operation.verb == Verb::Delete => Reversible::No,
                _ => Reversible::Unknown,
            };
            let last = call.words.last().map_or(call.name, |word| word.text.as_str()).to_owned();
            findings.effect(Found {
                verb: operation.verb,
                kind: operation.kind,
                name: last,
                reversible,
                severity: operation.severity,
                phrase,
                span: call.span,
            });
        }
    }
}

/// The first word that is a verb decides, with what stands before it: `instances delete`. Of several words the first is
/// a group of commands and none itself.
fn judged(named: &[&str]) -> judge::Judged {
    let start = usize::from(named.len() > 1);
    let verb = (start..named.len()).map(|at| (at, judge::judge(&judge::words(named[at]), false)));
    let Some((at, alone)) = verb.into_iter().find(|(_, judged)| judged.act.is_some()) else {
        return judge::judge(&judge::words(&named.join(" ")), false);
    };
    let whole = judge::judge(&judge::words(&named[start..=at].join(" ")), false);
    if alone.act != Some(Act::Look) && whole.severity > alone.severity { whole } else { alone }
}

/// Whether a word can be a part of an operation's name: `delete-db-instance`, `apps:destroy`.
fn is_name(word: &Word) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b':');
    word.literal && !word.glob && word.text.bytes().all(fits)
}

/// What facts are asked about: the whole call, for the systems that have a collector.
fn reach(call: &Call<'_>, findings: &mut Findings) {
    let system = match call.name {
        "aws" => System::Aws,
        "railway" => System::Railway,
        _ => return,
    };
    let words: Vec<&str> = call.words.iter().map(|word| word.text.as_str()).collect();
    // A word may hold lines of its own; none holds a zero.
    let mut settings = BTreeMap::from([("words".to_owned(), Zeroizing::new(words.join("\0")))]);
    if system == System::Aws {
        settings.extend(variables(call));
    }
    for option in ["profile", "region", "endpoint-url"] {
        let flag = format!("--{option}");
        let next = words.iter().position(|word| *word == flag).and_then(|at| words.get(at + 1).copied());
        let joined = || words.iter().find_map(|word| word.strip_prefix(&flag)?.strip_prefix('='));
        if let Some(value) = next.or_else(joined) {
            settings.insert(option.to_owned(), Zeroizing::new(value.to_owned()));
        }
    }
    findings.reach(Reach { system, address: Zeroizing::new(String::new()), settings });
}

/// What the line itself says to `aws` by variables (`AWS_PROFILE=shop aws …`). Of one whose text is not known the name
/// stands there with a `$`, so that nobody takes the asking program's own for it.
fn variables(call: &Call<'_>) -> Vec<(String, Zeroizing<String>)> {
    const OF_AWS: &[&str] = &[
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_RDS",
        "AWS_ENDPOINT_URL_EC2",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
    ];
    let Some(state) = call.place.shell.and_then(|shell| shell.state) else { return Vec::new() };
    let value = |name: &str| match state.exported(name) {
        Some(text) => Some(text.to_owned()),
        None => state.is_exported(name).then(|| format!("${name}")),
    };
    OF_AWS.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?.into()))).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_of_the_data_is_a_row() {
        assert_eq!(super::super::rows::odd_lines(super::TEXTS), Vec::<&str>::new());
    }
}
