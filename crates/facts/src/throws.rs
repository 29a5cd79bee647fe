//! What git itself would throw away: of `git clean`, `git reset --hard` and their kin the reading names the folder,
//! and only the repository's state says which of its files are hit.
//!
//! Invariant: told only where every command of the action is one of git's or one that hits nothing, in plain words
//! without substitution or redirection. Anything else, and all that the reading names counts as hit: rather too
//! much than too little.

use sayso_core::action::{Action, Command};

/// Commands that hit nothing, whatever stands behind them.
const HARMLESS: [&str; 6] = ["cd", "echo", "ls", "pwd", "true", "set"];

/// How a rebase that was begun goes on or ends.
const GOES_ON: [&str; 5] = ["--abort", "--continue", "--skip", "--quit", "--show-current-patch"];

/// What git would throw away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a kind of file or commit")]
pub(crate) struct Throws {
    /// Changes of tracked files that no commit has.
    pub(crate) uncommitted: bool,
    pub(crate) untracked: bool,
    pub(crate) ignored: bool,
    /// Commits of the branch that is checked out.
    pub(crate) commits: bool,
    /// Stashes, as named.
    pub(crate) stashes: Vec<String>,
    pub(crate) every_stash: bool,
    /// Every commit of every branch and tag is made anew.
    pub(crate) every_commit: bool,
    /// Git does something beside that is not told here.
    pub(crate) more: bool,
}

impl Throws {
    /// Whether files are thrown away.
    pub(crate) const fn files(&self) -> bool {
        self.uncommitted || self.untracked || self.ignored
    }

    fn is_empty(&self) -> bool {
        Self { more: false, ..self.clone() } == Self::default()
    }
}

/// What git throws away in `action`, where that is all that the action does.
pub(crate) fn of(action: &Action) -> Option<Throws> {
    let Action::Shell(shell) = action else { return None };
    let mut throws = Throws::default();
    match &shell.command {
        Command::Argv(argv) => one(&argv.iter().map(String::as_str).collect::<Vec<_>>(), &mut throws)?,
        Command::Script(script) => {
            if script.contains(['$', '`', '>', '<', '(', ')', '{', '}', '\\', '"', '\'', '#']) {
                return None;
            }
            for command in script.split([';', '\n', '&', '|']) {
                one(&command.split_whitespace().collect::<Vec<_>>(), &mut throws)?;
            }
        }
    }
    (!throws.is_empty()).then_some(throws)
}

fn one(words: &[&str], throws: &mut Throws) -> Option<()> {
    match words {
        [] => Some(()),
        [first, ..] if HARMLESS.contains(first) => Some(()),
        // git's own options may lead to another repository than the one that the reading names.
        ["git", command, args @ ..] if !command.starts_with('-') => {
            git(command, args, throws);
            Some(())
        }
        _ => None,
    }
}

fn git(command: &str, args: &[&str], throws: &mut Throws) {
    let letter =
        |letter: char| args.iter().any(|a| a.starts_with('-') && !a.starts_with("--") && a.contains(letter));
    match command {
        "clean" => {
            throws.untracked |= letter('x') || !letter('X');
            throws.ignored |= letter('x') || letter('X');
        }
        "reset" if args.contains(&"--hard") => {
            throws.uncommitted = true;
            throws.commits |= args.iter().any(|arg| !arg.starts_with('-') && *arg != "HEAD");
        }
        "restore" | "checkout" | "switch" => {
            throws.uncommitted = true;
            // Forced, they also write over files that git does not track.
            throws.untracked |= letter('f') || args.contains(&"--force");
        }
        // What goes on with a rebase, or ends it, rewrites no more than its start did.
        "rebase" if !args.iter().any(|arg| GOES_ON.contains(arg)) => throws.commits = true,
        "filter-branch" | "filter-repo" => throws.every_commit = true,
        "stash" if args.first() == Some(&"drop") => {
            let named = args[1..].iter().find(|arg| !arg.starts_with('-'));
            throws.stashes.push(named.map_or_else(|| "stash@{0}".to_owned(), |name| stash_name(name)));
        }
        "stash" if args.first() == Some(&"clear") => throws.every_stash = true,
        "add" | "commit" | "diff" | "fetch" | "log" | "show" | "status" => {}
        _ => throws.more = true,
    }
}

/// git takes `2` for `stash@{2}`.
fn stash_name(name: &str) -> String {
    if name.bytes().all(|c| c.is_ascii_digit()) { format!("stash@{{{name}}}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_script(script: &str) -> Option<Throws> {
        let action = serde_json::json!({"kind": "shell", "script": script, "cwd": "/p"});
        of(&serde_json::from_value(action).unwrap())
    }

    #[test]
    fn what_is_thrown_away_follows_from_the_command() {
        let nothing = Throws::default;
        let uncommitted = || Throws { uncommitted: true, ..nothing() };
        for (script, expected) in [
            ("git reset --hard", uncommitted()),
            ("cd /p && git reset --hard HEAD", uncommitted()),
            ("git reset --hard origin/main", Throws { commits: true, ..uncommitted() }),
            ("git clean -fd", Throws { untracked: true, ..nothing() }),
            ("git clean -fdx; ls", Throws { untracked: true, ignored: true, ..nothing() }),
            ("git clean -fX", Throws { ignored: true, ..nothing() }),
            ("git restore .", uncommitted()),
            ("git checkout -f main", Throws { untracked: true, ..uncommitted() }),
            ("git stash drop", Throws { stashes: vec!["stash@{0}".to_owned()], ..nothing() }),
            ("git stash drop -q 2", Throws { stashes: vec!["stash@{2}".to_owned()], ..nothing() }),
            ("git stash clear", Throws { every_stash: true, ..nothing() }),
            ("git rebase main", Throws { commits: true, ..nothing() }),
            ("git filter-repo --path secret --invert-paths", Throws { every_commit: true, ..nothing() }),
        ] {
            assert_eq!(of_script(script), Some(expected), "{script}");
        }
    }

    #[test]
    fn beside_anything_else_it_is_not_told() {
        for script in [
            "git clean -fd; rm -rf .",
            "git -C /q reset --hard",
            "git reset --hard $(evil)",
            "git clean -fd > x",
            "sudo git clean -fd",
            "git push",
            "git rebase --abort",
            "",
        ] {
            assert_eq!(of_script(script), None, "{script}");
        }
    }
}
