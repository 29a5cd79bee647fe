//! What a file edit would change.

use std::os::unix::fs::symlink;

use sayso_core::Digest;
use sayso_core::card::{Change, Diff, Ink, LineMark};

use super::ground::Ground;

fn diff(changes: &[Change]) -> &Diff {
    changes.iter().find_map(|change| if let Change::Diff(diff) = change { Some(diff) } else { None }).unwrap()
}

fn notes(changes: &[Change]) -> Vec<&str> {
    changes
        .iter()
        .filter_map(|change| if let Change::Note { text } = change { Some(text.as_str()) } else { None })
        .collect()
}

/// `-1 old`, `+1 new`, ` 2 same`, with the words that differ in brackets.
fn lines(diff: &Diff) -> Vec<String> {
    let line = |line: &sayso_core::card::DiffLine| {
        let (sign, number) = match line.mark {
            LineMark::Same => (' ', line.new),
            LineMark::Removed => ('-', line.old),
            LineMark::Added => ('+', line.new),
        };
        let piece =
            |p: &sayso_core::card::Piece| if p.changed { format!("[{}]", p.text) } else { p.text.clone() };
        format!("{sign}{} {}", number.unwrap(), line.pieces.iter().map(piece).collect::<String>())
    };
    diff.hunks.iter().flat_map(|hunk| &hunk.lines).map(line).collect()
}

#[tokio::test]
async fn an_edit_shows_what_is_on_disk_against_what_would_be_word_by_word_and_in_colour() {
    let ground = Ground::new();
    ground.repository("p");
    ground.write("p/src/main.rs", "// one\nfn main() {\n    let limit = 10;\n    run(limit);\n}\n");
    let edit = r#""change":{"replace":{"old":"limit = 10","new":"limit = 10_000","all":false}}"#;
    let gathered = ground.ask(&ground.edit("p/src/main.rs", edit), &[]).await;
    insta::assert_json_snapshot!("edit", gathered.changes);
    let diff = diff(&gathered.changes);
    assert_eq!(diff.language, "Rust");
    assert!(lines(diff).contains(&"-3     let limit = [10];".to_owned()), "{:?}", lines(diff));
    assert!(lines(diff).contains(&"+3     let limit = [10_000];".to_owned()), "{:?}", lines(diff));
    let inks: Vec<Ink> =
        diff.hunks[0].lines.iter().flat_map(|line| &line.pieces).map(|piece| piece.ink).collect();
    assert!(inks.contains(&Ink::Comment) && inks.contains(&Ink::Keyword) && inks.contains(&Ink::Number));
    assert_eq!(gathered.facts.data.headline, "1 file, 57 bytes");
    assert_eq!(gathered.facts.backups.headline, "None found");
}

