//! Programs that run a command elsewhere: on another machine, in a container, in a cluster.
//!
//! What they do beside that is read by the rooms that know them; here only the command behind them is.

use sayso_core::Severity;
use sayso_core::reading::{Effect, Reach, System, TargetKind, Verb};

use super::super::{Around, Call, Place, Stdin};
use super::{joined, script, table};
use crate::Findings;
use crate::words::Word;

/// A folder that nothing lies in: what is not this machine's is nobody's own.
pub(in crate::commands) const ELSEWHERE: &str = "/\0";

/// The same place on another machine.
fn away<'p>(place: &'p Place<'p>) -> Place<'p> {
    let shell = place.shell.map(|shell| Around { state: None, ..shell });
    Place { cwd: None, start: ELSEWHERE, shell, wrapped: place.wrapped + 1, ..*place }
}

/// Says which paths the effects behind the first `before` name: they lie elsewhere.
fn lie_elsewhere(before: usize, findings: &mut Findings) {
    let hit = |effect: &&Effect| {
        effect.target.kind == TargetKind::Path
            && matches!(effect.verb, Verb::Delete | Verb::Overwrite | Verb::Change)
    };
    let new = findings.effects().get(before..).unwrap_or_default();
    let names: Vec<&str> = new.iter().filter(hit).map(|effect| effect.target.name.as_str()).collect();
    if !names.is_empty() {
        let settings = [("paths".to_owned(), names.join("\n").into())].into();
        findings.reach(Reach { system: System::Elsewhere, address: String::new().into(), settings });
    }
}

/// How a program's command is found: behind a subcommand, its options, and a name.
struct Row {
    program: &'static str,
    subs: &'static [&'static str],
    /// Short options that take the next word.
    valued: &'static str,
    /// Long options that do.
    long: &'static [&'static str],
    /// Names before the command.
    own: usize,
    /// Whether its words are joined to a line for a shell.
    line: bool,
}

const DOCKER_LONG: &[&str] = &[
    "--name",
    "--env",
    "--env-file",
    "--volume",
    "--mount",
    "--publish",
    "--network",
    "--net",
    "--user",
    "--workdir",
    "--entrypoint",
    "--hostname",
    "--label",
    "--link",
    "--memory",
    "--cpus",
    "--restart",
    "--platform",
    "--add-host",
    "--cap-add",
    "--cap-drop",
    "--device",
    "--dns",
    "--expose",
    "--gpus",
    "--ip",
    "--ipc",
    "--log-driver",
    "--log-opt",
    "--pid",
    "--pull",
    "--runtime",
    "--security-opt",
    "--shm-size",
    "--stop-signal",
    "--stop-timeout",
    "--sysctl",
    "--tmpfs",
    "--ulimit",
    "--userns",
    "--volumes-from",
    "--cidfile",
    "--detach-keys",
    "--index",
    "--file",
    "--project-name",
    "--profile",
    "--health-cmd",
    "--cpuset-cpus",
    "--group-add",
    "--memory-swap",
    "--uts",
    "--cgroupns",
];
const KUBE_LONG: &[&str] = &[
    "--namespace",
    "--container",
    "--context",
    "--kubeconfig",
    "--cluster",
    "--user",
    "--server",
    "--token",
    "--image",
    "--pod-running-timeout",
    "--filename",
    "--target",
    "--copy-to",
    "--as",
    "--request-timeout",
];

const fn row(
    program: &'static str,
    subs: &'static [&'static str],
    valued: &'static str,
    long: &'static [&'static str],
    own: usize,
    line: bool,
) -> Row {
    Row { program, subs, valued, long, own, line }
}

/// Programs whose command stands behind `--`.
const DASHES: &[&str] = &[
    "kubectl",
    "oc",
    "k3s",
    "microk8s",
    "lxc",
    "incus",
    "multipass",
    "limactl",
    "distrobox",
    "toolbox",
    "mosh",
    "lxc-attach",
];

