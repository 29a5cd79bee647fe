//! Commands of git that change something, by what they throw away.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Verb};

use super::Git;
use crate::commands;
use crate::commands::changes::targets::{self, Where};
use crate::words::{Word, quoted, short};

/// Commands that change what can be had back, each with what it is said to do.
const USUAL: &[(&str, &str)] = &[
    ("add", "Stage changes for git"),
    ("stage", "Stage changes for git"),
    ("merge", "Merge branches"),
    ("pull", "Fetch and merge from the remote"),
    ("fetch", "Fetch from the remote"),
    ("remote", "Change the remotes"),
    ("clone", "Clone a repository"),
    ("init", "Make a repository"),
    ("mv", "Move files in git"),
    ("cherry-pick", "Take commits over"),
    ("revert", "Take a commit back by a new one"),
    ("am", "Apply patches"),
    ("apply", "Apply a patch"),
    ("format-patch", "Write patches"),
    ("archive", "Pack the repository"),
    ("bundle", "Pack the repository"),
    ("submodule", "Change submodules"),
    ("worktree", "Change working trees"),
    ("notes", "Change notes"),
    ("bisect", "Search for a commit"),
    ("gc", "Clean up the repository"),
    ("repack", "Clean up the repository"),
    ("pack-refs", "Clean up the repository"),
    ("update-index", "Change the index"),
    ("update-server-info", "Clean up the repository"),
    ("read-tree", "Change the index"),
    ("write-tree", "Write an object"),
    ("commit-tree", "Write an object"),
    ("hash-object", "Write an object"),
    ("mktree", "Write an object"),
    ("symbolic-ref", "Change a reference"),
    ("update-ref", "Change a reference"),
    ("replace", "Change a reference"),
    ("sparse-checkout", "Change which files are there"),
    ("rerere", "Keep how conflicts were solved"),
    ("subtree", "Change a subtree"),
    ("lfs", "Keep large files"),
    ("flow", "Change branches"),
    ("svn", "Talk to a server of Subversion"),
    ("imerge", "Merge branches"),
    ("absorb", "Rewrite the last commits"),
    ("commit-graph", "Clean up the repository"),
    ("multi-pack-index", "Clean up the repository"),
    ("maintenance", "Clean up the repository"),
    ("mergetool", "Solve conflicts"),
    ("stash", "Put changes aside"),
    ("tag", "Make a tag"),
    ("branch", "Change a branch"),
    ("switch", "Switch branches"),
    ("checkout", "Switch branches"),
    ("commit", "Commit to git"),
    ("reset", "Move the branch, keeping files"),
    ("rm", "Delete files that git keeps"),
    ("rebase", "Rewrite the branch"),
];
/// Commands that look; an option of theirs was not on the list.
const LOOKS: &[&str] = &[
    "status",
    "log",
    "show",
    "diff",
    "blame",
    "annotate",
    "grep",
    "ls-files",
    "ls-tree",
    "ls-remote",
    "cat-file",
    "describe",
    "rev-parse",
    "rev-list",
    "shortlog",
    "name-rev",
    "merge-base",
    "show-ref",
    "for-each-ref",
    "count-objects",
    "whatchanged",
    "range-diff",
    "cherry",
    "verify-commit",
    "verify-tag",
    "verify-pack",
    "fsck",
    "help",
    "version",
    "var",
    "check-attr",
    "check-ignore",
    "check-mailmap",
    "check-ref-format",
    "diff-tree",
    "diff-index",
    "diff-files",
    "merge-tree",
    "patch-id",
    "show-branch",
    "show-index",
    "stripspace",
    "column",
    "interpret-trailers",
    "fmt-merge-msg",
    "get-tar-commit-id",
    "bugreport",
    "diagnose",
    "request-pull",
    "difftool",
    "reflog",
    "gitk",
    "gui",
    "citool",
    "last-modified",
    "backfill",
    "prune-packed",
    "ls",
    "lg",
    "st",
    "co",
    "br",
    "ci",
];
/// Endings of files: a word of `git checkout` with one is a file, not a branch.
const ENDINGS: &[&str] = &[
    "rs", "js", "ts", "tsx", "jsx", "py", "md", "json", "toml", "yaml", "yml", "c", "h", "cpp", "go", "java",
    "txt", "html", "css", "lock", "rb", "php", "sh", "xml", "kt", "swift", "sql", "vue", "svelte", "scss",
    "cs", "lua", "mjs", "cjs",
];

