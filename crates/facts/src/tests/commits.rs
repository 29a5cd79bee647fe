//! What git's own actions take away.

use sayso_core::fact::{Known, Tone};
use sayso_core::reading::TargetKind::{GitRef, GitRepository};
use sayso_core::reading::Verb;

use super::ground::Ground;

fn two_commits_ahead() -> Ground {
    let ground = Ground::new();
    ground.repository("p");
    ground.pushed_to("p", "origin.git");
    ground.git("p", "switch -q -c feature");
    for name in ["one", "two"] {
        ground.write(&format!("p/{name}"), name);
        ground.git("p", "add -A");
        ground.git("p", &format!("commit -q -m {name}"));
    }
    ground.git("p", "switch -q main");
    ground.settle("p");
    ground
}

#[tokio::test]
async fn commits_of_a_branch_that_nothing_else_has_would_be_lost_with_it() {
    let ground = two_commits_ahead();
    let gathered = ground.ask(&ground.shell("p"), &[(Verb::Delete, GitRef, "feature")]).await;
    assert_eq!(gathered.facts.data.headline, "2 commits");
    let backups = &gathered.facts.backups;
    assert_eq!((backups.headline.as_str(), backups.tone), ("None found", Tone::Bad));
    ground.git("p", "branch copy feature");
    let gathered = ground.ask(&ground.shell("p"), &[(Verb::Delete, GitRef, "refs/heads/feature")]).await;
    assert_eq!(gathered.facts.backups.headline, "Kept elsewhere", "{:?}", gathered.facts.backups);
}

#[tokio::test]
async fn a_reset_of_the_branch_that_is_checked_out_counts_its_own_commits() {
    let ground = two_commits_ahead();
    ground.git("p", "switch -q feature");
    for name in ["HEAD", "feature"] {
        let gathered = ground.ask(&ground.shell("p"), &[(Verb::Overwrite, GitRef, name)]).await;
        assert_eq!(gathered.facts.data.headline, "At most 2 commits", "{name}");
        assert_eq!(gathered.facts.backups.tone, Tone::Bad);
    }
}

#[tokio::test]
async fn a_forced_push_drops_what_only_the_remote_has() {
    let ground = two_commits_ahead();
    ground.git("p", "push -q origin feature:main");
    ground.git("p", "branch -q -D feature");
    ground.git("p", "remote set-head origin main");
    for name in ["main", "origin/main", "origin main", "+main"] {
        let gathered = ground.ask(&ground.push("p"), &[(Verb::Overwrite, GitRef, name)]).await;
        assert_eq!(gathered.facts.data.headline, "2 commits", "{name}");
        assert_eq!(gathered.facts.backups.headline, "None found", "{name}");
    }
}

#[tokio::test]
async fn a_dropped_stash_has_no_backup() {
    let ground = two_commits_ahead();
    ground.write("p/src/main.rs", "changed");
    ground.git("p", "stash -q");
    let gathered = ground.ask(&ground.shell("p"), &[(Verb::Delete, GitRef, "stash@{0}")]).await;
    assert_eq!(gathered.facts.data.headline, "1 stash");
    assert_eq!(gathered.facts.data.detail, "stash@{0} holds changes of 1 file.");
    assert_eq!(gathered.facts.backups.headline, "None found");
}

#[tokio::test]
async fn a_working_tree_that_is_reset_or_cleaned_is_counted() {
    let ground = two_commits_ahead();
    let gathered = ground.ask(&ground.shell("p"), &[(Verb::Change, GitRepository, ".")]).await;
    assert_eq!(gathered.facts.data.headline, "0 files with uncommitted changes");
    assert_eq!(gathered.facts.backups.headline, "Kept elsewhere");
    ground.write("p/src/main.rs", "changed");
    ground.write("p/new", "new");
    let top = ground.path("p").display().to_string();
    let gathered = ground.ask(&ground.shell("."), &[(Verb::Delete, GitRepository, &top)]).await;
    assert_eq!(gathered.facts.data.headline, "1 file with uncommitted changes");
    assert!(gathered.facts.data.detail.contains("In ~/p 1 are untracked and 1 ignored."));
    assert_eq!(gathered.facts.backups.tone, Tone::Bad);
}

#[tokio::test]
async fn a_reference_that_is_not_known_and_one_that_looks_like_an_option_are_told() {
    let ground = two_commits_ahead();
    for name in ["nope", "--output=/tmp/x", "stash@{7}", "a b..c", ""] {
        let gathered = ground.ask(&ground.shell("p"), &[(Verb::Delete, GitRef, name)]).await;
        assert_eq!(gathered.facts.data.known, Known::Unknown, "{name}: {:?}", gathered.facts.data);
        assert!(gathered.facts.data.detail.contains("is not a reference that this repository knows."));
    }
    let gathered = ground.ask(&ground.shell("."), &[(Verb::Delete, GitRef, "main")]).await;
    assert_eq!(gathered.facts.data.detail, "No repository was found for “main”.");
}
