//! What is written into a file: scripts as scripts, secrets as secrets, orders to agents as those.
//!
//! Invariant: content only raises. A script that a person must run first weighs less than running it: what would be
//! critical to run is high to write; what would be high stays as low as the file itself.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};
use serde_json::Value;

use crate::commands::{Place, Stdin};
use crate::findings::Found;
use crate::words::quoted;
use crate::{Findings, NoFiles, http, paths, shell};

/// The longest content that is looked into, in bytes. Longer files are data.
const CONTENT_BYTES: usize = 512 * 1024;
/// The longest script that is read as one.
const SCRIPT_BYTES: usize = 32 * 1024;

/// Scripts of `package.json` that run by themselves when the package is installed.
const BY_THEMSELVES: &[&str] =
    &["preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare", "postprepare"];

/// Phrases by which a text gives orders to agents that its reader would not.
const ORDERS: &[&str] = &[
    "ignore previous instructions",
    "ignore all previous",
    "ignore all prior",
    "disregard previous",
    "disregard all previous",
    "disregard the above",
    "do not tell the user",
    "don't tell the user",
    "without telling the user",
    "without asking the user",
    "do not mention this to the user",
    "hide this from the user",
    "never ask for confirmation",
    "--dangerously-skip-permissions",
    "dangerously-skip-permissions",
    "bypasspermissions",
    "exfiltrate",
];

/// Reads the content of the file at `path`.
pub(crate) fn read(path: &str, text: &str, span: Option<Span>, findings: &mut Findings) {
    if text.len() > CONTENT_BYTES {
        return;
    }
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    if let Some(what) = http::secret_token(text).filter(|_| paths::secret(path, false).is_none()) {
        let phrase = format!("Write {what} into {}", quoted(&name));
        report(Severity::High, Verb::Disclose, path, phrase, span, findings);
    }
    let lower = text.to_ascii_lowercase();
    if ORDERS.iter().any(|order| lower.contains(order)) && !is_code(&name) {
        let phrase = format!("Write orders to agents into {}", quoted(&name));
        report(Severity::High, Verb::Change, path, phrase, span, findings);
    }
    if name == "package.json" {
        package(path, text, span, findings);
    } else if is_script(&name, text) {
        script(path, text, false, span, findings);
    } else if name == "dockerfile"
        || name.ends_with(".dockerfile")
        || name == "makefile"
        || name == "justfile"
    {
        steps(path, text, span, findings);
    } else if matches!(name.as_str(), ".npmrc" | ".yarnrc" | ".yarnrc.yml" | "pip.conf" | ".pypirc") {
        let own = ["registry.npmjs.org", "pypi.org", "registry.yarnpkg.com"];
        if lower.contains("registry") && !own.iter().any(|host| lower.contains(host)) {
            let phrase = format!("Take packages from another registry by {}", quoted(&name));
            report(Severity::High, Verb::Change, path, phrase, span, findings);
        }
    } else {
        downloads(path, &name, &lower, span, findings);
    }
}

fn is_code(name: &str) -> bool {
    [".rs", ".go", ".c", ".h", ".cpp", ".java", ".test.ts", ".jsonl", ".csv"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

fn is_script(name: &str, text: &str) -> bool {
    let ending = [".sh", ".bash", ".zsh", ".ksh", ".command"].iter().any(|ending| name.ends_with(ending));
    let first = text.lines().next().unwrap_or("");
    ending || (first.starts_with("#!") && first.contains("sh") && !first.contains("fish"))
}

/// What a script does when it is run. `now`: it runs by itself.
fn script(path: &str, text: &str, now: bool, span: Option<Span>, findings: &mut Findings) {
    if text.len() > SCRIPT_BYTES {
        return;
    }
    let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
    let place = Place {
        cwd: None,
        start: folder,
        depth: 1,
        wrapped: 0,
        stdin: Stdin::Inherited,
        files: &NoFiles,
        shell: None,
    };
    let mut inner = Findings::default();
    shell::read_script(text, &place, &mut inner);
    let severity = match inner.severity() {
        Some(Severity::Critical) => Severity::High,
        Some(Severity::High) if now => Severity::High,
        _ => return,
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let says = inner.into_reading(true).sentence;
    let phrase = format!("Write a script into {} that would: {says}", quoted(name));
    report(severity, Verb::Change, path, phrase, span, findings);
}

/// The scripts of a package, those that run by themselves most of all.
fn package(path: &str, text: &str, span: Option<Span>, findings: &mut Findings) {
    let Ok(json) = serde_json::from_str::<Value>(text) else {
        return downloads(path, "package.json", &text.to_ascii_lowercase(), span, findings);
    };
    let scripts = json.get("scripts").and_then(Value::as_object).into_iter().flatten();
    for (name, line) in scripts.take(200) {
        if let Some(line) = line.as_str() {
            script(path, line, BY_THEMSELVES.contains(&name.as_str()), span, findings);
        }
    }
}

/// The commands of a `Dockerfile` or a `Makefile`, line by line.
fn steps(path: &str, text: &str, span: Option<Span>, findings: &mut Findings) {
    let lines = text.lines().filter_map(|line| line.strip_prefix("RUN ").or_else(|| line.strip_prefix('\t')));
    let joined: Vec<&str> =
        lines.take(500).map(|line| line.trim_start_matches(['@', '-']).trim_end_matches('\\')).collect();
    if !joined.is_empty() {
        script(path, &joined.join("\n"), false, span, findings);
    }
}

/// Downloads that are run, ways in from outside, and secrets that are sent, in text of any other form.
fn downloads(path: &str, name: &str, lower: &str, span: Option<Span>, findings: &mut Findings) {
    let build = paths::special(path) == Some(paths::Special::Build);
    let grave = lower.lines().take(20_000).any(|line| {
        let piped = (line.contains("curl ") || line.contains("wget "))
            && ["| sh", "|sh", "| bash", "|bash", "| sudo", "| python", "|python", "| zsh"]
                .iter()
                .any(|pipe| line.contains(pipe));
        let shell = line.contains("/dev/tcp/") || line.contains("nc -e") || line.contains("bash -i >&");
        (piped && is_config(name)) || shell
    });
    if grave {
        let phrase = format!("Write a command into {} that runs what it gets from elsewhere", quoted(name));
        report(Severity::High, Verb::Change, path, phrase, span, findings);
    }
    if build && lower.contains("secrets.") && (lower.contains("curl ") || lower.contains("wget ")) {
        let phrase = format!("Send secrets of the build server elsewhere by {}", quoted(name));
        report(Severity::Critical, Verb::Disclose, path, phrase, span, findings);
    }
}

/// Whether a file's text is settings that are run, and no prose about them.
fn is_config(name: &str) -> bool {
    [".json", ".yml", ".yaml", ".toml", ".cfg", ".ini", ".py", ".js", ".ts", ".rb", ".gradle", ".conf"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

fn report(
    severity: Severity,
    verb: Verb,
    path: &str,
    phrase: String,
    span: Option<Span>,
    findings: &mut Findings,
) {
    findings.effect_as_weighed(Found {
        verb,
        kind: TargetKind::Path,
        name: path.to_owned(),
        reversible: Reversible::Unknown,
        severity,
        phrase,
        span,
    });
}