const ROWS: &[Row] = &[
    row("docker", &["exec", "run"], "ewuvpmlhca", DOCKER_LONG, 1, false),
    row("podman", &["exec", "run"], "ewuvpmlhca", DOCKER_LONG, 1, false),
    row("nerdctl", &["exec", "run"], "ewuvpmlhca", DOCKER_LONG, 1, false),
    row("docker-compose", &["exec", "run"], "ewuvplf", DOCKER_LONG, 1, false),
    row("podman-compose", &["exec", "run"], "ewuvplf", DOCKER_LONG, 1, false),
    row("crictl", &["exec"], "e", &[], 1, false),
    row("ctr", &["exec", "run"], "", &[], 2, false),
    row("kubectl", &["exec", "run", "debug"], "ncf", KUBE_LONG, 1, false),
    row("oc", &["exec", "run", "debug", "rsh"], "ncf", KUBE_LONG, 1, false),
    row("k3s", &["exec"], "ncf", KUBE_LONG, 2, false),
    row("microk8s", &["exec"], "ncf", KUBE_LONG, 2, false),
    row("lxc", &["exec"], "", &["--cwd", "--user", "--group", "--env", "--mode"], 1, false),
    row("incus", &["exec"], "", &["--cwd", "--user", "--group", "--env", "--mode"], 1, false),
    row("lxc-attach", &[], "n", &["--name"], 0, false),
    row("multipass", &["exec"], "", &["--working-directory"], 1, false),
    row("machinectl", &["shell"], "", &["--uid", "--setenv"], 1, false),
    row("limactl", &["shell"], "", &["--workdir", "--shell"], 1, false),
    row("adb", &["shell", "exec-out"], "s", &[], 0, true),
    row("heroku", &["run", "run:detached"], "ars", &["--app", "--remote", "--size", "--type"], 0, true),
    row("ddev", &["exec", "ssh"], "sd", &["--service", "--dir"], 0, true),
    row("lando", &["ssh"], "", &[], 0, true),
    row("dokku", &["run", "enter"], "", &[], 1, true),
    row("distrobox", &["enter"], "n", &["--name"], 1, false),
    row("toolbox", &["run"], "c", &["--container"], 0, false),
    row("flatpak-spawn", &[], "", &[], 0, false),
    row("apptainer", &["exec", "run"], "BHW", &["--bind", "--home", "--pwd"], 1, false),
    row("singularity", &["exec", "run"], "BHW", &["--bind", "--home", "--pwd"], 1, false),
    row(
        "systemd-nspawn",
        &[],
        "DiMub",
        &["--directory", "--image", "--machine", "--user", "--bind"],
        0,
        false,
    ),
    row("rsh", &[], "l", &[], 1, true),
    row("mosh", &[], "p", &["--ssh", "--port"], 1, false),
    row("pdsh", &[], "wxlRtfu", &[], 0, true),
    row("pssh", &[], "hHltpoex", &["--hosts", "--host", "--user"], 0, true),
    row("parallel-ssh", &[], "hHltpoex", &["--hosts", "--host", "--user"], 0, true),
    row("clush", &[], "wxgl", &[], 0, true),
    row("wsl", &[], "du", &["--distribution", "--user", "--cd"], 0, true),
    row("wsl.exe", &[], "du", &["--distribution", "--user", "--cd"], 0, true),
    row("dsh", &[], "mg", &[], 0, true),
];

/// Options whose value is a line for a shell elsewhere.
const LINES: &[(&str, &[&str])] = &[
    ("gcloud", &["--command"]),
    ("vagrant", &["-c", "--command"]),
    ("fly", &["-C", "--command"]),
    ("flyctl", &["-C", "--command"]),
    ("az", &["--scripts", "--command"]),
    ("ansible", &["-a", "--args"]),
    ("nix-shell", &["--run", "--command"]),
    ("nix", &["-c", "--command"]),
    ("limactl", &["--command"]),
    ("kubectl-ssh", &["-c"]),
    ("tsh", &["-c"]),
    ("exec-in", &["-c"]),
];

/// Reads the command that runs elsewhere. Whether nothing else is to be read of the call.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let before = findings.effects().len();
    let only = read_there(call, findings);
    if !call.name.starts_with("nix") {
        lie_elsewhere(before, findings);
    }
    only
}