#[tokio::test]
async fn a_patch_is_applied_and_one_that_does_not_apply_is_told() {
    let ground = Ground::new();
    ground.write("a.txt", "one\ntwo\nthree\n");
    let patch = r#""change":{"patch":"--- a\n+++ b\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"}"#;
    let gathered = ground.ask(&ground.edit("a.txt", patch), &[]).await;
    assert_eq!(lines(diff(&gathered.changes)), [" 1 one", "-2 two", "+2 2", " 3 three"]);
    ground.write("a.txt", "other\n");
    let gathered = ground.ask(&ground.edit("a.txt", patch), &[]).await;
    assert_eq!(
        notes(&gathered.changes),
        ["The patch does not apply to what is on disk, so this edit would fail."]
    );
    let gathered = ground.ask(&ground.edit("a.txt", r#""change":{"patch":"what"}"#), &[]).await;
    assert!(notes(&gathered.changes)[0].starts_with("The patch "), "{:?}", gathered.changes);
}

#[tokio::test]
async fn a_replacement_must_have_one_place() {
    let ground = Ground::new();
    ground.write("a.txt", "x\ny\nx\n");
    let of = async |old: &str, all: bool| {
        let edit = format!(r#""change":{{"replace":{{"old":"{old}","new":"z","all":{all}}}}}"#);
        ground.ask(&ground.edit("a.txt", &edit), &[]).await.changes
    };
    assert_eq!(
        notes(&of("x", false).await),
        ["The text to replace is in the file 2 times, so this edit does not apply."]
    );
    assert_eq!(
        notes(&of("q", false).await),
        ["The text to replace is not in the file, so this edit does not apply."]
    );
    assert_eq!(notes(&of("", true).await), ["The text to replace is empty, so this edit does not apply."]);
    assert_eq!(lines(diff(&of("x", true).await)).len(), 5);
}

#[tokio::test]
async fn a_file_that_is_no_longer_what_the_agent_read_is_told() {
    let ground = Ground::new();
    ground.write("a.txt", "now\n");
    let of = async |believed: &[u8]| {
        let edit = format!(r#""before":"{}","change":{{"content":"then\n"}}"#, Digest::of_bytes(believed));
        ground.ask(&ground.edit("a.txt", &edit), &[]).await.changes
    };
    assert!(notes(&of(b"now\n").await).is_empty());
    let changed = of(b"earlier\n").await;
    assert_eq!(notes(&changed), ["The file is no longer what the agent read: it has changed since."]);
    assert_eq!(lines(diff(&changed)), ["-1 now", "+1 then"]);
}

#[tokio::test]
async fn a_new_file_has_nothing_to_lose() {
    let ground = Ground::new();
    let gathered = ground.ask(&ground.edit("new.py", r#""change":{"content":"x = 1\n"}"#), &[]).await;
    assert_eq!(lines(diff(&gathered.changes)), ["+1 x = 1"]);
    assert_eq!(gathered.facts.data.headline, "New file");
    assert_eq!(gathered.facts.backups.headline, "Nothing to lose");
}

#[tokio::test]
async fn a_link_is_followed_and_told() {
    let ground = Ground::new();
    ground.write("real.txt", "a\n");
    symlink("real.txt", ground.path("link.txt")).unwrap();
    symlink("nowhere", ground.path("broken")).unwrap();
    let gathered = ground.ask(&ground.edit("link.txt", r#""change":{"content":"b\n"}"#), &[]).await;
    assert_eq!(
        notes(&gathered.changes),
        ["~/link.txt is a link that leads to ~/real.txt: that is what would be written."]
    );
    assert_eq!(lines(diff(&gathered.changes)), ["-1 a", "+1 b"]);
    let gathered = ground.ask(&ground.edit("broken", r#""change":{"content":"b\n"}"#), &[]).await;
    assert_eq!(notes(&gathered.changes), ["~/broken is a link that leads to nowhere, which is not there."]);
}

#[tokio::test]
async fn what_is_no_text_or_no_file_is_told_in_words_and_a_pipe_is_not_waited_for() {
    let ground = Ground::new();
    ground.write("bin", b"\x00\x01\xff");
    ground.write("folder/a", "x");
    rustix::fs::mkfifoat(rustix::fs::CWD, ground.path("pipe"), 0o600.into()).unwrap();
    let of = async |path: &str| {
        let action = ground.edit(path, r#""change":{"content":"text"}"#);
        let gathered = crate::gather(&ground.question(&action, &super::ground::reading(&[]))).await;
        notes(&gathered.changes).join(" ")
    };
    assert_eq!(of("bin").await, "~/bin is not text. Its 3 bytes would be replaced by 4 bytes of text.");
    assert_eq!(of("folder").await, "~/folder cannot be shown: it is a folder.");
    assert_eq!(of("pipe").await, "~/pipe cannot be shown: it is not a regular file.");
    assert!(
        ground.ask(&ground.edit("bin", r#""change":{"delete":{}}"#), &[]).await.facts.data.headline
            == "1 file, 3 bytes"
    );
}

#[tokio::test]
async fn what_cannot_be_seen_is_shown_and_a_line_is_never_shortened_in_silence() {
    let ground = Ground::new();
    ground.write("a.rs", "let admin = false;\n");
    let hidden = r#""change":{"content":"let admin = \u202etrue;\n"}"#;
    let gathered = ground.ask(&ground.edit("a.rs", hidden), &[]).await;
    let shown = lines(diff(&gathered.changes)).join("\n");
    assert!(!shown.contains('\u{202e}') && shown.contains("202E"), "{shown}");

    let long = format!(r#""change":{{"content":"{}"}}"#, "x".repeat(10_000));
    let gathered = ground.ask(&ground.edit("b.txt", &long), &[]).await;
    assert!(lines(diff(&gathered.changes))[0].ends_with("[ ⟦6,000 more characters⟧]"));

    // However long: what is shown of it stays as short.
    let longest = format!(r#""change":{{"content":"{}"}}"#, "x ".repeat(1 << 18));
    let gathered = ground.ask(&ground.edit("d.txt", &longest), &[]).await;
    let shown = lines(diff(&gathered.changes));
    assert!(shown.iter().map(String::len).sum::<usize>() < 20_000);
    assert!(shown[0].ends_with("[ ⟦520,288 more characters⟧]"), "{:.200}", shown[0]);

    let many = format!(r#""change":{{"content":"{}"}}"#, "x\\n".repeat(5000));
    let gathered = ground.ask(&ground.edit("c.txt", &many), &[]).await;
    let diff = diff(&gathered.changes);
    assert_eq!(lines(diff).len(), sayso_core::limits::CARD_DIFF_LINES);
    assert_eq!(diff.rest, "1,000 more lines that change are not shown");
}

#[tokio::test]
async fn line_ends_show_where_they_change_and_not_where_they_are_the_rule() {
    let ground = Ground::new();
    ground.write("a.txt", "one\r\ntwo\r\n");
    let of = async |content: &str| {
        let action = ground.edit("a.txt", &format!(r#""change":{{"content":"{content}"}}"#));
        ground.ask(&action, &[]).await.changes
    };
    assert_eq!(lines(diff(&of(r"one\r\n2\r\n").await)), [" 1 one", "-2 two", "+2 2"]);
    let to_unix = lines(diff(&of(r"one\ntwo\n").await)).join("|");
    assert!(to_unix.contains("000D"), "{to_unix}");
    assert_eq!(notes(&of(r"one\r\ntwo").await), ["The last line loses its line end."]);
}

#[tokio::test]
async fn a_secret_is_hidden_and_its_change_still_shows() {
    let ground = Ground::new();
    let (old, new) = (format!("ghp_{}", "a1".repeat(18)), format!("ghp_{}", "b2".repeat(18)));
    ground.write("a.env", format!("NAME=x\nTOKEN={old}\n"));
    let edit = format!(r#""change":{{"content":"NAME=x\nTOKEN={new}\n"}}"#);
    let gathered = ground.ask(&ground.edit("a.env", &edit), &[]).await;
    let shown = lines(diff(&gathered.changes));
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown.iter().all(|line| !line.contains(&old) && !line.contains(&new)), "{shown:?}");
}
