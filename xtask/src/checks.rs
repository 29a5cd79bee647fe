//! The checks of the house: which way the arrows point, what things are called, how long a file is, and whether
//! generated files are what the source makes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::steps::{Outcome, cargo, output, program, root, step, target};

/// Which crate may know which, beside `sayso-core`. Arrows point only towards core; `cli` and `agents` never reach
/// keys, ledger or broker: a client of the socket can ask, wait and withdraw; it cannot approve.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("sayso-core", &[]),
    ("sayso-reading", &[]),
    ("sayso-sources", &["sayso-reading"]),
    ("sayso-facts", &[]),
    ("sayso-rules", &[]),
    ("sayso-keys", &[]),
    ("sayso-ledger", &[]),
    ("sayso-wire", &[]),
    ("sayso-agents", &[]),
    ("sayso-cli", &["sayso-wire", "sayso-agents", "sayso-reading", "sayso-sources", "sayso-rules"]),
    (
        "sayso-broker",
        &[
            "sayso-reading",
            "sayso-sources",
            "sayso-facts",
            "sayso-rules",
            "sayso-keys",
            "sayso-ledger",
            "sayso-wire",
        ],
    ),
    (
        "sayso-desktop",
        &[
            "sayso-broker",
            "sayso-facts",
            "sayso-rules",
            "sayso-keys",
            "sayso-ledger",
            "sayso-wire",
            "sayso-reading",
        ],
    ),
    (
        "sayso-tests",
        &[
            "sayso-wire",
            "sayso-keys",
            "sayso-ledger",
            "sayso-broker",
            "sayso-rules",
            "sayso-facts",
            "sayso-reading",
            "sayso-agents",
        ],
    ),
    ("xtask", &[]),
];

/// Packages that only the desktop application may know.
const DESKTOP_ONLY: &[&str] =
    &["tauri", "tauri-build", "tauri-plugin-single-instance", "tauri-plugin-autostart", "notify-rust"];

/// Pure crates: no clock, no randomness, no runtime among what they depend on.
const PURE: &[&str] = &["sayso-core", "sayso-reading", "sayso-rules", "sayso-agents"];
const IMPURE_PACKAGES: &[&str] = &["tokio", "getrandom", "rand", "sqlx", "keyring-core", "rustix"];

/// Words that no type, module or function here carries.
const NOT_OUR_WORDS: &[&str] = &["Manager", "Service", "Helper", "Util", "Handler"];

/// Lines of a source file: over it, two things live in one file.
const FILE_LINES: usize = 500;

/// All of them.
pub(crate) fn all() -> Outcome {
    layers()?;
    names_and_lengths()?;
    dependencies()?;
    types_are_fresh()
}

/// Licenses, sources and bans by cargo-deny, where it is installed.
fn dependencies() -> Outcome {
    if output(&mut cargo(["deny", "--version"])).is_err() {
        println!(
            "\n── Dependencies: skipped, because cargo-deny is not installed (`cargo install cargo-deny`)"
        );
        return Ok(());
    }
    step(
        "Dependencies",
        &mut cargo(["deny", "--locked", "--offline", "check", "licenses", "bans", "sources"]),
    )
}

fn layers() -> Outcome {
    println!("\n── Layers");
    let json = output(&mut cargo(["metadata", "--format-version", "1", "--no-deps", "--locked"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&json).map_err(|e| e.to_string())?;
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, may)) = MAY_KNOW.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("{name} has no row in the table of layers"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["kind"].as_str() == Some("dev") {
                continue;
            }
            let on = dependency["name"].as_str().unwrap_or_default();
            let ours = on.starts_with("sayso-") && on != "sayso-core" && on != name;
            let desktop = DESKTOP_ONLY.contains(&on) && name != "sayso-desktop";
            let impure = PURE.contains(&name) && IMPURE_PACKAGES.contains(&on);
            if (ours && !may.contains(&on)) || desktop || impure {
                wrong.push(format!("{name} must not depend on {on}"));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn names_and_lengths() -> Outcome {
    println!("\n── Names and lengths");
    let listed = output(&mut program("git", ["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let mut wrong = Vec::new();
    for file in listed.lines().filter(|file| is_source(file)) {
        let Ok(text) = fs::read_to_string(root().join(file)) else { continue };
        let lines = text.lines().count();
        if lines > FILE_LINES {
            wrong.push(format!("{file}: {lines} lines, over {FILE_LINES}"));
        }
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = declares(line) {
                wrong.push(format!("{file}:{}: `{word}` is not a word of this house", number + 1));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn is_source(file: &str) -> bool {
    let ending = Path::new(file).extension().and_then(|e| e.to_str()).unwrap_or_default();
    ["rs", "ts", "svelte"].contains(&ending) && !file.contains("/generated/")
}

/// The forbidden word that a line declares something with.
fn declares(line: &str) -> Option<&'static str> {
    let mut words = line.split_whitespace().skip_while(|word| {
        word.starts_with("pub") || ["export", "async", "const", "unsafe", "default", "declare"].contains(word)
    });
    let kind = words.next()?;
    if !["struct", "enum", "trait", "type", "class", "interface", "fn", "function", "mod"].contains(&kind) {
        return None;
    }
    let name = words.next()?;
    NOT_OUR_WORDS.iter().copied().find(|word| name.contains(word))
}

fn generate_types(into: &Path) -> Outcome {
    let mut command = cargo([
        "test",
        "--quiet",
        "--locked",
        "-p",
        "sayso-core",
        "--features",
        "ts",
        "--lib",
        "export_bindings",
    ]);
    command.env("TS_RS_EXPORT_DIR", into);
    step("TypeScript types", &mut command)
}

/// Regenerates the types where they live.
pub(crate) fn write_types() -> Outcome {
    generate_types(&root().join("ui/src/generated"))
}

fn types_are_fresh() -> Outcome {
    let fresh = target().join("generated-types");
    let _ = fs::remove_dir_all(&fresh);
    generate_types(&fresh)?;
    let (made, kept) = (files(&fresh), files(&root().join("ui/src/generated")));
    if made == kept && !made.is_empty() {
        return Ok(());
    }
    let differing: Vec<_> = made
        .keys()
        .chain(kept.keys())
        .filter(|name| made.get(*name) != kept.get(*name))
        .map(|name| name.display().to_string())
        .collect();
    Err(format!(
        "generated TypeScript types have drifted: {}. Run `cargo xtask types`.",
        differing.join(", ")
    ))
}

fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((PathBuf::from(entry.file_name()), fs::read_to_string(entry.path()).ok()?)))
        .collect()
}
