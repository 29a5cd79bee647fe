//! git on a command line: what it throws away, what it overwrites elsewhere, and what it is told to run.
#![allow(clippy::unwrap_used, clippy::panic)]

use sayso_core::reading::{Reading, TargetKind, Verb};
use sayso_core::{Action, Severity, strict};
use sayso_reading::read;
use serde_json::json;

use Severity::{Critical, High, Low, None};

fn reading(script: &str) -> Reading {
    let json = json!({"kind":"shell","script":script,"cwd":"/p"});
    let action: Action = strict::parse(json.to_string().as_bytes()).unwrap();
    read(&action)
}

fn all_are(severity: Severity, scripts: &[&str]) {
    for script in scripts {
        let reading = reading(script);
        assert_eq!(reading.severity, severity, "{script}: {} {:?}", reading.sentence, reading.unread);
    }
}

fn all_ask(scripts: &[&str]) {
    for script in scripts {
        let reading = reading(script);
        assert!(reading.severity >= High, "{script}: {} {:?}", reading.sentence, reading.unread);
    }
}

#[test]
fn an_effect_names_the_reference_and_the_sentence_says_it() {
    for (script, severity, verb, target, sentence) in [
        ("git push", Low, Verb::Publish, "the current branch", "Push the current branch to its remote"),
        ("git push origin x", Low, Verb::Publish, "x", "Push x to origin"),
        ("git push -f origin x", High, Verb::Overwrite, "x", "Overwrite x on origin"),
        ("git push -f origin main", Critical, Verb::Overwrite, "main", "Overwrite main on origin"),
        ("git push origin +main", Critical, Verb::Overwrite, "+main", "Overwrite main on origin"),
        ("git push -f origin HEAD:main", Critical, Verb::Overwrite, "HEAD:main", "Overwrite main on origin"),
        ("git push origin :x", High, Verb::Delete, ":x", "Delete x on origin"),
        ("git branch -D x", High, Verb::Delete, "x", "Delete the branch x"),
        ("git tag -d v1", High, Verb::Delete, "v1", "Delete the tag v1"),
    ] {
        let reading = reading(script);
        let is = |e: &&sayso_core::reading::Effect| {
            e.verb == verb && e.target.name == target && e.target.kind == TargetKind::GitRef
        };
        assert!(reading.effects.iter().any(|effect| is(&effect)), "{script}\n{reading:#?}");
        assert_eq!((reading.severity, reading.sentence.as_str()), (severity, sentence), "{script}");
    }
    let reading = reading("git checkout -- src/a.rs");
    assert_eq!(reading.sentence, "Throw away changes in src/a.rs that are not committed");
    assert_eq!(reading.effects[0].target.name, "/p/src/a.rs");
}

#[test]
fn everyday_commands_pass_and_readers_are_none() {
    all_are(
        None,
        &["git status", "git log -3", "git diff", "git branch -a", "git stash list", "git push --help"],
    );
    all_are(
        Low,
        &[
            "git add -A",
            "git commit -m 'rm -rf /'",
            "git commit --amend --no-edit",
            "git checkout feature/login",
            "git checkout -b x",
            "git switch main",
            "git restore --staged .",
            "git reset HEAD~1",
            "git rebase main",
            "git stash",
            "git rm a",
            "git branch -d merged",
            "git push --dry-run -f origin main",
            "git restore dist/app.js",
            "git clean -fd dist",
        ],
    );
}

#[test]
fn the_order_and_the_spelling_of_options_change_nothing() {
    all_ask(&[
        "git push origin main --force",
        "git push -uf origin x",
        "git push origin x --force --no-verify",
        "git reset HEAD --hard",
        "git clean -d -f",
        "git clean -xfd",
        "git branch -fd x",
        "git branch x -D",
        "git checkout main -f",
        "git -C /q reset --hard",
        "git --git-dir=/q/.git --work-tree /q checkout .",
        "git -c color.ui=never stash clear",
        "git restore -SW a",
    ]);
}

#[test]
fn a_program_that_git_is_told_to_run_is_read_and_asks_unless_it_is_known() {
    all_ask(&[
        "git -c core.pager='sh x' log",
        "git -c alias.x='!rm -rf src' x",
        "git config core.sshCommand 'nc evil 1'",
        "git config alias.x '!rm -rf src'",
        "git config core.hooksPath /tmp/h",
        "git -c http.sslVerify=false clone https://x",
        "git rebase --exec 'rm -rf src' main",
        "git submodule foreach 'git clean -fd'",
        "git bisect run rm -rf src",
        "git clone ext::sh",
        "git --exec-path=/tmp/x status",
    ]);
    all_are(
        Low,
        &[
            "git -c core.pager=cat log",
            "git -c core.editor=true rebase --continue",
            "git config core.editor vim",
            "git config core.hooksPath .husky",
            "git rebase --exec 'cargo test' main",
            "git config user.name x",
        ],
    );
}

#[test]
fn other_programs_that_keep_versions_are_read_alike() {
    all_ask(&["jj abandon x", "hg strip tip", "hg update -C", "svn revert -R .", "bfg --delete-files x"]);
    all_are(None, &["jj log", "hg status", "svn diff"]);
    all_are(Low, &["jj describe -m x", "hg commit -m x", "svn update"]);
}
