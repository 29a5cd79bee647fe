//! How much a deletion hits, and what survives it.

use std::os::unix::fs::symlink;

use sayso_core::card::Change;
use sayso_core::fact::{Known, Tone};
use sayso_core::reading::{TargetKind, Verb};

use super::ground::{Ground, reading};
use crate::{Gathered, quick};

fn texts(gathered: &Gathered) -> String {
    let facts = &gathered.facts;
    let of = |fact: &sayso_core::Fact| {
        format!("{} | {} | {:?} {:?}", fact.headline, fact.detail, fact.known, fact.tone)
    };
    format!("{}\n{}", of(&facts.data), of(&facts.backups))
}

#[tokio::test]
async fn a_folder_that_a_remote_has_is_told_as_safe() {
    let ground = Ground::new();
    ground.repository("code/shop");
    ground.pushed_to("code/shop", "origin.git");
    let gathered = ground.delete("code/shop", &["src"]).await;
    insta::assert_json_snapshot!("pushed", gathered_json(&gathered));
}

#[tokio::test]
async fn what_git_does_not_have_is_counted_by_kind() {
    let ground = Ground::new();
    ground.repository("code/shop");
    ground.pushed_to("code/shop", "origin.git");
    ground.write("code/shop/src/lib.rs", "changed\n");
    ground.write("code/shop/src/staged.rs", "new\n");
    ground.git("code/shop", "add src/staged.rs");
    ground.write("code/shop/src/new.rs", "not added\n");
    ground.write("code/shop/src/a.log", "ignored\n");
    let gathered = ground.delete("code/shop", &["src", "build"]).await;
    insta::assert_json_snapshot!("mixed", gathered_json(&gathered));
}

#[tokio::test]
async fn a_whole_repository_takes_its_history_with_it() {
    let ground = Ground::new();
    ground.repository("code/shop");
    ground.pushed_to("code/shop", "origin.git");
    ground.write("code/shop/src/second.rs", "second\n");
    ground.git("code/shop", "add -A");
    ground.git("code/shop", "commit -q -m second");
    ground.git("code/shop", "branch other");
    ground.settle("code/shop");
    let gathered = ground.delete("code", &["shop"]).await;
    let texts = texts(&gathered);
    assert!(
        texts.contains("4 tracked by git, none with uncommitted changes, 1 ignored, none untracked"),
        "{texts}"
    );
    assert!(texts.contains("Not for 2 files | 1 ignored by git and 1 committed here alone"), "{texts}");
    assert!(texts.contains("1 commit is on no remote and would be lost."), "{texts}");
    assert!(texts.contains("origin/main has") || texts.contains("origin has 3 files"), "{texts}");
}

#[tokio::test]
async fn a_commit_that_no_remote_has_stays_where_its_repository_stays() {
    let ground = Ground::new();
    ground.repository("p");
    let gathered = ground.delete("p", &["src"]).await;
    let texts = texts(&gathered);
    assert!(texts.contains("In git, here only | 2 files can be had back from this repository; there is no remote. | Checked Plain"), "{texts}");
}

#[tokio::test]
async fn a_remote_within_the_folder_that_goes_is_no_backup() {
    let ground = Ground::new();
    ground.repository("p");
    ground.git("p", "rm -q --cached .gitignore");
    ground.git("p", "commit -q -m less");
    std::fs::remove_dir_all(ground.path("p/build")).unwrap();
    ground.git("p", "init -q --bare backup.git");
    ground.git("p", "remote add origin ./backup.git");
    ground.git("p", "push -q origin main");
    ground.settle("p");
    let gathered = ground.delete(".", &["p"]).await;
    let backups = &gathered.facts.backups;
    assert_eq!((backups.headline.as_str(), backups.tone), ("Destroyed with it", Tone::Bad), "{backups:?}");
    assert!(
        backups.detail.contains("origin is ~/p/backup.git, which lies in what is deleted."),
        "{backups:?}"
    );
    // Seen from a deletion beside it, the same remote counts.
    let gathered = ground.delete("p", &["src"]).await;
    assert_eq!(gathered.facts.backups.headline, "On origin/main");
}

#[tokio::test]
async fn a_remote_that_is_not_there_any_more_is_no_backup() {
    let ground = Ground::new();
    ground.repository("p");
    ground.pushed_to("p", "origin.git");
    std::fs::remove_dir_all(ground.path("origin.git")).unwrap();
    let gathered = ground.delete(".", &["p"]).await;
    let backups = &gathered.facts.backups;
    assert_eq!((backups.headline.as_str(), backups.tone), ("None found", Tone::Bad), "{backups:?}");
    assert!(backups.detail.contains("origin should be at ~/origin.git, and is not."), "{backups:?}");
}

