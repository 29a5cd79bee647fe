//! Files, disks, accounts, services, processes and protections on a command line: what is done to what, and how bad.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use sayso_core::reading::{Reading, Verb};
use sayso_core::{Action, Severity, strict};
use sayso_reading::read;
use serde_json::json;

use Severity::{Critical, High, Low, None};

fn reading(script: &str) -> Reading {
    let json = json!({"kind":"shell","script":script,"cwd":"/home/dev/project"});
    let action: Action = strict::parse(json.to_string().as_bytes()).unwrap();
    read(&action)
}

fn all_are(severity: Severity, scripts: &[&str]) {
    for script in scripts {
        let reading = reading(script);
        assert_eq!(reading.severity, severity, "{script}: {} {:?}", reading.sentence, reading.unread);
    }
}

#[test]
fn an_effect_names_the_path_and_the_sentence_says_it() {
    for (script, severity, verb, target, sentence) in [
        ("rm notes.txt", High, Verb::Delete, "/home/dev/project/notes.txt", "Delete notes.txt"),
        ("rm -rf src", High, Verb::Delete, "/home/dev/project/src", "Delete the folder src"),
        ("rm -rf build", Low, Verb::Delete, "/home/dev/project/build", "Delete the folder build"),
        ("rm -rf /", Critical, Verb::Delete, "/", "Delete everything on this machine"),
        ("rm -rf ~", Critical, Verb::Delete, "~", "Delete the whole home folder"),
        ("rm -rf .", Critical, Verb::Delete, "/home/dev/project", "Delete everything in this folder"),
        ("rm -rf /etc", Critical, Verb::Delete, "/etc", "Delete /etc, a whole folder of the system"),
        ("mv a b", Low, Verb::Overwrite, "/home/dev/project/b", "Move a to b"),
        ("cp a /etc/motd", High, Verb::Overwrite, "/etc/motd", "Copy a to /etc/motd"),
        ("truncate -s 0 x", High, Verb::Overwrite, "/home/dev/project/x", "Truncate x"),
        ("shred -u x", High, Verb::Delete, "/home/dev/project/x", "Shred x"),
        ("dd if=x of=/dev/sda", Critical, Verb::Overwrite, "/dev/sda", "Overwrite /dev/sda"),
        ("sed -i s/a/b/ x", Low, Verb::Change, "/home/dev/project/x", "Change x"),
        ("wipefs -a /dev/sda", Critical, Verb::Delete, "/dev/sda", "Wipe the signatures of /dev/sda"),
        ("systemctl stop nginx", High, Verb::StopService, "nginx", "Stop the service nginx"),
        ("userdel bob", Critical, Verb::Delete, "bob", "Delete the account bob"),
        ("rclone purge r:x", Critical, Verb::Delete, "r:x", "Delete everything in r:x"),
        ("restic forget latest", Critical, Verb::Delete, "latest", "Delete backups"),
    ] {
        let reading = reading(script);
        let found = reading.effects.iter().any(|effect| effect.verb == verb && effect.target.name == target);
        assert!(found, "{script}\n{reading:#?}");
        assert_eq!((reading.severity, reading.sentence.as_str()), (severity, sentence), "{script}");
    }
}

#[test]
fn what_a_tool_makes_again_is_everyday_and_only_where_the_path_stays_there() {
    all_are(
        Low,
        &[
            "rm -rf node_modules",
            "rm -rf packages/a/dist",
            "rm -rf target/debug",
            "rm -f *.pyc",
            "rm -rf /tmp/x",
            "rm -rf \"$PWD/dist\"",
            "rm -rf \"$DIR/node_modules\"",
            "find . -name '*.pyc' -delete",
            "find . -name node_modules -exec rm -rf {} +",
        ],
    );
    all_are(High, &["rm -rf build/../src", "rm -rf /tmp/*", "find . -name '*.bak' -delete", "rm *.log.bak"]);
    all_are(Critical, &["rm -rf target/../..", "rm -rf /tmp/../etc", "rm -rf dist/../../.."]);
}

#[test]
fn a_variable_that_may_be_empty_before_a_slash_is_the_root() {
    all_are(Critical, &["rm -rf \"$X\"/", "rm -rf $X/*", "rm -rf ${X}/lib", "rm -rf \"${X}\"/\"$Y\""]);
    all_are(High, &["rm -rf \"$X\"", "rm -rf \"${X:?}\"/y", "rm \"$X\"", "rm -rf ${X:-y}/z"]);
}

