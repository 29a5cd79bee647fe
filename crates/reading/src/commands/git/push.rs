//! `git push`: what it sends, overwrites and deletes on another machine.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::Git;
use crate::words::quoted;

/// Branches that others build on.
const SHARED: &[&str] =
    &["main", "master", "trunk", "production", "prod", "release", "stable", "live", "default"];

/// The branch that a refspec lands on.
fn lands_on(refspec: &str) -> &str {
    let spec = refspec.trim_start_matches('+');
    let target = spec.rsplit(':').next().unwrap_or(spec);
    target.strip_prefix("refs/heads/").unwrap_or(target)
}

impl Git<'_, '_> {
    pub(super) fn push(&mut self) {
        for (short, long) in [("", "--receive-pack"), ("", "--exec")] {
            if self.value(short, long).is_some() {
                self.findings.unread("git", "it names the program that runs on the other side", self.span());
            }
        }
        let operands: Vec<String> = self.args.operands.iter().map(|word| word.text.clone()).collect();
        let remote = operands.first().map_or_else(|| "its remote".to_owned(), |name| quoted(name));
        let refs = operands.get(1..).unwrap_or_default();
        if self.args.has(&['n'], "dry-run")
            && self.words.iter().any(|word| matches!(word.text.as_str(), "-n" | "--dry-run"))
        {
            return self.repository(Verb::Read, Severity::Low, "Say what would be pushed");
        }
        let lease = self.long("force-with-lease");
        let by_option = self.args.has(&['f'], "force")
            && self.words.iter().any(|word| {
                word.text == "--force"
                    || word.text.len() >= 4
                        && "--force".starts_with(word.text.as_str())
                        && word.text != "--fo"
                    || word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('f')
            });
        let mirrors = self.long("mirror");
        let deletes = self.args.has(&['d'], "delete") || self.long("prune");
        let every = mirrors || self.long("all") || self.long("branches");
        let targets: Vec<Option<String>> =
            if refs.is_empty() { vec![None] } else { refs.iter().map(|name| Some(name.clone())).collect() };
        for target in targets {
            let forced = by_option || target.as_deref().is_some_and(|name| name.starts_with('+'));
            let gone =
                deletes || target.as_deref().is_some_and(|name| name.starts_with(':') && name.len() > 1);
            let shared = every
                || target.as_deref().is_some_and(|name| {
                    let branch = lands_on(name);
                    SHARED.iter().any(|known| branch == *known || branch.starts_with("release/"))
                });
            let name = target.unwrap_or_else(|| "the current branch".to_owned());
            let shown = if refs.is_empty() { name.clone() } else { quoted(&name) };
            // What is overwritten or deleted is the branch over there, whatever it is called here.
            let over_there = if refs.is_empty() { name.clone() } else { quoted(lands_on(&name)) };
            let grave = if shared { Severity::Critical } else { Severity::High };
            let (verb, severity, phrase) = if mirrors {
                (
                    Verb::Overwrite,
                    Severity::Critical,
                    format!("Make {remote} the same as here, deleting the rest"),
                )
            } else if gone {
                (Verb::Delete, grave, format!("Delete {over_there} on {remote}"))
            } else if forced {
                (Verb::Overwrite, grave, format!("Overwrite {over_there} on {remote}"))
            } else if lease {
                (Verb::Overwrite, Severity::High, format!("Overwrite {over_there} on {remote}"))
            } else if is_address(operands.first()) {
                (Verb::Publish, Severity::High, format!("Push {shown} to {remote}"))
            } else {
                (Verb::Publish, Severity::Low, format!("Push {shown} to {remote}"))
            };
            let reversible = if severity == Severity::Low { Reversible::Yes } else { Reversible::Unknown };
            self.effect(verb, TargetKind::GitRef, name, severity, phrase, reversible);
        }
    }
}

/// Whether the remote is an address written out, not one of the repository's own.
fn is_address(remote: Option<&String>) -> bool {
    remote.is_some_and(|text| {
        text.contains("://") && !text.starts_with("file://")
            || text.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains('/'))
            || text.starts_with("ext::")
    })
}