#[tokio::test]
async fn a_folder_outside_of_git_has_no_backup_that_we_know_of() {
    let ground = Ground::new();
    ground.write("notes/a.txt", "abc");
    ground.write("notes/deep/b.txt", "de");
    let gathered = ground.delete("notes", &["~/notes"]).await;
    insta::assert_json_snapshot!("outside", gathered_json(&gathered));
}

#[tokio::test]
async fn globs_braces_and_home_are_resolved_and_variables_are_told() {
    let ground = Ground::new();
    for name in ["a.txt", "b.txt", "c.md", ".hidden.txt"] {
        ground.write(&format!("n/{name}"), "1234");
    }
    let counted =
        async |names: &[&str]| texts(&ground.delete("n", names).await).lines().next().unwrap().to_owned();
    assert!(counted(&["*.txt"]).await.starts_with("2 files, 8 bytes |"));
    assert!(counted(&["{a,b}.txt", "*.txt", "./a.txt"]).await.starts_with("2 files, 8 bytes |"));
    assert!(counted(&["$HOME/n/c.md"]).await.starts_with("1 file, 4 bytes |"));
    assert!(counted(&["$PWD/*"]).await.starts_with("3 files, 12 bytes |"));
    let partly = counted(&["a.txt", "$OUT/*"]).await;
    assert!(partly.starts_with("At least 1 file, 4 bytes |"), "{partly}");
    assert!(
        partly.contains("“$OUT/*” holds a variable; nothing here can say what it stands for."),
        "{partly}"
    );
    let only = ground.delete("n", &["$OUT"]).await;
    assert_eq!((only.facts.data.known, only.facts.backups.known), (Known::Unknown, Known::Unknown));
    assert!(counted(&["~else/x"]).await.contains("another user's home"));
}

#[tokio::test]
async fn a_target_within_another_counts_once_and_one_that_is_missing_is_told() {
    let ground = Ground::new();
    ground.write("n/d/a", "12");
    let gathered = ground.delete("n", &["d", "d/a", "../n/d", "nope"]).await;
    let texts = texts(&gathered);
    assert!(texts.starts_with("1 file, 2 bytes | None of it is in git. ~/n/nope is not there."), "{texts}");
    let none = ground.delete("n", &["nope"]).await;
    assert_eq!(none.facts.data.headline, "Nothing there");
    assert_eq!(none.facts.backups.headline, "Nothing to lose");
}

#[tokio::test]
async fn a_link_is_what_goes_and_what_it_leads_to_is_what_is_written() {
    let ground = Ground::new();
    ground.write("real/big.txt", "0123456789");
    symlink("real", ground.path("link")).unwrap();
    symlink("real/big.txt", ground.path("file")).unwrap();
    let gathered = ground.delete(".", &["link"]).await;
    let data = &gathered.facts.data;
    assert!(data.headline.starts_with("1 file, "), "{data:?}");
    assert!(
        data.detail
            .contains("~/link is a link that leads to ~/real: the link goes, and what it leads to stays.")
    );
    let gathered = ground.delete(".", &["link/*"]).await;
    assert_eq!(gathered.facts.data.headline, "1 file, 10 bytes");
    let gathered = ground.ask(&ground.shell("."), &[(Verb::Overwrite, TargetKind::Path, "file")]).await;
    assert_eq!(gathered.facts.data.headline, "1 file, 10 bytes");
    assert!(
        matches!(&gathered.changes[0], Change::Note { text } if text.contains("leads to ~/real/big.txt"))
    );
}

#[tokio::test]
async fn repositories_within_a_folder_answer_for_their_own_files() {
    let ground = Ground::new();
    ground.repository("code/one");
    ground.repository("code/two");
    ground.pushed_to("code/two", "two.git");
    ground.write("code/loose.txt", "x");
    let gathered = ground.delete(".", &["code"]).await;
    let texts = texts(&gathered);
    assert!(texts.contains("6 tracked by git, none with uncommitted changes, 2 ignored, none untracked, 1 outside of any repository"), "{texts}");
    // `one` has no remote: its three files and its commit are lost.
    assert!(
        texts.contains(
            "2 ignored by git, 1 outside of git and 3 committed here alone: no other copy is known."
        ),
        "{texts}"
    );
    assert!(texts.contains("origin/main has 3 files"), "{texts}");
}

#[tokio::test]
async fn a_single_ignored_or_tracked_file_is_told_apart() {
    let ground = Ground::new();
    ground.repository("p");
    let of = async |name: &str| texts(&ground.delete("p", &[name]).await);
    let ignored = of("build/out.bin").await;
    assert!(ignored.contains("None tracked by git, 1 ignored, none untracked."), "{ignored}");
    let tracked = of("src/main.rs").await;
    assert!(tracked.contains("1 tracked by git, none with uncommitted changes"), "{tracked}");
}

