//! Scripts in a `package.json`, `composer.json` or `deno.json`: `npm run x`, `npm install` with its hooks.

use sayso_core::Severity;
use serde_json::Value;

use super::{script, sounds_grave, text_in};
use crate::Findings;
use crate::commands::Call;
use crate::words::Word;

/// Commands that run the script of that name.
const BY_NAME: &[&str] = &["test", "start", "stop", "restart", "t", "tst"];
/// Hooks that an installation runs.
const HOOKS: &[&str] =
    &["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
/// Commands of yarn and bun that are no scripts. What is none of them is one.
const OWN: &[&str] = &[
    "add",
    "audit",
    "autoclean",
    "bin",
    "cache",
    "check",
    "config",
    "create",
    "dedupe",
    "dlx",
    "exec",
    "generate-lock-entry",
    "global",
    "help",
    "import",
    "info",
    "init",
    "install",
    "licenses",
    "link",
    "list",
    "login",
    "logout",
    "node",
    "npm",
    "outdated",
    "owner",
    "pack",
    "patch",
    "plugin",
    "policies",
    "publish",
    "rebuild",
    "remove",
    "run",
    "set",
    "tag",
    "team",
    "unlink",
    "unplug",
    "up",
    "upgrade",
    "upgrade-interactive",
    "version",
    "versions",
    "why",
    "workspace",
    "workspaces",
    "pm",
    "x",
    "build",
    "update",
    "ci",
    "i",
    "upgrade",
    "repl",
    "test",
    "stage",
    "constraints",
    "explain",
    "search",
    "rm",
    "uninstall",
    "un",
];
/// Options whose value is the next word and no command.
const VALUED: &[&str] = &[
    "-C",
    "--prefix",
    "--dir",
    "--filter",
    "-F",
    "-w",
    "--workspace",
    "--cwd",
    "--registry",
    "--config",
    "-c",
];
/// Scripts that are read of one call; each may name others.
const SCRIPTS: usize = 8;

/// Reads a call that runs scripts of the project. Whether it is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let (file, key): (&[&str], _) = match call.name {
        "npm" | "pnpm" | "yarn" | "bun" | "nr" | "ni" => (&["package.json"], "scripts"),
        "composer" => (&["composer.json"], "scripts"),
        "deno" => (&["deno.json", "deno.jsonc", "package.json"], "tasks"),
        _ => return false,
    };
    let asks = call
        .words
        .iter()
        .take_while(|word| word.text != "--")
        .any(|word| word.literal && word.text == "--help");
    let mut folder = None;
    let mut operands: Vec<&Word> = Vec::new();
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text == "--" {
            break;
        }
        if let Some((name, value)) = text.split_once('=').filter(|_| text.starts_with("--")) {
            if matches!(name, "--prefix" | "--dir" | "--cwd") {
                folder = Some(value);
            }
        } else if text.starts_with('-') {
            if VALUED.contains(&text) {
                let value = words.next();
                if matches!(text, "-C" | "--prefix" | "--dir" | "--cwd") {
                    folder = value.map(|word| word.text.as_str());
                }
            }
        } else {
            operands.push(word);
        }
    }
    let Some(command) = operands.first().filter(|word| word.literal && !asks) else { return false };
    let names: Vec<&str> = match (command.text.as_str(), call.name) {
        ("run" | "run-script" | "rum" | "urn", "npm" | "pnpm" | "yarn" | "bun" | "composer")
        | ("run-script", _)
        | ("task", "deno") => match operands.get(1) {
            Some(name) if name.literal => vec![name.text.as_str()],
            Some(name) => {
                let why = "which script it runs shows only when it runs";
                findings.unread_at(Severity::Low, &name.text, why, name.span);
                return true;
            }
            None => {
                findings.reads(call.name);
                return true;
            }
        },
        (name, "npm" | "pnpm" | "yarn" | "bun") if BY_NAME.contains(&name) => {
            vec![if matches!(name, "t" | "tst") { "test" } else { name }]
        }
        ("install" | "ci" | "i" | "add" | "link" | "update", "npm" | "pnpm" | "yarn" | "bun") => {
            return hooks(call, folder, &operands, findings);
        }
        (name, "yarn") if !OWN.contains(&name) => vec![name],
        (_, "nr") => vec![command.text.as_str()],
        _ => return false,
    };
    run(call, folder, file, key, &names, findings);
    true
}

/// `npm install`: the project's own hooks; whatever else it does is in the rows.
fn hooks(call: &Call<'_>, folder: Option<&str>, operands: &[&Word], findings: &mut Findings) -> bool {
    let skips = call.words.iter().any(|word| word.text == "--ignore-scripts");
    if operands.len() == 1 && !skips && folder.or(call.place.cwd).is_some() {
        let mut quiet = Findings::default();
        if let Some(text) = text_in(call, folder, &["package.json"], &mut quiet) {
            findings.absorb(quiet, call.span);
            let scripts = scripts_of(&text, "scripts");
            for (_, text) in scripts.iter().filter(|(name, _)| HOOKS.contains(&name.as_str())) {
                script(call, folder, text, findings);
            }
        }
    }
    false
}

fn run(
    call: &Call<'_>,
    folder: Option<&str>,
    files: &[&str],
    key: &str,
    names: &[&str],
    findings: &mut Findings,
) {
    let name = names.first().copied().unwrap_or_default();
    let why = "a script of the project";
    findings.unread_at(Severity::Low, name, why, call.span);
    let Some(text) = text_in(call, folder, files, findings) else {
        if sounds_grave(name) {
            findings.unread(name, "a script that sounds final was not read", call.span);
        }
        return;
    };
    let scripts = scripts_of(&text, key);
    let wanted = [format!("pre{name}"), name.to_owned(), format!("post{name}")];
    let mut found = false;
    for (_, text) in scripts.iter().filter(|(name, _)| wanted.contains(name)).take(SCRIPTS) {
        found = true;
        script(call, folder, text, findings);
    }
    if !found {
        findings.unread_at(Severity::Low, name, "no script of that name was found", call.span);
    }
}

/// Names and texts of the scripts in a file of that form. A list of texts is one after the other.
fn scripts_of(text: &str, key: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(file)) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let Some(Value::Object(scripts)) = file.get(key).or_else(|| file.get("scripts")) else {
        return Vec::new();
    };
    let texts = scripts.iter().filter_map(|(name, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
            Value::Object(task) => task.get("command").and_then(Value::as_str)?.to_owned(),
            _ => return None,
        };
        Some((name.clone(), text))
    });
    texts.collect()
}
