//! What git's own actions take away.

use sayso_core::card::Change;
use sayso_core::fact::{Known, Tone};
use sayso_core::reading::TargetKind::{GitRef, GitRepository, Path};
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
    assert_eq!(gathered.facts.backups.headline, "Nothing lost", "{:?}", gathered.facts.backups);
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
    for name in ["main", "origin/main", "origin main", "+main", "HEAD:main", "+x:main", "the current branch"]
    {
        let gathered = ground.ask(&ground.push("p"), &[(Verb::Overwrite, GitRef, name)]).await;
        assert_eq!(gathered.facts.data.headline, "2 commits", "{name}");
        assert_eq!(gathered.facts.backups.headline, "None found", "{name}");
    }
}

#[tokio::test]
async fn the_commits_that_go_are_listed_with_what_each_changed() {
    let ground = two_commits_ahead();
    let gathered = ground.ask(&ground.shell("p"), &[(Verb::Delete, GitRef, "feature")]).await;
    let Some(Change::Outline(outline)) = gathered.changes.first() else { panic!("{:?}", gathered.changes) };
    let rows: Vec<(u8, &str, &str, &str)> = outline
        .rows
        .iter()
        .map(|row| {
            let name = if row.depth == 0 { row.name.as_str() } else { row.name.split_once(' ').unwrap().1 };
            (row.depth, name, row.size.as_str(), row.note.split(',').next().unwrap())
        })
        .collect();
    assert_eq!(
        rows,
        [(0, "feature", "", "2 commits"), (1, "two", "+1 −0", "1 file"), (1, "one", "+1 −0", "1 file")]
    );
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
    let top = ground.path("p").display().to_string();
    for script in ["git stash drop", "git stash clear"] {
        let gathered = ground.ask(&ground.script("p", script), &[(Verb::Delete, GitRepository, &top)]).await;
        assert_eq!(gathered.facts.data.headline, "1 stash", "{script}");
        assert_eq!(gathered.facts.backups.tone, Tone::Bad);
    }
}

#[tokio::test]
async fn of_a_folder_that_git_cleans_or_resets_only_that_counts_which_git_throws_away() {
    let ground = two_commits_ahead();
    let of = async |script: &str, verb: Verb| {
        let action = ground.script("p", script);
        let top = ground.path("p").display().to_string();
        let gathered = ground.ask(&action, &[(verb, Path, &top)]).await;
        let facts = gathered.facts;
        let listed = gathered.changes.iter().filter(|change| matches!(change, Change::Outline(_))).count();
        (facts.data.headline, facts.data.detail, facts.backups.headline, listed)
    };
    let (headline, detail, backups, changes) = of("git reset --hard", Verb::Overwrite).await;
    assert_eq!((headline.as_str(), backups.as_str(), changes), ("0 files, 0 bytes", "Nothing to lose", 0));
    assert_eq!(detail, "Nothing is there that git would throw away.");
    ground.write("p/src/main.rs", "changed");
    ground.write("p/new", "new");
    let (headline, detail, backups, changes) = of("git reset --hard", Verb::Overwrite).await;
    assert_eq!((headline.as_str(), backups.as_str(), changes), ("1 file, 7 bytes", "None found", 1));
    assert_eq!(detail, "Git would throw away 1 with uncommitted changes; all else stays.");
    let (headline, detail, ..) = of("git clean -fdx", Verb::Delete).await;
    assert_eq!(headline, "2 files, 5.0 kB");
    assert_eq!(detail, "Git would throw away 1 ignored by git and 1 untracked; all else stays.");
    // Beside a command that hits files itself, all that is named counts.
    let (headline, ..) = of("git clean -fdx; rm -rf .", Verb::Delete).await;
    assert_ne!(headline, "2 files, 5.0 kB");
}

#[tokio::test]
async fn a_hard_reset_to_elsewhere_counts_the_commits_it_leaves_behind() {
    let ground = two_commits_ahead();
    ground.git("p", "switch -q feature");
    let top = ground.path("p").display().to_string();
    let action = ground.script("p", "git reset --hard origin/main");
    let gathered = ground.ask(&action, &[(Verb::Overwrite, Path, &top)]).await;
    assert_eq!(gathered.facts.backups.headline, "Not for every commit", "{:?}", gathered.facts.backups);
    assert!(
        gathered.facts.data.detail.contains("feature has 2 commits that no other branch, tag or remote has.")
    );
}

#[tokio::test]
async fn a_rebase_and_a_filter_tell_the_commits_that_nothing_else_has() {
    let ground = two_commits_ahead();
    ground.git("p", "switch -q feature");
    let top = ground.path("p").display().to_string();
    let of = async |script: &str, verb: Verb| {
        let gathered = ground.ask(&ground.script("p", script), &[(verb, GitRepository, &top)]).await;
        (gathered.facts.data.headline, gathered.facts.backups.headline, gathered.facts.backups.detail)
    };
    let (data, backups, _) = of("git rebase main", Verb::Change).await;
    assert_eq!((data.as_str(), backups.as_str()), ("At most 2 commits", "None found"));
    let (data, backups, detail) = of("git filter-branch --all", Verb::Delete).await;
    assert_eq!((data.as_str(), backups.as_str()), ("3 commits", "None found"));
    assert_eq!(detail, "2 commits as they are now are on no remote.");
    let (.., detail) = of("git rebase main && git gc --prune=now", Verb::Delete).await;
    assert!(detail.contains("Nothing here can check what git's own records"), "{detail}");
    ground.git("p", "push -q origin feature");
    let (_, backups, detail) = of("git filter-repo --path x", Verb::Delete).await;
    assert_eq!(backups, "Nothing lost");
    assert_eq!(detail, "Every commit as it is now is on a remote, as of the last fetch or push.");
}

#[tokio::test]
async fn a_plain_push_says_how_much_goes_out_and_takes_nothing_away() {
    let ground = two_commits_ahead();
    for (name, headline) in
        [("feature", "2 commits"), ("feature:main", "2 commits"), ("the current branch", "0 commits")]
    {
        let gathered = ground.ask(&ground.push("p"), &[(Verb::Publish, GitRef, name)]).await;
        assert_eq!(gathered.facts.data.headline, headline, "{name}");
        assert_eq!(gathered.facts.backups.headline, "Nothing lost");
    }
}

#[tokio::test]
async fn what_git_does_to_its_own_records_is_not_guessed_at() {
    let ground = two_commits_ahead();
    let top = ground.path("p").display().to_string();
    let gathered =
        ground.ask(&ground.script("p", "git gc --prune=now"), &[(Verb::Delete, GitRepository, &top)]).await;
    assert_eq!(gathered.facts.backups.known, Known::Unknown);
    assert_eq!(
        gathered.facts.data.detail,
        "Nothing here can check what git's own records in ~/p would lose."
    );
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