#[tokio::test]
async fn a_file_whose_times_say_nothing_is_compared_by_its_bytes() {
    let ground = Ground::new();
    ground.repository("p");
    // As after a copy of the whole folder: every time differs, no byte does.
    ground.write("p/src/lib.rs", "pub fn one() {}\n".repeat(100));
    // Of the same length, so that only its bytes tell.
    ground.write("p/src/main.rs", "fn niam() {}\n");
    let gathered = ground.delete("p", &["src"]).await;
    assert!(
        texts(&gathered).contains("2 tracked by git, 1 with uncommitted changes"),
        "{}",
        texts(&gathered)
    );
}

#[tokio::test]
async fn a_repository_without_a_commit_has_nothing_committed() {
    let ground = Ground::new();
    ground.write("p/a", "x");
    ground.git("p", "init -q -b main");
    ground.git("p", "add -A");
    let gathered = ground.delete("p", &["a"]).await;
    assert!(texts(&gathered).contains("1 with uncommitted changes"), "{}", texts(&gathered));
    assert_eq!(gathered.facts.backups.headline, "None found");
    assert_eq!(gathered.branch.as_deref(), Some("main"));
}

#[tokio::test]
async fn a_name_in_any_bytes_is_counted_and_shown_as_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let ground = Ground::new();
    ground.repository("p");
    let odd = std::ffi::OsStr::from_bytes(b"p/src/\xff\n\xe2\x80\xae.rs");
    std::fs::write(ground.home.join(odd), "x").unwrap();
    ground.git("p", "add -A");
    ground.git("p", "commit -q -m odd");
    ground.settle("p");
    let gathered = ground.delete("p", &["src"]).await;
    assert!(texts(&gathered).contains("3 tracked by git, none with uncommitted"), "{}", texts(&gathered));
    let Some(Change::Outline(outline)) = gathered.changes.first() else { panic!("{:?}", gathered.changes) };
    assert!(outline.rows.iter().all(|row| !row.name.contains(['\n', '\u{202e}'])), "{outline:?}");
}

#[tokio::test]
async fn a_large_folder_is_listed_by_its_largest_entries_and_the_rest_is_counted() {
    let ground = Ground::new();
    for i in 0..40u32 {
        ground.write(&format!("n/f{i:02}"), vec![0; i as usize]);
    }
    let gathered = ground.delete(".", &["n"]).await;
    let Some(Change::Outline(outline)) = gathered.changes.first() else { panic!("{:?}", gathered.changes) };
    assert_eq!(outline.rows[1].name, "f39");
    let last = outline.rows.last().unwrap();
    assert_eq!((last.name.as_str(), last.size.as_str()), ("28 more", "378 bytes"));
}

/// A repository with what a build makes: by npm, by cargo and by Python.
fn built(ground: &Ground, folder: &str) {
    let write = |path: &str, content: &str| ground.write(&format!("{folder}/{path}"), content);
    write(".gitignore", "node_modules/\n/target/\n.venv/\n__pycache__/\n.env\nnotes/\n");
    write("package.json", "{}");
    write("package-lock.json", "{}");
    write("Cargo.toml", "[package]");
    write("requirements.txt", "flask");
    write("app/main.py", "pass");
    ground.git(folder, "init -q -b main");
    ground.git(folder, "add -A");
    ground.git(folder, "commit -q -m first");
    write("node_modules/left-pad/index.js", "x");
    write("node_modules/left-pad/node_modules/deep/dist/a.js", "x");
    write("packages/web/node_modules/b.js", "x");
    write("target/debug/app", "0123456789");
    write(".venv/pyvenv.cfg", "home = /usr");
    write(".venv/lib/flask.py", "x");
    write("app/__pycache__/main.cpython-311.pyc", "x");
    write(".env", "TOKEN=1");
    ground.settle(folder);
}

#[tokio::test]
async fn what_a_build_makes_again_is_told_with_the_command_that_makes_it() {
    let ground = Ground::new();
    built(&ground, "p");
    let gathered = ground.delete("p", &["node_modules"]).await;
    let (data, backups) = (&gathered.facts.data, &gathered.facts.backups);
    assert_eq!(data.headline, "2 files, 2 bytes");
    assert_eq!(data.detail, "None tracked by git, 2 ignored, none untracked. All made again by `npm ci`.");
    assert_eq!((backups.headline.as_str(), backups.tone), ("Nothing to lose", Tone::Plain), "{backups:?}");
    assert_eq!(backups.detail, "All made again by `npm ci`.");
    let all = ground.delete("p", &["node_modules", "packages", "target", ".venv", "app/__pycache__"]).await;
    let texts = texts(&all);
    assert!(
        texts.contains("All made again: 3 by `npm ci`, 2 by `pip install -r requirements.txt`, 1 by `cargo build` and 1 by `python`."),
        "{texts}"
    );
    // A part of such a folder is as well.
    let part = ground.delete("p", &["node_modules/left-pad/index.js"]).await;
    assert_eq!(
        part.facts.data.detail,
        "None tracked by git, 1 ignored, none untracked. It is made again by `npm ci`."
    );
}