impl Git<'_, '_> {
    /// Reads the command. Whether it is known.
    pub(super) fn read(&mut self, command: &str) -> bool {
        let first = self.args.operands.first().map(|word| word.text.clone()).unwrap_or_default();
        self.programs(command);
        match command {
            "push" => self.push(),
            "config" => self.config(),
            "clean" => self.clean(),
            "reset"
                if ["hard", "merge", "keep"].iter().any(|mode| self.long(mode))
                    || self.args.has(&[], "hard") =>
            {
                let phrase = "Throw away all changes that are not committed".to_owned();
                self.path(".", Verb::Overwrite, Severity::High, Reversible::No, phrase);
            }
            "checkout" => self.checkout(&first),
            "checkout-index" if self.args.has(&['f'], "force") => self.restore("checkout"),
            "switch" if self.args.has(&['f'], "force") || self.args.has(&[], "discard-changes") => {
                self.restore_paths(vec![".".to_owned()]);
            }
            "restore" => self.restore(command),
            "branch" => self.branch(),
            "tag" if self.args.has(&['d'], "delete") => {
                self.refs(Verb::Delete, Severity::High, "Delete the tag");
            }
            "stash" if first == "drop" => self.repository(Verb::Delete, Severity::High, "Delete a stash"),
            "stash" if first == "clear" => {
                self.repository(Verb::Delete, Severity::High, "Delete every stash");
            }
            "stash" if matches!(first.as_str(), "list" | "show") => self.findings.reads("git"),
            "commit" => self.commit(),
            "rm" if !self.args.has(&[], "cached") && self.args.has(&['f'], "force") => {
                for word in std::mem::take(&mut self.args.operands) {
                    let phrase = format!("Delete {}", quoted(&word.text));
                    self.path(&word.text, Verb::Delete, Severity::High, Reversible::No, phrase);
                }
            }
            "filter-branch" | "filter-repo" | "fast-import" => {
                self.repository(
                    Verb::Delete,
                    Severity::Critical,
                    &format!("Rewrite history with git {command}"),
                );
            }
            "read-tree" if self.long("reset") => {
                let phrase = "Throw away all changes that are not committed".to_owned();
                self.path(".", Verb::Overwrite, Severity::High, Reversible::No, phrase);
            }
            "prune" => self.repository(Verb::Delete, Severity::High, "Delete what no branch reaches"),
            "gc" if self
                .value("", "--prune")
                .is_some_and(|when| matches!(when.text.as_str(), "now" | "all")) =>
            {
                self.repository(Verb::Delete, Severity::High, "Delete what no branch reaches");
            }
            "update-ref"
                if self.args.has(&['d'], "") || self.words.iter().any(|word| word.text == "--stdin") =>
            {
                self.refs(Verb::Delete, Severity::High, "Delete the reference");
                self.repository(Verb::Delete, Severity::High, "Delete a reference");
            }
            "reflog" if matches!(first.as_str(), "expire" | "delete" | "drop") => {
                self.repository(Verb::Delete, Severity::Critical, "Delete entries of git's reflog");
            }
            "worktree" if first == "remove" && self.args.has(&['f'], "force") => {
                self.repository(Verb::Delete, Severity::High, "Delete a working tree with its changes");
            }
            "submodule" if first == "deinit" && self.args.has(&['f'], "force") => {
                self.repository(Verb::Delete, Severity::High, "Delete submodules with their changes");
            }
            "submodule" if first == "foreach" => self.foreach(),
            "lfs" if first == "prune" => self.repository(Verb::Delete, Severity::High, "Delete large files"),
            "send-email" | "imap-send" => self.repository(Verb::Publish, Severity::High, "Send mail"),
            "daemon" | "instaweb" | "http-backend" => {
                self.repository(Verb::Publish, Severity::High, "Let others reach the repository");
            }
            "credential" if matches!(first.as_str(), "approve" | "store") => {
                self.repository(Verb::Change, Severity::Low, "Keep a password for git");
            }
            "credential" | "credential-store" | "credential-cache" | "credential-osxkeychain" => {
                self.repository(Verb::Disclose, Severity::High, "Print a password of git");
            }
            "maintenance" if matches!(first.as_str(), "start" | "register") => {
                self.repository(Verb::Change, Severity::High, "Let git run by the clock");
            }
            "notes" if matches!(first.as_str(), "remove" | "prune") => {
                self.repository(Verb::Delete, Severity::Low, "Delete notes");
            }
            _ => return self.usual(command),
        }
        true
    }