fn read_there(call: &Call<'_>, findings: &mut Findings) -> bool {
    if matches!(call.name, "ssh" | "autossh" | "gsissh" | "dbclient" | "slogin") {
        ssh(call, findings);
        return false;
    }
    if let Some((_, options)) = LINES.iter().find(|(name, _)| *name == call.name) {
        lines(call, options, findings);
    }
    if matches!(call.name, "aws" | "salt") {
        texts(call, findings);
    }
    let row = ROWS.iter().find(|row| row.program == call.name);
    row.is_some_and(|row| container(call, row, findings))
}

/// The subcommand of a call and what stands behind it, options of the program itself left out.
fn subcommand<'w>(row: &Row, words: &'w [Word]) -> Option<(&'w str, &'w [Word])> {
    let mut rest = words;
    loop {
        let start = table::start(rest, &table::CONTAINERS);
        let (sub, after) = rest.get(start..)?.split_first()?;
        if matches!(sub.text.as_str(), "container" | "compose") {
            rest = after;
            continue;
        }
        return row.subs.contains(&sub.text.as_str()).then_some((sub.text.as_str(), after));
    }
}

/// Reads the command in a container. Whether the call does nothing but run it there.
fn container(call: &Call<'_>, row: &Row, findings: &mut Findings) -> bool {
    let grammar = table::Grammar::of(row.valued, row.long);
    let mut rest = call.words;
    let mut only = false;
    if !row.subs.is_empty() {
        let Some((sub, after)) = subcommand(row, rest) else { return false };
        only = matches!(sub, "exec" | "rsh" | "shell");
        rest = after;
    }
    let entry = rest.iter().enumerate().find_map(|(at, word)| match word.text.split_once('=') {
        Some(("--entrypoint", program)) => Some(Word { text: program.to_owned(), ..word.clone() }),
        _ if word.text == "--entrypoint" => rest.get(at + 1).cloned(),
        _ => None,
    });
    for _ in 0..row.own {
        let start = table::start(rest, &grammar);
        rest = rest.get(start + 1..).unwrap_or_default();
    }
    // `kubectl exec deploy/x -c app -- ls`: of some the command stands behind `--` wherever that is.
    let dashes =
        DASHES.contains(&row.program).then(|| rest.iter().position(|word| word.text == "--")).flatten();
    let inner = match dashes {
        Some(at) => rest.get(at + 1..).unwrap_or_default(),
        None if row.own == 0 => rest.get(table::start(rest, &grammar)..).unwrap_or_default(),
        None => rest,
    };
    let place = away(call.place);
    let mut all: Vec<Word> = entry.into_iter().collect();
    all.extend(inner.iter().cloned());
    if all.is_empty() {
        image(call, &place, findings);
        return false;
    }
    if row.line {
        script(&joined(&all), call.span, &place, findings);
    } else {
        super::super::read(&all, call.span, &place, findings);
    }
    only
}

/// An image's own program is a shell as often as not.
fn image(call: &Call<'_>, place: &Place<'_>, findings: &mut Findings) {
    if let Stdin::Text(text) = call.place.stdin {
        let mut inner = Findings::default();
        script(text, call.span, place, &mut inner);
        if inner.severity() >= Some(Severity::High) {
            findings.absorb_as_is(inner);
        }
    }
}

