//! git's settings, of which many name a program that git runs later.

use sayso_core::Severity;
use sayso_core::reading::Verb;

use super::Git;
use crate::Findings;
use crate::commands::Call;
use crate::commands::code::shell_text;
use crate::words::{Word, quoted};

/// What a setting does.
enum Setting {
    /// It names a program.
    Runs,
    /// It switches a check off.
    Protects,
    /// Anything else.
    Plain,
}

/// Programs that may stand in such a setting.
const KNOWN: &[&str] = &[
    "",
    "cat",
    "less",
    "more",
    "true",
    "false",
    ":",
    "vim",
    "vi",
    "nvim",
    "nano",
    "emacs",
    "code",
    "subl",
    "ed",
    "delta",
    "diff-so-fancy",
    "bat",
    "cache",
    "osxkeychain",
    "manager",
    "manager-core",
    "libsecret",
    "wincred",
    "gpg",
    "gpg2",
    "difft",
    "meld",
    "kdiff3",
    "vimdiff",
    "nvimdiff",
    "vscode",
    "opendiff",
    "git-lfs",
    "ssh",
    "input",
    "rebase",
    "merge",
];

fn setting(key: &str, value: &str) -> Setting {
    let key = key.to_ascii_lowercase();
    let (section, rest) = key.split_once('.').unwrap_or((&key, ""));
    let last = rest.rsplit('.').next().unwrap_or(rest);
    let runs = match section {
        "core" => matches!(
            last,
            "pager"
                | "editor"
                | "sshcommand"
                | "fsmonitor"
                | "askpass"
                | "hookspath"
                | "gitproxy"
                | "alternaterefscommand"
        ),
        "alias" => value.trim_start().starts_with('!'),
        "diff" | "difftool" | "merge" | "mergetool" | "guitool" | "man" | "browser" => {
            matches!(last, "external" | "command" | "textconv" | "driver" | "cmd" | "path")
        }
        "filter" => matches!(last, "clean" | "smudge" | "process"),
        "credential" => last == "helper",
        "gpg" => last == "program" || last == "defaultkeycommand",
        "pager" | "tar" | "trailer" | "hook" => !matches!(value, "true" | "false"),
        "sequence" => last == "editor",
        "interactive" => last == "difffilter",
        "uploadpack" => last == "packobjectshook",
        "remote" => matches!(last, "uploadpack" | "receivepack" | "vcs"),
        "protocol" => value != "never",
        "init" => last == "templatedir",
        "include" | "includeif" => last == "path",
        "submodule" => last == "update" && value.starts_with('!'),
        "sendemail" => matches!(last, "smtpserver" | "sendmailcmd" | "tocmd" | "cccmd" | "headercmd"),
        "imap" => last == "tunnel",
        "web" => last == "browser",
        _ => false,
    };
    let off = matches!(value.to_ascii_lowercase().as_str(), "false" | "0" | "no" | "off");
    let protects = match (section, last) {
        ("http", "sslverify")
        | ("transfer" | "fetch" | "receive", "fsckobjects")
        | ("core", "protecthfs" | "protectntfs") => off,
        ("receive", "denydeletes" | "denynonfastforwards" | "denycurrentbranch") => off || value == "ignore",
        ("gc", "reflogexpire" | "reflogexpireunreachable" | "pruneexpire") => {
            value.starts_with("now") || value == "0"
        }
        ("http" | "https", "proxy" | "sslcainfo") => true,
        ("url", "insteadof" | "pushinsteadof") => !is_usual(rest),
        _ => false,
    };
    if runs {
        Setting::Runs
    } else if protects {
        Setting::Protects
    } else {
        Setting::Plain
    }
}

/// Whether an address that stands in for another is one of the usual hosts.
fn is_usual(rest: &str) -> bool {
    let base = rest.rsplit_once('.').map_or(rest, |(base, _)| base).trim_matches('"');
    base.ends_with("://")
        || ["github.com", "gitlab.com", "bitbucket.org", "codeberg.org"]
            .iter()
            .any(|host| base.contains(host))
}