    fn usual(&mut self, command: &str) -> bool {
        if let Some((_, phrase)) = USUAL.iter().find(|(name, _)| *name == command) {
            let folder = self.value("-o", "--output-directory").filter(|_| command == "format-patch");
            let folder = folder.or_else(|| self.value("-o", "--output").filter(|_| command == "archive"));
            if let Some(target) = folder {
                let severity = targets::place(&target, self.call.place).written();
                let phrase = format!("Write to {}", quoted(&target.text));
                self.path(&target.text, Verb::Create, severity, Reversible::Unknown, phrase);
            }
            self.repository(Verb::Change, Severity::Low, phrase);
            return true;
        }
        if !LOOKS.contains(&command) {
            return false;
        }
        self.findings.reads("git");
        if let Some(target) =
            self.value("", "--output").filter(|_| matches!(command, "log" | "show" | "diff" | "format-patch"))
        {
            let severity = targets::place(&target, self.call.place).written();
            let phrase = format!("Overwrite {}", quoted(&target.text));
            self.path(&target.text, Verb::Overwrite, severity, Reversible::Unknown, phrase);
        }
        for word in self.words {
            let text = word.text.rsplit(':').next().unwrap_or(&word.text);
            let prints =
                matches!(command, "log" | "show" | "diff" | "blame" | "annotate" | "cat-file" | "grep");
            if prints && !word.text.starts_with('-') && crate::paths::secret(text, false).is_some() {
                let word = Word { text: text.to_owned(), ..word.clone() };
                commands::rows::disclose(self.call, &word, self.findings);
            }
        }
        let why = "an option of git that is not on the list of what only reads";
        self.findings.unread_at(Severity::Low, "git", why, self.span());
        true
    }

    /// A command that git does not have: a program `git-…`, or a short name from its settings.
    pub(super) fn unknown(&mut self, command: &str, _before: Option<Severity>) {
        let name = format!("git-{}", short(command));
        let program = Word { span: self.span(), ..Word::plain(&name) };
        let call = commands::Call { name: &name, program: &program, words: self.words, ..*self.call };
        commands::unknown::read(&call, &program, self.findings);
    }

    /// Options by which a command of git runs a program.
    fn programs(&mut self, command: &str) {
        let named = match command {
            "rebase" => self.value("-x", "--exec"),
            "difftool" | "mergetool" => self.value("-x", "--extcmd"),
            "bisect" if self.args.operands.first().is_some_and(|word| word.text == "run") => {
                let at = self.words.iter().position(|word| word.text == "run").unwrap_or_default();
                let words = self.words.get(at + 1..).unwrap_or_default();
                commands::read(words, self.span(), &self.call.place.inside(), self.findings);
                None
            }
            "clone" | "fetch" | "pull" | "ls-remote" | "archive" | "fetch-pack" | "submodule" => {
                if let Some(word) = self.words.iter().find(|word| word.text.starts_with("ext::")) {
                    self.runs(&Word { text: word.text[5..].to_owned(), ..word.clone() });
                    self.findings.unread("git", "its remote is a program", word.span);
                }
                let settings: Vec<Word> = (command == "clone")
                    .then(|| self.value("-c", "--config"))
                    .flatten()
                    .into_iter()
                    .collect();
                for setting in settings {
                    super::config::inline(self.call, &setting, self.findings);
                }
                if self.value("", "--template").is_some_and(|folder| folder.text.starts_with(['/', '~', '.']))
                {
                    self.findings.unread("git", "hooks come from another folder", self.span());
                }
                self.value(if command == "clone" { "-u" } else { "" }, "--upload-pack")
                    .or_else(|| self.value("", "--exec"))
            }
            "grep" => self
                .words
                .iter()
                .find(|word| {
                    word.text.starts_with("-O") && word.text.len() > 2
                        || word.text.starts_with("--open-files-in-pager=")
                })
                .map(|word| Word {
                    text: word
                        .text
                        .trim_start_matches("-O")
                        .trim_start_matches("--open-files-in-pager=")
                        .to_owned(),
                    ..word.clone()
                }),
            _ => None,
        };
        if let Some(program) = named {
            self.runs(&program);
            if matches!(command, "clone" | "fetch" | "pull" | "ls-remote" | "archive" | "grep") {
                self.findings.unread(
                    "git",
                    "it is told to run a program of its own",
                    program.span.or(self.span()),
                );
            }
        }
    }

    fn clean(&mut self) {
        let dry = self.words.iter().any(|word| {
            word.text == "--dry-run"
                || word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('n')
        });
        if dry {
            return self.findings.reads("git");
        }
        if !self.args.has(&['f', 'i'], "force") && !self.args.has(&[], "interactive") {
            return self.repository(
                Verb::Read,
                Severity::Low,
                "Ask git to clean, which it refuses without force",
            );
        }
        let what = if self.args.has(&['x', 'X'], "") {
            "what git ignores and does not track"
        } else {
            "what git does not track"
        };
        let paths: Vec<&Word> = self.args.operands.clone();
        let remade = !paths.is_empty()
            && paths.iter().all(|word| targets::place(word, self.call.place) == Where::Remade);
        let severity = if remade { Severity::Low } else { Severity::High };
        self.path(".", Verb::Delete, severity, Reversible::No, format!("Delete {what}"));
    }

