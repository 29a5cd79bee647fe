//! `docker build`: the commands of a Dockerfile. They run in the image; what they delete is not here, and what they
//! fetch and run is unread like elsewhere, but walled in.

use sayso_core::Severity;

use super::text_in;
use crate::commands::{Call, Place};
use crate::shell::read_script;
use crate::words::Word;
use crate::{Findings, SCRIPT_BYTES};

/// Commands of one Dockerfile that are read.
const RUNS: usize = 128;

/// Reads a call that builds an image. Whether it is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let mut operands = call.words.iter().filter(|word| !word.text.starts_with('-'));
    let first = operands.next().map_or("", |word| word.text.as_str());
    let builds = match call.name {
        "docker" | "podman" | "nerdctl" => {
            first == "build"
                || matches!(first, "buildx" | "image" | "builder")
                    && operands.next().is_some_and(|word| word.text == "build")
        }
        "buildah" => matches!(first, "build" | "bud" | "build-using-dockerfile"),
        _ => false,
    };
    if !builds || call.words.iter().any(|word| word.text == "--help") {
        return false;
    }
    if call.words.iter().any(|word| {
        word.text == "--push"
            || word.text.starts_with("--output=type=registry")
            || word.text.contains("type=registry") && !word.text.contains("ref=")
    }) {
        // Who pushes publishes: that is the registries' room's.
        return false;
    }
    findings.unread_at(Severity::Low, call.name, "an image is built", call.span);
    let mut file = None;
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "-f" | "--file" => file = words.next().map(|word| word.text.as_str()),
            text => file = text.strip_prefix("--file=").or(file),
        }
    }
    for word in call.words.iter().filter(|word| word.text.contains("://") && !word.text.starts_with('-')) {
        findings.unread_at(Severity::Low, &word.text, "the image is built from another place", word.span);
    }
    let folder = context(call);
    let found = match file {
        Some(file) => text_in(call, None, &[file], findings),
        None => text_in(call, folder, &["Dockerfile", "Containerfile"], findings),
    };
    let Some(text) = found else { return true };
    let mut inner = Findings::default();
    for script in runs(&text) {
        let place = Place { depth: call.place.depth + 1, cwd: None, ..*call.place };
        read_script(&script, &place, &mut inner);
    }
    if inner.severity() >= Some(Severity::High) {
        let why = "a command in the image deletes, or runs what cannot be read; it stays in the image";
        findings.unread_at(Severity::Low, call.name, why, call.span);
    }
    true
}

/// The folder that is built: the last operand.
fn context<'a>(call: &Call<'a>) -> Option<&'a str> {
    let last: &Word = call.words.last()?;
    (!last.text.starts_with('-') && !last.text.contains("://")).then_some(last.text.as_str())
}

/// The texts of the `RUN` lines, with their continuations.
fn runs(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        let part = match open.take() {
            Some(mut before) => {
                before.push(' ');
                before.push_str(line);
                before
            }
            None => match line.get(..4).filter(|word| word.eq_ignore_ascii_case("RUN ")) {
                Some(_) => line[4..].trim_start().to_owned(),
                None => continue,
            },
        };
        if let Some(going) = part.strip_suffix('\\') {
            open = Some(going.to_owned());
        } else if part.len() <= SCRIPT_BYTES && out.len() < RUNS {
            out.push(without_options(&part).to_owned());
        }
    }
    out
}

/// Behind `--mount=…` and the like.
fn without_options(mut text: &str) -> &str {
    while text.starts_with("--") {
        text = text.split_once(' ').map_or("", |(_, rest)| rest.trim_start());
    }
    text
}
