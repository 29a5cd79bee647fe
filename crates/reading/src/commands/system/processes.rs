//! `kill`, `pkill`, `killall`, `fuser -k`: whose processes.
//!
//! A process by its number is one's own affair; the system's, a database's and everybody's are not.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use crate::Findings;
use crate::commands::Call;
use crate::commands::args::Args;
use crate::findings::Found;
use crate::words::{Word, quoted};

/// Programs that others rely on, or that watch over the machine. A pattern that holds one of these counts.
const RELIED_ON: &[&str] = &[
    "postgres",
    "mysqld",
    "mysql",
    "mariadb",
    "mongod",
    "redis",
    "memcached",
    "elastic",
    "cassandra",
    "oracle",
    "rabbit",
    "kafka",
    "zookeeper",
    "etcd",
    "sshd",
    "systemd",
    "init",
    "launchd",
    "nginx",
    "apache",
    "httpd",
    "haproxy",
    "envoy",
    "dockerd",
    "containerd",
    "kubelet",
    "k3s",
    "libvirt",
    "qemu",
    "Xorg",
    "Xwayland",
    "gdm",
    "sddm",
    "lightdm",
    "gnome-shell",
    "plasmashell",
    "kwin",
    "WindowServer",
    "loginwindow",
    "cron",
    "syslog",
    "journald",
    "auditd",
    "falco",
    "osquery",
    "clamd",
    "crowdstrike",
    "falcon",
    "wazuh",
    "ossec",
    "sentinel",
    "defender",
    "NetworkManager",
    "dbus",
    "udevd",
    "polkit",
    "sayso",
    "vault",
    "consul",
    "nomad",
    "prometheus",
    "grafana",
    "named",
    "bind9",
    "dnsmasq",
    "postfix",
    "exim",
    "dovecot",
    "samba",
    "smbd",
    "fail2ban",
    "ufw",
    "firewalld",
    "wireguard",
    "openvpn",
    "tailscaled",
    "sudo",
    "backup",
    "restic",
    "borg",
    "ssh-agent",
    "gpg-agent",
    "1password",
    "keychain",
    "securityd",
    "auditbeat",
    "filebeat",
    "fluentd",
    "datadog",
    "newrelic",
    "claude",
    "codex",
    "cursor",
    "guard",
];

pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    match call.name {
        "kill" | "skill" => kill(call, findings),
        "pkill" | "killall" | "killall5" | "xkill" | "slay" => by_name(call, findings),
        "fuser" => return fuser(call, findings),
        _ => return false,
    }
    true
}

fn stop(call: &Call<'_>, word: Option<&Word>, severity: Severity, phrase: String, findings: &mut Findings) {
    let name = word.map_or_else(|| call.name.to_owned(), |word| word.text.clone());
    let span = word.and_then(|word| word.span).or(call.span);
    let (verb, kind, reversible) = (Verb::StopService, TargetKind::Process, Reversible::Unknown);
    findings.effect(Found { verb, kind, name, reversible, severity, phrase, span });
}

fn kill(call: &Call<'_>, findings: &mut Findings) {
    let mut words = call.words;
    let mut asks = false;
    let mut first = true;
    while let [word, rest @ ..] = words {
        let Some(option) = word.text.strip_prefix('-').filter(|option| !option.is_empty()) else { break };
        match option {
            "-" => {
                words = rest;
                break;
            }
            "l" | "L" | "-list" | "-table" => return findings.reads(call.name),
            "0" if first => asks = true,
            "s" | "n" | "-signal" => {
                asks |= rest.first().is_some_and(|signal| signal.text == "0");
                words = rest.get(1..).unwrap_or_default();
                first = false;
                continue;
            }
            // `kill -9 -1`: behind a signal, a number with a dash is a group, and 1 is everybody.
            _ if !first && option.bytes().all(|b| b.is_ascii_digit()) => break,
            _ => {}
        }
        first = false;
        words = rest;
    }
    if asks {
        return findings.reads(call.name);
    }
    for word in words {
        let (severity, phrase) = match word.text.as_str() {
            "-1" => (Severity::Critical, "Stop every process".to_owned()),
            "1" => (Severity::High, "Stop a process".to_owned()),
            text if !word.literal && relied_on(text) => {
                (Severity::High, format!("Stop the process {}", quoted(text)))
            }
            _ => (Severity::Low, "Stop a process".to_owned()),
        };
        stop(call, Some(word), severity, phrase, findings);
    }
    if words.is_empty() {
        stop(call, None, Severity::Low, "Stop a process".to_owned(), findings);
    }
}

fn by_name(call: &Call<'_>, findings: &mut Findings) {
    let args = Args::of(call.words, "gstuUGPFOo");
    if args.has(&['l', 'V'], "list") && call.name == "killall" || args.has(&[], "help") {
        return findings.reads(call.name);
    }
    if call.name == "pkill" && call.words.iter().any(|word| word.text == "-0") {
        return findings.reads(call.name);
    }
    let everybody = call.name == "killall5"
        || call.name == "killall"
            && (args.has(&['u'], "user") && args.operands.is_empty() || args.has(&['o', 'y'], "older-than"))
        || call.name == "pkill" && args.has(&['u', 'U', 'G', 'v', 't'], "inverse");
    let mut found = false;
    for word in &args.operands {
        found = true;
        let pattern = word.text.trim_matches(['^', '$', '"', '\'']);
        let all = matches!(pattern, "" | "." | ".*" | "*") || everybody;
        let (severity, phrase) = if all {
            (Severity::Critical, "Stop every process".to_owned())
        } else if relied_on(pattern) {
            (Severity::High, format!("Stop {}", quoted(&word.text)))
        } else {
            (Severity::Low, format!("Stop {}", quoted(&word.text)))
        };
        stop(call, Some(word), severity, phrase, findings);
    }
    if !found {
        let severity = if everybody { Severity::Critical } else { Severity::Low };
        let phrase = if everybody { "Stop every process of a user" } else { "Stop processes" };
        stop(call, None, severity, phrase.to_owned(), findings);
    }
}

fn fuser(call: &Call<'_>, findings: &mut Findings) -> bool {
    let args = Args::of(call.words, "n");
    if !args.has(&['k'], "kill") {
        findings.reads(call.name);
        return true;
    }
    let mounts = args.has(&['m'], "mount");
    let severity = if mounts { Severity::High } else { Severity::Low };
    stop(call, args.operands.first().copied(), severity, "Stop what uses it".to_owned(), findings);
    true
}

/// Whether a name of a process, or a pattern of names, means one of those.
fn relied_on(pattern: &str) -> bool {
    let words = || pattern.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    RELIED_ON.iter().any(|name| {
        words().any(|word| word.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)))
    })
}