    fn checkout(&mut self, first: &str) {
        let behind = self.words.iter().any(|word| word.text == "--");
        let makes = self.args.has(&['b', 'B', 't'], "orphan") || self.long("track") || self.long("detach");
        let asks =
            self.args.has(&['p'], "patch") || self.long("ours") || self.long("theirs") || self.long("merge");
        let file = |text: &str| {
            text == "."
                || text.ends_with('/')
                || text.starts_with("./")
                || text.starts_with(":/")
                || text.contains('*')
                || text
                    .rsplit('/')
                    .next()
                    .and_then(|name| name.rsplit_once('.'))
                    .is_some_and(|(stem, end)| !stem.is_empty() && ENDINGS.contains(&end))
        };
        if self.args.has(&['f'], "force") {
            return self.restore_paths(vec![".".to_owned()]);
        }
        if behind {
            return self.restore("checkout");
        }
        if makes || asks {
            return self.repository(Verb::Change, Severity::Low, "Switch branches");
        }
        let operands: Vec<String> = self.args.operands.iter().map(|word| word.text.clone()).collect();
        if operands.len() > 1 {
            let paths = if file(first) { operands } else { operands[1..].to_vec() };
            return self.restore_paths(paths);
        }
        if file(first) || self.value("", "--pathspec-from-file").is_some() {
            return self.restore_paths(operands);
        }
        self.repository(Verb::Change, Severity::Low, "Switch branches");
    }

    /// Files put back as they were: what was changed since is gone.
    fn restore(&mut self, command: &str) {
        if command == "restore" && self.args.has(&['S'], "staged") && !self.args.has(&['W'], "worktree") {
            return self.repository(Verb::Change, Severity::Low, "Unstage changes");
        }
        let behind = self.words.iter().position(|word| word.text == "--").map(|at| &self.words[at + 1..]);
        let paths: Vec<String> = match behind {
            Some(words) => words.iter().map(|word| word.text.clone()).collect(),
            None => self.args.operands.iter().map(|word| word.text.clone()).collect(),
        };
        self.restore_paths(paths);
    }

    fn restore_paths(&mut self, mut paths: Vec<String>) {
        if paths.is_empty() {
            paths.push(".".to_owned());
        }
        for path in paths {
            let place = if path == "." { "this folder".to_owned() } else { quoted(&path) };
            let phrase = format!("Throw away changes in {place} that are not committed");
            let remade = targets::place(&Word::plain(&path), self.call.place) == Where::Remade;
            let severity = if remade { Severity::Low } else { Severity::High };
            self.path(&path, Verb::Overwrite, severity, Reversible::No, phrase);
        }
    }

    fn branch(&mut self) {
        let by_force = self.words.iter().any(|word| {
            word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('D')
        });
        let deletes = by_force || self.args.has(&['d'], "delete");
        if deletes {
            let forced = by_force || self.args.has(&['f'], "force");
            let severity = if forced { Severity::High } else { Severity::Low };
            if self.args.operands.is_empty() {
                return self.repository(Verb::Delete, severity, "Delete branches that a list names");
            }
            return self.refs(Verb::Delete, severity, "Delete the branch");
        }
        self.repository(Verb::Change, Severity::Low, "Change a branch");
    }

    fn commit(&mut self) {
        if let Some(author) = self.value("", "--author") {
            let lower = author.text.to_ascii_lowercase();
            if !["bot", "noreply", "action", "ci@", "ci <", "$"].iter().any(|known| lower.contains(known)) {
                let phrase = format!("Commit in the name of {}", quoted(&author.text));
                return self.repository(Verb::Change, Severity::High, &phrase);
            }
        }
        let phrase = if self.long("amend") { "Rewrite the last commit" } else { "Commit to git" };
        let verb = if self.long("amend") { Verb::Change } else { Verb::Create };
        self.repository(verb, Severity::Low, phrase);
    }

    fn foreach(&mut self) {
        let at = self.words.iter().position(|word| word.text == "foreach").unwrap_or_default();
        let words: Vec<Word> = self
            .words
            .get(at + 1..)
            .unwrap_or_default()
            .iter()
            .filter(|word| word.text != "--recursive" && word.text != "--quiet" && word.text != "-q")
            .cloned()
            .collect();
        self.repository(Verb::Change, Severity::Low, "Run something in every submodule");
        match words.as_slice() {
            [script] => self.runs(script),
            words => commands::read(words, self.span(), &self.call.place.inside(), self.findings),
        }
    }
}