#[tokio::test]
async fn what_nobody_makes_again_is_counted_beside_what_a_build_does() {
    let ground = Ground::new();
    built(&ground, "p");
    ground.pushed_to("p", "p.git");
    let gathered = ground.delete(".", &["p"]).await;
    let (data, backups) = (&gathered.facts.data, &gathered.facts.backups);
    assert!(data.detail.contains("7 of them are made again: 3 by `npm ci`"), "{data:?}");
    assert!(data.detail.contains("As far as git knows, 1 file (7 bytes) is nowhere else."), "{data:?}");
    assert_eq!((backups.headline.as_str(), backups.tone), ("Not for 1 file", Tone::Bad), "{backups:?}");
    assert!(backups.detail.starts_with("1 ignored by git: no other copy is known."), "{backups:?}");
    // Git throws it away just the same.
    let action = ground.script("p", "git clean -fdX");
    let thrown = ground.ask(&action, &[(Verb::Delete, TargetKind::Path, ".")]).await.facts.data;
    assert!(
        thrown.detail.contains("Git would throw away 1 ignored by git and 7 made by a build"),
        "{thrown:?}"
    );
}

#[tokio::test]
async fn a_name_alone_makes_nothing_again() {
    let ground = Ground::new();
    built(&ground, "p");
    // Without a remote the lock file goes with the folder.
    let whole = texts(&ground.delete(".", &["p"]).await);
    assert!(!whole.contains("made again"), "{whole}");
    assert!(whole.contains("8 ignored by git"), "{whole}");
    // A lock file that is not committed may be a wish.
    ground.git("p", "rm -q --cached package-lock.json");
    let wish = texts(&ground.delete("p", &["node_modules"]).await);
    assert!(wish.contains("2 ignored by git: no other copy is known."), "{wish}");
    // A folder that git does not ignore holds somebody's own work.
    ground.write("p/dist/own.js", "x");
    ground.write("p/tsconfig.json", "{}");
    ground.git("p", "add tsconfig.json");
    ground.git("p", "commit -q -m more");
    let own = texts(&ground.delete("p", &["dist"]).await);
    assert!(own.contains("1 untracked: no other copy is known."), "{own}");
    std::fs::remove_file(ground.path("p/.venv/pyvenv.cfg")).unwrap();
    let named_so = texts(&ground.delete("p", &[".venv"]).await);
    assert!(named_so.contains("1 ignored by git: no other copy is known."), "{named_so}");
}

#[tokio::test]
async fn what_nothing_here_can_check_says_so() {
    let ground = Ground::new();
    for text in [
        r#"{"kind":"sql","statement":"drop table users"}"#,
        r#"{"kind":"http","method":"DELETE","url":"http://h/"}"#,
        r#"{"kind":"mcp","server":"s","tool":"t"}"#,
        r#"{"kind":"custom","title":"t","payload":{}}"#,
    ] {
        let action = sayso_core::strict::parse(text.as_bytes()).unwrap();
        let gathered = ground.ask(&action, &[(Verb::Delete, TargetKind::Table, "users")]).await;
        for fact in [&gathered.facts.data, &gathered.facts.backups] {
            assert_eq!(fact.known, Known::Unknown);
            assert!(fact.detail.starts_with("Nothing here can check "), "{fact:?}");
        }
        assert!(
            matches!(&gathered.changes[..], [Change::Note { text }] if text.starts_with("Nothing here can show"))
        );
        let first = quick(&ground.question(&action, &reading(&[])));
        assert!(first.facts.settled());
    }
    let gathered = ground.ask(&ground.shell("."), &[(Verb::Delete, TargetKind::Volume, "pg-data")]).await;
    assert_eq!(gathered.facts.data.detail, "Nothing here can check what “pg-data” holds.");
    let gathered = ground.ask(&ground.shell("."), &[]).await;
    assert_eq!(gathered.facts.backups.detail, "Nothing here can check what this command would hit.");
    // Beside files that can be checked, it keeps the sum from looking complete.
    ground.write("a", "x");
    let both = [(Verb::Delete, TargetKind::Path, "a"), (Verb::Delete, TargetKind::Bucket, "logs")];
    let gathered = ground.ask(&ground.shell("."), &both).await;
    assert!(gathered.facts.data.headline.starts_with("At least 1 file"));
    assert!(gathered.facts.backups.detail.contains("Nothing here can check what “logs” holds."));
}

fn gathered_json(gathered: &Gathered) -> serde_json::Value {
    serde_json::json!({
        "facts": gathered.facts,
        "changes": gathered.changes,
        "folder": gathered.folder,
        "branch": gathered.branch,
    })
}
