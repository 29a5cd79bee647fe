//! That asking runs nothing a repository names, waits for nobody, and says when it may not look.

use std::fs;
use std::io::Read as _;
use std::process::Command;

use sayso_core::fact::Known;
use sayso_core::reading::{TargetKind, Verb};
use tokio::sync::oneshot;

use super::ground::{Ground, reading};
use crate::git::{Git, Trouble};
use crate::{gather_with, limits};

/// Written by a shell: a file that this process has open for writing while another test starts a program could not
/// be run.
fn program(ground: &Ground, name: &str, text: &str) -> std::path::PathBuf {
    let path = ground.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let write = r#"printf '#!/bin/sh\n%s\n' "$2" > "$1" && chmod 755 "$1""#;
    let written = Command::new("sh").args(["-c", write, "sh"]).arg(&path).arg(text).status().unwrap();
    assert!(written.success());
    path
}

#[tokio::test]
async fn a_repository_that_names_programs_for_git_to_run_gets_none_of_them_run() {
    let ground = Ground::new();
    ground.repository("p");
    ground.pushed_to("p", "origin.git");
    let bad = program(&ground, "bad", "echo run >> \"$0.ran\"; cat");
    let bad = bad.display();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.editor",
        "core.askPass",
        "core.alternateRefsCommand",
        "core.gitProxy",
        "diff.external",
        "diff.x.command",
        "diff.x.textconv",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "credential.helper",
        "gpg.program",
        "interactive.diffFilter",
        "uploadpack.packObjectsHook",
        "remote.origin.uploadpack",
    ] {
        ground.git("p", &format!("config {key} {bad}"));
    }
    ground.git("p", "config core.hooksPath ../hooks");
    ground.git("p", "config filter.x.required true");
    ground.git("p", "config log.showSignature true");
    for hook in ["post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc"] {
        program(&ground, &format!("hooks/{hook}"), &format!("{bad}"));
    }
    ground.write("p/.git/info/attributes", "* filter=x diff=x\n");
    // Young and changed files are those that git would send through the filter.
    fs::write(ground.path("p/src/main.rs"), "fn niam() {}\n").unwrap();
    fs::write(ground.path("p/src/new.rs"), "new").unwrap();
    let effects = [
        (Verb::Delete, TargetKind::Path, "src"),
        (Verb::Delete, TargetKind::GitRef, "main"),
        (Verb::Publish, TargetKind::GitRef, "main"),
    ];
    let gathered = ground.ask(&ground.shell("p"), &effects).await;
    assert!(
        gathered.facts.data.detail.contains("2 tracked by git, 1 with uncommitted"),
        "{:?}",
        gathered.facts.data
    );
    assert!(
        !ground.path("bad.ran").exists(),
        "{}",
        fs::read_to_string(ground.path("bad.ran")).unwrap_or_default()
    );
}

#[tokio::test]
async fn a_repository_of_another_user_is_told_and_not_read() {
    let ground = Ground::new();
    ground.repository("p");
    if std::os::unix::fs::chown(ground.path("p"), Some(12_345), None).is_err() {
        eprintln!("not run: giving a folder to another user takes root");
        return;
    }
    let gathered = ground.delete("p", &["src"]).await;
    let backups = &gathered.facts.backups;
    assert_eq!(backups.known, Known::Failed);
    assert!(backups.detail.starts_with("The repository belongs to another user"), "{backups:?}");
    let data = &gathered.facts.data;
    assert!(data.headline.starts_with("2 files, ") && data.detail.contains("another user"), "{data:?}");
}

#[tokio::test]
async fn a_broken_repository_is_told() {
    let ground = Ground::new();
    ground.repository("p");
    fs::write(ground.path("p/.git/index"), "rubbish").unwrap();
    let gathered = ground.delete("p", &["src"]).await;
    assert_eq!(gathered.facts.backups.known, Known::Failed);
    assert!(gathered.facts.backups.detail.starts_with("git says: "), "{:?}", gathered.facts.backups);
}

#[tokio::test]
async fn without_git_files_are_counted_and_backups_failed() {
    let ground = Ground::new();
    ground.repository("p");
    let (action, reading) = (ground.shell("p"), reading(&[(Verb::Delete, TargetKind::Path, "src")]));
    let git = Git::at(&ground.path("no-git-here"), &ground.home);
    let gathered = gather_with(&ground.question(&action, &reading), &git).await;
    assert!(gathered.facts.data.headline.starts_with("2 files, "));
    assert_eq!(gathered.facts.backups.known, Known::Failed);
}

/// The clock stands still and jumps to the next limit once nothing else can happen: no test waits for real.
#[tokio::test(start_paused = true)]
async fn a_git_that_hangs_is_a_failed_fact_and_not_a_hanging_card() {
    let mut ground = Ground::new();
    ground.repository("p");
    ground.environment("production", &[], &["x"], &[]);
    let git = Git::at(&program(&ground, "hang", "exec sleep 1000000"), &ground.home);
    let effects = [(Verb::Delete, TargetKind::Path, "src"), (Verb::Delete, TargetKind::GitRef, "main")];
    let (action, reading) = (ground.shell("p"), reading(&effects));
    let gathered = gather_with(&ground.question(&action, &reading), &git).await;
    let facts = &gathered.facts;
    let too_long = format!("Checking took longer than {} seconds.", limits::FACT.as_secs());
    for fact in [&facts.environment, &facts.data, &facts.backups] {
        assert_eq!((fact.known, fact.detail.as_str()), (Known::Failed, too_long.as_str()));
    }
}

#[tokio::test]
async fn a_git_that_nobody_waits_for_any_more_ends_with_all_it_started() {
    let ground = Ground::new();
    let pipe = ground.path("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).unwrap();
    let stub =
        program(&ground, "hang", &format!("exec 3>{}; echo up >&3; sleep 1000000 & wait", pipe.display()));
    let git = Git::at(&stub, &ground.home);
    let (up, is_up) = oneshot::channel();
    let reader = std::thread::spawn(move || {
        let mut pipe = fs::File::open(pipe).unwrap();
        let mut word = [0; 3];
        pipe.read_exact(&mut word).unwrap();
        up.send(()).unwrap();
        // Ends when the last process that holds the pipe has ended.
        pipe.read_to_end(&mut Vec::new()).unwrap()
    });
    tokio::select! {
        answer = git.read(&ground.home, &["rev-parse"]) => panic!("{answer:?}"),
        up = is_up => up.unwrap(),
    }
    assert_eq!(reader.join().unwrap(), 0);
}

#[tokio::test]
async fn what_git_writes_is_bounded() {
    let ground = Ground::new();
    let git = Git::at(&program(&ground, "loud", "exec cat /dev/zero"), &ground.home);
    assert_eq!(git.read(&ground.home, &["rev-parse"]).await, Err(Trouble::TooMuch));
    let git =
        Git::at(&program(&ground, "angry", "cat /dev/zero | head -c 9000000 >&2; exit 3"), &ground.home);
    assert!(matches!(git.read(&ground.home, &["rev-parse"]).await, Err(Trouble::Refused(_))));
}