#[test]
fn rights_weigh_by_what_they_open() {
    all_are(
        Low,
        &["chmod +x a.sh", "chmod 755 a", "chmod 600 ~/.ssh/id_rsa", "chmod -R go-w .", "chown dev a"],
    );
    all_are(High, &["chmod 777 a", "chmod -R a+w .", "chmod u+s a", "chmod 4755 a", "chmod 644 server.pem"]);
    all_are(Critical, &["chmod -R 755 /", "chown -R dev /etc", "chmod 777 /etc/shadow"]);
}

#[test]
fn processes_are_one_s_own_or_everybody_s() {
    all_are(Low, &["kill 42", "kill -9 42", "pkill vite", "killall node", "fuser -k 80/tcp", "kill %1"]);
    all_are(High, &["kill 1", "pkill postgres", "killall sshd", "pkill -f 'sayso serve'"]);
    all_are(Critical, &["kill -9 -1", "kill -- -1", "pkill -u root", "killall5"]);
    all_are(None, &["kill -l", "kill -0 42", "pgrep node"]);
}

#[test]
fn sed_s_commands_that_run_and_write_are_found_and_nothing_else() {
    all_are(None, &["sed -n 1,5p a", "sed 's/w/e/;s/e/w/' a", "sed '/rm/d' a", "sed 's#a#b#g' a"]);
    all_are(Low, &["sed 's/a/b/w out' a", "sed -i '' s/a/b/ a"]);
    for script in
        ["sed 's/a/b/e' a", "sed '1e rm -rf src' a", "sed e a", "sed -n 'w /etc/hosts' a", "sed s/a/b/ .env"]
    {
        assert!(reading(script).severity >= High, "{script}");
    }
}

#[test]
fn looking_is_none_and_the_same_program_with_another_word_is_not() {
    for (look, change) in [
        ("systemctl status x", "systemctl stop x"),
        ("iptables -L", "iptables -F"),
        ("crontab -l", "crontab -r"),
        ("zfs list", "zfs destroy x"),
        ("fdisk -l", "fdisk /dev/sda"),
        ("ufw status", "ufw disable"),
        ("date +%F", "date -s 2020-01-01"),
        ("hostname -f", "hostname x"),
        ("sysctl -a", "sysctl -w x=1"),
        ("journalctl -u x", "journalctl --vacuum-time=1d"),
        ("pass ls", "pass show x"),
        ("restic snapshots", "restic forget x"),
        ("ip a", "ip link delete x"),
    ] {
        assert_eq!(reading(look).severity, None, "{look}");
        assert!(reading(change).severity >= High, "{change}");
    }
}

#[test]
fn an_encoded_command_of_powershell_is_decoded() {
    // "Remove-Item -Recurse -Force C:\x" in UTF-16 and base64.
    let script = "powershell -enc UgBlAG0AbwB2AGUALQBJAHQAZQBtACAALQBSAGUAYwB1AHIAcwBlACAALQBGAG8AcgBjAGUAIABDADoAXAB4AA==";
    assert_eq!(reading(script).severity, Critical);
    assert!(reading("powershell -enc !!!").severity >= High);
}

#[test]
fn a_program_that_no_row_knows_weighs_as_its_words_sound() {
    all_are(
        Low,
        &[
            "frobnicate build",
            "frobnicate --verbose x",
            "frobnicate 'please delete it'",
            "frobnicate del.txt",
        ],
    );
    for script in
        ["frobnicate delete x", "frobnicate volumeDelete", "frobnicate x --purge", "wipe-all now", "/tmp/x"]
    {
        assert!(reading(script).severity >= High, "{script}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_words_behind_any_program_are_read_without_a_panic(
        program in prop_oneof![
            Just("rm"), Just("sed"), Just("tar"), Just("chmod"), Just("kill"), Just("git"), Just("dd"), Just("find"),
            Just("cmd"), Just("powershell"), Just("python3"), Just("perl"), Just("awk"), Just("npm"), Just("make"),
            Just("mv"), Just("rsync"), Just("ip"), Just("node"), Just("ruby"), Just("npx"), Just("php"), Just("sort"),
        ],
        words in proptest::collection::vec("[-a-zA-Z0-9/.=:+~$%{}(),;'\"\\\\ é]{0,12}", 0..6),
    ) {
        let argv: Vec<&str> = std::iter::once(program).chain(words.iter().map(String::as_str)).collect();
        let json = json!({"kind":"shell","argv":argv,"cwd":"/p"});
        if let Ok(action) = strict::parse::<Action>(json.to_string().as_bytes()) {
            let _ = read(&action);
        }
    }
}