/// `ssh [options] HOST COMMAND`: the words are joined for the shell there.
fn ssh(call: &Call<'_>, findings: &mut Findings) {
    for (at, word) in call.words.iter().enumerate() {
        let value = match word.text.strip_prefix("-o") {
            Some("") => call.words.get(at + 1).map(|word| word.text.as_str()),
            other => other,
        };
        if let Some(value) = value {
            option(value, word, call, findings);
        }
    }
    for pair in call.words.windows(2).filter(|pair| pair[0].text == "-F") {
        if crate::shell::weight(&pair[1].text, pair[1].literal) >= Severity::High {
            let why = "its settings, which can run commands, lie in a folder that anybody writes to";
            findings.unread(&pair[1].text, why, pair[1].span.or(call.span));
        }
    }
    let start = table::start(call.words, &table::SSH);
    let rest = call.words.get(start + 1..).unwrap_or_default();
    let rest = match rest.iter().position(|word| !word.text.starts_with('-')) {
        Some(_) => rest.get(table::start(rest, &table::SSH)..).unwrap_or_default(),
        None => &[],
    };
    let place = away(call.place);
    if !rest.is_empty() {
        return script(&joined(rest), call.span, &place, findings);
    }
    if matches!(call.place.stdin, Stdin::Inherited)
        || call
            .words
            .iter()
            .any(|word| matches!(word.text.as_str(), "-N" | "-fN" | "-V" | "-G" | "-Q" | "-T" | "-O"))
    {
        return;
    }
    let shell = Call { place: &place, ..*call };
    super::shells::from_stdin(&shell, findings);
}

/// `ProxyCommand=…` and its like run here.
pub(super) fn option(value: &str, word: &Word, call: &Call<'_>, findings: &mut Findings) {
    let (name, command) = value.split_once(['=', ' ']).unwrap_or((value, ""));
    if matches!(
        name.trim().to_ascii_lowercase().as_str(),
        "proxycommand" | "localcommand" | "knownhostscommand"
    ) && !command.trim().is_empty()
        && command.trim() != "none"
    {
        script(command.trim().trim_start_matches('='), word.span.or(call.span), call.place, findings);
    }
}

fn lines(call: &Call<'_>, options: &[&str], findings: &mut Findings) {
    let here = call.name.starts_with("nix");
    let place = if here { *call.place } else { away(call.place) };
    if call.name == "nix"
        && !call.words.first().is_some_and(|word| matches!(word.text.as_str(), "develop" | "shell"))
    {
        return;
    }
    if call.name == "ansible" {
        let module =
            call.words.windows(2).find(|pair| matches!(pair[0].text.as_str(), "-m" | "--module-name"));
        if module.is_some_and(|pair| {
            !matches!(
                pair[1].text.as_str(),
                "shell" | "command" | "raw" | "ansible.builtin.shell" | "ansible.builtin.command"
            )
        }) {
            let name = module.map_or("", |pair| pair[1].text.rsplit('.').next().unwrap_or_default());
            let looks = [
                "ping",
                "win_ping",
                "setup",
                "gather_facts",
                "debug",
                "stat",
                "find",
                "service_facts",
                "getent",
            ];
            if !looks.contains(&name) {
                findings.unread("ansible", "it changes hosts by a module", call.span);
            }
            return;
        }
    }
    for (at, word) in call.words.iter().enumerate() {
        let value = options.iter().find_map(|option| match word.text.strip_prefix(option)? {
            "" => call.words.get(at + 1).map(|word| word.text.as_str()),
            rest => rest.strip_prefix('='),
        });
        if let Some(value) = value {
            script(value, word.span.or(call.span), &place, findings);
        }
    }
}

/// `aws ssm send-command --parameters 'commands=["…"]'`, `salt '*' cmd.run '…'`.
fn texts(call: &Call<'_>, findings: &mut Findings) {
    let place = away(call.place);
    if call.name == "salt" {
        if let Some(at) = call
            .words
            .iter()
            .position(|word| matches!(word.text.as_str(), "cmd.run" | "cmd.shell" | "cmd.run_all"))
        {
            script(&joined(call.words.get(at + 1..).unwrap_or_default()), call.span, &place, findings);
        }
        return;
    }
    if !call.words.iter().any(|word| word.text == "send-command") {
        return;
    }
    for word in call.words.iter().filter(|word| word.text.contains("commands")) {
        let Some((_, list)) = word.text.split_once("commands") else { continue };
        let list = list.trim_start_matches(['"', '\'', '=', ':', '[', ' ']).trim_end_matches([']', '}', ' ']);
        for command in list.split("\",\"") {
            script(command.trim_matches(['"', '\'']), word.span.or(call.span), &place, findings);
        }
    }
}