/// Whether what a setting names is one of the programs that are known.
fn is_known(key: &str, value: &str) -> bool {
    let first = value.split_ascii_whitespace().next().unwrap_or("");
    let key = key.to_ascii_lowercase();
    if key == "core.hookspath" {
        return [
            ".githooks",
            ".husky",
            ".husky/_",
            "hooks",
            ".hooks",
            "scripts/hooks",
            "scripts/git-hooks",
            ".git/hooks",
        ]
        .contains(&value.trim_end_matches('/').trim_start_matches("./"));
    }
    if matches!(key.as_str(), "core.fsmonitor" | "protocol.version" | "protocol.file.allow") {
        return matches!(value, "true" | "false" | "0" | "1" | "2" | "always" | "user" | "never");
    }
    if key == "core.sshcommand" {
        return first == "ssh"
            && !value.to_ascii_lowercase().contains("proxycommand")
            && !value.contains(['`', ';', '|', '&'])
            && !value.contains("$(");
    }
    KNOWN.contains(&first) && !value.contains(['`', ';', '|', '&']) && !value.contains("$(")
}

/// `-c key=value` before the command.
pub(super) fn inline(call: &Call<'_>, setting_word: &Word, findings: &mut Findings) {
    let (key, value) = setting_word.text.split_once('=').unwrap_or((&setting_word.text, "true"));
    let span = setting_word.span.or(call.span);
    match setting(key, value) {
        Setting::Runs if is_known(key, value) => {
            // A program that is known may be told to do harm all the same.
            let script = Word { text: value.to_owned(), ..setting_word.clone() };
            let mut inner = Findings::default();
            shell_text(call, &script, &mut inner);
            if inner.severity() >= Some(Severity::High) && value.contains(' ') {
                findings.absorb_as_is(inner);
            }
        }
        Setting::Runs => {
            findings.unread("git", "it is told to run a program of its own", span);
            let script = Word { text: value.trim_start_matches('!').to_owned(), ..setting_word.clone() };
            shell_text(call, &script, findings);
        }
        Setting::Protects => findings.unread("git", "it is told to leave a check out", span),
        Setting::Plain => {}
    }
}

impl Git<'_, '_> {
    /// `git config`.
    pub(super) fn config(&mut self) {
        let mut operands: Vec<Word> = self.args.operands.iter().map(|word| (*word).clone()).collect();
        let reads = [
            "get",
            "list",
            "get-all",
            "get-regexp",
            "get-urlmatch",
            "show-origin",
            "show-scope",
            "get-color",
            "get-colorbool",
        ];
        if reads.iter().any(|name| self.long(name)) || self.args.has(&['l'], "list") {
            return self.findings.reads("git");
        }
        let mut unsets = self.long("unset")
            || self.long("unset-all")
            || self.long("remove-section")
            || self.long("rename-section");
        match operands.first().map(|word| word.text.as_str()) {
            Some("get" | "list") => return self.findings.reads("git"),
            Some("unset" | "remove-section" | "rename-section") => unsets = true,
            Some("set" | "edit") => {
                operands.remove(0);
            }
            _ => {}
        }
        let [key, value, ..] = operands.as_slice() else {
            if operands.len() == 1 && !unsets && !self.args.has(&['e'], "edit") {
                return self.findings.reads("git");
            }
            return self.repository(Verb::Change, Severity::Low, "Change git's settings");
        };
        let phrase = format!("Change git's setting {}", quoted(&key.text));
        if unsets {
            return self.repository(Verb::Change, Severity::Low, &phrase);
        }
        let severity = match setting(&key.text, &value.text) {
            Setting::Runs if is_known(&key.text, &value.text) && value.literal => Severity::Low,
            Setting::Runs | Setting::Protects => Severity::High,
            Setting::Plain => Severity::Low,
        };
        if severity == Severity::High && value.text.trim_start().starts_with('!') {
            let script = Word { text: value.text.trim_start_matches(['!', ' ']).to_owned(), ..value.clone() };
            self.runs(&script);
        }
        self.repository(Verb::Change, severity, &phrase);
    }
}
