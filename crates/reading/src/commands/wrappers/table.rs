//! Wrappers that take options and then a command, as data.

use crate::words::Word;

/// How a wrapper's own words end.
pub(super) struct Grammar {
    /// Short options whose value is the rest of the word or the next one.
    valued: &'static str,
    /// Long options whose value is the next word.
    long: &'static [&'static str],
    /// Words of its own before the command.
    own: usize,
    /// Whether `NAME=value` may stand before the command.
    assignments: bool,
}

impl Grammar {
    /// Options alone.
    pub(super) const fn of(valued: &'static str, long: &'static [&'static str]) -> Self {
        of(valued, long, 0)
    }
}

const fn of(valued: &'static str, long: &'static [&'static str], own: usize) -> Grammar {
    Grammar { valued, long, own, assignments: false }
}

pub(super) const SUDO: Grammar = Grammar {
    valued: "ugpCrthTDRUa",
    long: &[
        "--user",
        "--group",
        "--prompt",
        "--close-from",
        "--role",
        "--type",
        "--host",
        "--command-timeout",
        "--chdir",
        "--chroot",
        "--other-user",
    ],
    own: 0,
    assignments: true,
};
pub(super) const ENV: Grammar =
    Grammar { valued: "uCP", long: &["--unset", "--chdir"], own: 0, assignments: true };
pub(super) const XARGS: Grammar = of(
    "ILnPsEdaJRS",
    &["--max-args", "--max-procs", "--max-chars", "--delimiter", "--arg-file", "--process-slot-var"],
    0,
);

pub(super) const WATCH: Grammar = of("nqs", &["--interval", "--equexit"], 0);
pub(super) const FLOCK: Grammar = of("wE", &["--wait", "--timeout", "--conflict-exit-code"], 1);
pub(super) const PLAIN: Grammar = of("", &[], 0);
pub(super) const SCREEN: Grammar = of("SctTpheUs", &[], 0);
pub(super) const TMUX: Grammar = of("cfLST", &[], 0);
pub(super) const TMUX_KEYS: Grammar = of("tN", &[], 0);
pub(super) const TMUX_NEW: Grammar = of("stncxyFfelp", &[], 0);
pub(super) const PARALLEL: Grammar = of(
    "jPSaNnLsICdE",
    &[
        "--jobs",
        "--delay",
        "--joblog",
        "--retries",
        "--timeout",
        "--arg-file",
        "--colsep",
        "--results",
        "--tmpdir",
        "--sshlogin",
        "--max-args",
        "--workdir",
        "--tagstring",
        "--env",
        "--load",
        "--memfree",
        "--block",
        "--recstart",
        "--recend",
        "--halt",
        "--delimiter",
    ],
    0,
);
/// Options of docker and kubectl before a subcommand.
pub(super) const CONTAINERS: Grammar = of(
    "Hfcpnls",
    &[
        "--context",
        "--host",
        "--config",
        "--log-level",
        "--file",
        "--project-name",
        "--profile",
        "--env-file",
        "--project-directory",
        "--tlscacert",
        "--tlscert",
        "--tlskey",
        "--namespace",
        "--kubeconfig",
        "--cluster",
        "--user",
        "--server",
        "--token",
        "--as",
        "--app",
        "--remote",
        "--connection",
        "--url",
        "--runtime-endpoint",
    ],
    0,
);
pub(super) const SSH: Grammar = of("BbcDEeFIiJLlmOopPQRSWw", &[], 0);

/// Each with its options. What is not here runs nothing, or is read elsewhere.
const WRAPPERS: &[(&str, Grammar)] = &[
    ("nohup", of("", &[], 0)),
    ("cross-env", Grammar { valued: "", long: &[], own: 0, assignments: true }),
    ("faketime", of("p", &["--date-prog"], 1)),
    ("setsid", of("", &[], 0)),
    ("time", of("fo", &["--format", "--output"], 0)),
    ("gtime", of("fo", &["--format", "--output"], 0)),
    ("nice", of("n", &["--adjustment"], 0)),
    ("ionice", of("cnpPu", &["--class", "--classdata"], 0)),
    ("stdbuf", of("ioe", &["--input", "--output", "--error"], 0)),
    ("gstdbuf", of("ioe", &["--input", "--output", "--error"], 0)),
    ("timeout", of("sk", &["--signal", "--kill-after"], 1)),
    ("gtimeout", of("sk", &["--signal", "--kill-after"], 1)),
    ("chrt", of("TPD", &[], 1)),
    ("taskset", of("", &[], 1)),
    ("numactl", of("NCmilp", &[], 0)),
    ("unbuffer", of("", &[], 0)),
    ("caffeinate", of("tw", &[], 0)),
    ("command", of("", &[], 0)),
    ("builtin", of("", &[], 0)),
    ("exec", of("a", &[], 0)),
    ("noglob", of("", &[], 0)),
    ("nocorrect", of("", &[], 0)),
    ("busybox", of("", &[], 0)),
    ("toybox", of("", &[], 0)),
    ("chroot", of("", &["--userspec", "--groups"], 1)),
    ("fakeroot", of("lfis", &[], 0)),
    ("unshare", of("RSGw", &["--root", "--wd", "--setuid", "--setgid", "--map-user", "--map-group"], 0)),
    ("nsenter", of("tSG", &["--target", "--setuid", "--setgid"], 0)),
    ("setarch", of("", &[], 1)),
    ("linux64", of("", &[], 0)),
    ("linux32", of("", &[], 0)),
    ("i386", of("", &[], 0)),
    ("x86_64", of("", &[], 0)),
    ("prlimit", of("", &[], 0)),
    ("softlimit", of("acdflmoprst", &[], 0)),
    ("cgexec", of("g", &[], 0)),
    ("gosu", of("", &[], 1)),
    ("su-exec", of("", &[], 1)),
    ("setuidgid", of("", &[], 1)),
    ("s6-setuidgid", of("", &[], 1)),
    ("chpst", of("ubneluPmotc", &[], 0)),
    ("setpriv", of("", &["--reuid", "--regid", "--groups", "--inh-caps", "--bounding-set"], 0)),
    ("strace", of("eopsuEaOSbIPX", &[], 0)),
    ("ltrace", of("eopsuaAnlxFD", &[], 0)),
    ("valgrind", of("", &[], 0)),
    ("rr", of("", &[], 0)),
    ("heaptrack", of("o", &[], 0)),
    ("rlwrap", of("abcDefFgHijlmMOpPqsSTUwz", &[], 0)),
    (
        "systemd-run",
        of(
            "puEtMHGdPS",
            &[
                "--unit",
                "--property",
                "--description",
                "--slice",
                "--uid",
                "--gid",
                "--setenv",
                "--machine",
                "--host",
                "--on-active",
                "--on-calendar",
                "--working-directory",
                "--nice",
            ],
            0,
        ),
    ),
    ("systemd-inhibit", of("", &[], 0)),
    ("systemd-cat", of("tp", &["--identifier", "--priority"], 0)),
    ("dbus-run-session", of("", &[], 0)),
    ("dbus-launch", of("", &[], 0)),
    (
        "xvfb-run",
        of("eflnpsw", &["--error-file", "--auth-file", "--server-num", "--server-args", "--wait"], 0),
    ),
    ("torsocks", of("auPo", &[], 0)),
    ("torify", of("", &[], 0)),
    ("proxychains", of("f", &[], 0)),
    ("proxychains4", of("f", &[], 0)),
    ("sshpass", of("pfdP", &[], 0)),
    ("dumb-init", of("r", &[], 0)),
    ("tini", of("pe", &[], 0)),
    ("catchsegv", of("", &[], 0)),
    ("eatmydata", of("", &[], 0)),
    ("cpulimit", of("lpPe", &["--limit", "--pid", "--path", "--exe"], 0)),
    ("daemonize", of("aceoplEu", &[], 0)),
    ("detach", of("", &[], 0)),
    ("chronic", of("", &[], 0)),
    ("ifne", of("", &[], 0)),
    ("vipe", of("", &[], 0)),
    ("errno", of("", &[], 0)),
    ("logsave", of("", &[], 1)),
    ("multitime", of("nrIiofb", &[], 0)),
    ("gnome-terminal", of("", &["--working-directory", "--title"], 0)),
    ("retry", of("", &["--times", "--delay", "--until", "--backoff"], 0)),
    ("firejail", of("", &[], 0)),
    ("proot", of("rbqkwRS", &[], 0)),
    ("direnv", of("", &[], 2)),
    ("aa-exec", of("pn", &["--profile", "--namespace"], 0)),
    ("runcon", of("tulr", &[], 0)),
    ("bubblewrap", of("", &[], 0)),
    ("winpty", of("", &[], 0)),
    ("arch", of("e", &[], 0)),
    ("rosetta", of("", &[], 0)),
    ("perf", of("eoFcpCtG", &[], 1)),
    ("with-contenv", of("", &[], 0)),
    ("nocache", of("n", &[], 0)),
    ("trickle", of("udwtlL", &[], 0)),
    ("nq", of("", &[], 0)),
    ("ssh-agent", of("aEt", &[], 0)),
    ("openvt", of("c", &["--console"], 0)),
    ("setlock", of("", &[], 1)),
    ("run-one", of("", &[], 0)),
    ("run-this-one", of("", &[], 0)),
    ("keep-one-running", of("", &[], 0)),
    ("sem", of("j", &["--id", "--jobs"], 0)),
    ("pseudo", of("", &[], 0)),
    ("ccache", of("", &[], 0)),
    ("sccache", of("", &[], 0)),
    ("distcc", of("", &[], 0)),
    ("wine", of("", &[], 0)),
    ("repeat", of("", &[], 1)),
    ("pidproxy", of("", &[], 1)),
    ("jailexec", of("", &[], 1)),
    ("jexec", of("u", &[], 1)),
    ("uux", of("", &[], 0)),
    ("tsp", of("LNd", &[], 0)),
    ("pueue", of("", &[], 0)),
];

/// Programs whose command stands behind `--`, or behind these words of theirs.
const EXECS: &[(&str, &[&str])] = &[
    ("aws-vault", &["exec"]),
    ("op", &["run"]),
    ("doppler", &["run"]),
    ("chamber", &["exec"]),
    ("envchain", &[]),
    ("dotenvx", &["run"]),
    ("infisical", &["run"]),
    ("teller", &["run"]),
    ("bwrap", &[]),
    ("mise", &["exec"]),
    ("mise", &["x"]),
    ("asdf", &["exec"]),
    ("rbenv", &["exec"]),
    ("pyenv", &["exec"]),
    ("nodenv", &["exec"]),
    ("saml2aws", &["exec"]),
    ("granted", &["exec"]),
    ("vaulted", &["exec"]),
    ("xenv", &[]),
    ("firejail", &[]),
    ("pueue", &["add"]),
    ("gdb", &["--args"]),
    ("lldb", &[]),
    ("nix", &["run"]),
    ("act", &[]),
    ("guix", &["shell"]),
    ("guix", &["environment"]),
    ("railway", &["run"]),
    ("dotenv", &[]),
    ("env-cmd", &[]),
];

/// The words behind a wrapper of the table; empty where it has none. `None`: it is no wrapper.
pub(super) fn behind<'w>(name: &str, words: &'w [Word]) -> Option<&'w [Word]> {
    if name.starts_with("ld-linux") || name.starts_with("ld-musl") || name == "ld.so" {
        return words
            .get(start(words, &of("", &["--library-path", "--preload", "--argv0"], 0))..)
            .or(Some(&[]));
    }
    if name == "ip" {
        // `ip netns exec NAME CMD`, `ip vrf exec NAME CMD`.
        let at = words.iter().position(|word| word.text == "exec")?;
        return words.get(at + 2..);
    }
    if let Some((_, grammar)) = WRAPPERS.iter().find(|(own, _)| *own == name) {
        if matches!(name, "command")
            && words.first().is_some_and(|word| matches!(word.text.as_str(), "-v" | "-V"))
        {
            return None;
        }
        if name == "direnv" && words.first().is_none_or(|word| word.text != "exec") {
            return None;
        }
        return words.get(start(words, grammar)..).or(Some(&[]));
    }
    let mut rows = EXECS.iter().filter(|(own, _)| *own == name).peekable();
    rows.peek()?;
    if let Some(at) = words.iter().position(|word| word.text == "--") {
        return words.get(at + 1..);
    }
    rows.find_map(|(_, subs)| {
        let sub = subs.first()?;
        let at = words.iter().position(|word| word.text == *sub)?;
        let rest = words.get(at + 1..)?;
        let skipped = usize::from(matches!(name, "aws-vault" | "chamber" | "granted" | "vaulted"));
        rest.get(start(rest, &of("", &[], skipped))..).filter(|rest| !rest.is_empty())
    })
}

/// Where the command begins in `words`; their number where there is none.
pub(super) fn start(words: &[Word], grammar: &Grammar) -> usize {
    let mut own = grammar.own;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let text = word.text.as_str();
        if text == "--" {
            at += 1;
            // Words of its own may still stand behind it.
            return (at + own).min(words.len());
        }
        if let Some(name) = text.strip_prefix("--") {
            let next = !name.contains('=') && grammar.long.contains(&text);
            at += 1 + usize::from(next);
        } else if text.len() > 1 && text.starts_with('-') {
            at += 1 + usize::from(takes_next(&text[1..], grammar.valued));
        } else if grammar.assignments && is_assignment(text) {
            at += 1;
        } else if own > 0 {
            own -= 1;
            at += 1;
        } else {
            return at;
        }
    }
    words.len()
}

/// Whether the value of a cluster's last option is the next word.
fn takes_next(cluster: &str, valued: &str) -> bool {
    match cluster.find(|c| valued.contains(c)) {
        Some(at) => cluster[at..].chars().nth(1).is_none(),
        None => false,
    }
}

/// `env` and `sudo` take whatever has a `=` for one.
fn is_assignment(text: &str) -> bool {
    text.find('=').is_some_and(|at| at > 0)
}
