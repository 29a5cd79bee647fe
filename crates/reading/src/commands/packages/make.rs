//! `make` and `just`: the recipes of a target and of what it needs, read as scripts.
//!
//! Deliberately absent: conditions, functions and patterns of make. Variables are put in where they are plain.

use std::collections::HashMap;

use sayso_core::Severity;

use super::{script, sounds_grave, text_in};
use crate::Findings;
use crate::commands::{Call, Stdin};
use crate::words::Word;

/// Recipes that are read of one call.
const RECIPES: usize = 64;
/// Targets that one rule may name.
const NAMES: usize = 64;
/// Bytes of a recipe with its variables put in.
const RECIPE_BYTES: usize = 32 * 1024;

/// Reads a call of `make` or `just`. Whether it is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let (files, is_make): (&[&str], _) = match call.name {
        "make" | "gmake" | "bmake" | "nmake" | "mingw32-make" => {
            (&["GNUmakefile", "makefile", "Makefile"], true)
        }
        "just" => (&["justfile", "Justfile", ".justfile"], false),
        "task" | "go-task" | "mage" | "invoke" | "inv" | "doit" | "nox" | "rake" | "earthly" | "tilt"
        | "moon" | "pants" | "xtask" => {
            return other(call, findings);
        }
        _ => return false,
    };
    let (mut folder, mut file) = (None, None);
    let mut targets: Vec<&Word> = Vec::new();
    let mut given: Vec<(&str, &str)> = Vec::new();
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "--help" | "--version" | "-v" | "-n" | "--dry-run" | "--just-print" | "-q" | "--question"
            | "--list" | "-l" | "--summary" | "--show" | "--evaluate" | "--dump" | "--choose"
                if word.literal && (word.text != "-l" || !is_make) =>
            {
                findings.reads(call.name);
                return true;
            }
            "-C" | "--directory" | "--working-directory" => {
                folder = words.next().map(|word| word.text.as_str());
            }
            "-d" if !is_make => folder = words.next().map(|word| word.text.as_str()),
            "-f" | "--file" | "--makefile" | "--justfile" => {
                file = words.next().map(|word| word.text.as_str());
            }
            "-j" if words
                .as_slice()
                .first()
                .is_some_and(|next| next.text.bytes().all(|b| b.is_ascii_digit())) =>
            {
                words.next();
            }
            "-I" | "-o" | "-W" | "--set" => {
                words.next();
            }
            "--eval" => {
                if let Some(text) = words.next() {
                    findings.unread(call.name, "it is given a recipe on the command line", text.span);
                }
            }
            text if text.starts_with("--eval=") => {
                findings.unread(call.name, "it is given a recipe on the command line", word.span);
            }
            text if text.starts_with("--directory=") => folder = text.split_once('=').map(|(_, value)| value),
            text if text.starts_with("-C") => folder = text.get(2..),
            text if text.starts_with('-') => {}
            text => match text.split_once('=') {
                Some((name, value)) => {
                    if matches!(name, "SHELL" | "MAKE" | "CC" | "CXX")
                        && value.contains(['/', ' '])
                        && name == "SHELL"
                    {
                        findings.unread(call.name, "it is told to run another shell", word.span);
                    }
                    given.push((name, value));
                }
                None => targets.push(word),
            },
        }
    }
    let shown = targets.first().map_or("the first target", |word| word.text.as_str());
    findings.unread_at(Severity::Low, shown, "a target of the project", call.span);
    if let Some(bad) = targets.iter().find(|word| sounds_grave(&word.text)) {
        let why = "the recipe of a target that sounds final was not read";
        let known = file.is_none() && is_known(call, folder, files);
        if !known {
            findings.unread(&bad.text, why, bad.span);
        }
    }
    let own = file.map(|file| [file]);
    let names: &[&str] = own.as_ref().map_or(files, |own| own);
    let Some(text) = recipes(call, folder, file, names, findings) else { return true };
    let mut book = Book::of(&text, is_make);
    book.variables.extend(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let wanted: Vec<&str> = if is_make || targets.is_empty() {
        targets.iter().map(|word| word.text.as_str()).collect()
    } else {
        // What stands behind a recipe of just is its arguments, or another recipe.
        targets.iter().map(|word| word.text.as_str()).filter(|name| book.recipes.contains_key(name)).collect()
    };
    for text in book.run(&wanted) {
        script(call, folder, &text, findings);
    }
    true
}

/// The text of the file of recipes: handed in, or a file of the project.
fn recipes(
    call: &Call<'_>,
    folder: Option<&str>,
    file: Option<&str>,
    names: &[&str],
    findings: &mut Findings,
) -> Option<String> {
    match file.filter(|file| matches!(*file, "-" | "/dev/stdin")).map(|_| call.place.stdin) {
        Some(Stdin::Text(text)) => return Some(text.to_owned()),
        Some(Stdin::Download | Stdin::Printed(_)) => {
            findings.unread(call.name, "it is handed its recipes by another program", call.span);
        }
        _ => {}
    }
    let text = text_in(call, folder, names, findings);
    if text.is_none() {
        let open = |path: &&str| crate::shell::weight(path, true) >= Severity::High;
        if let Some(path) = file.into_iter().chain(folder).find(open) {
            findings.unread(path, "its recipes lie in a folder that anybody writes to", call.span);
        }
    }
    text
}

/// Tools whose tasks stand in files of forms that are not read.
fn other(call: &Call<'_>, findings: &mut Findings) -> bool {
    if call.name == "rake" {
        return false;
    }
    let bad = call.words.iter().find(|word| !word.text.starts_with('-') && sounds_grave(&word.text));
    match bad {
        Some(word) => {
            findings.unread(&word.text, "a task of the project that sounds final was not read", word.span);
        }
        None => findings.unread_at(Severity::Low, call.name, "a task of the project", call.span),
    }
    true
}

fn is_known(call: &Call<'_>, folder: Option<&str>, files: &[&str]) -> bool {
    text_in(call, folder, files, &mut Findings::default()).is_some()
}

struct Recipe<'a> {
    needs: Vec<&'a str>,
    lines: Vec<&'a str>,
}

/// Targets and variables of a file.
struct Book<'a> {
    recipes: HashMap<&'a str, Recipe<'a>>,
    first: Option<&'a str>,
    variables: HashMap<String, String>,
    is_make: bool,
}

impl<'a> Book<'a> {
    fn of(text: &'a str, is_make: bool) -> Self {
        let mut book = Self { recipes: HashMap::new(), first: None, variables: HashMap::new(), is_make };
        let mut open: Vec<&'a str> = Vec::new();
        for line in text.lines() {
            let indented = line.starts_with('\t') || !is_make && line.starts_with([' ', '\t']);
            if indented {
                for name in &open {
                    if let Some(recipe) = book.recipes.get_mut(name) {
                        recipe.lines.push(line);
                    }
                }
                continue;
            }
            let line = line.trim_end();
            if line.is_empty() || line.starts_with(['#', '@', '[']) && !line.contains(':') {
                continue;
            }
            open.clear();
            book.head(line, &mut open);
        }
        book
    }

    /// A line that is no recipe's: a variable or a target.
    fn head(&mut self, line: &'a str, open: &mut Vec<&'a str>) {
        let assigns = line.find('=').filter(|at| {
            let colon = line.find(':');
            colon.is_none_or(|colon| colon > *at || colon + 1 == *at || line[colon..].starts_with("::="))
        });
        if let Some(at) = assigns {
            let name = line[..at].trim_end_matches([':', '?', '+', '!']).trim();
            let name = name.strip_prefix("export ").unwrap_or(name).trim();
            let value = line[at + 1..].trim();
            let value = if self.is_make { value } else { value.trim_matches(['"', '\'']) };
            self.variables.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            return;
        }
        let Some((names, needs)) = line.split_once(':') else { return };
        let needs = needs.trim_start_matches(':').split('#').next().unwrap_or("");
        let (needs, own) = match needs.split_once(';').filter(|_| self.is_make) {
            Some((needs, own)) => (needs, Some(own)),
            None => (needs, None),
        };
        let names: Vec<&'a str> = if self.is_make {
            names.split_ascii_whitespace().take(NAMES).collect()
        } else {
            names.trim_start_matches('@').split_ascii_whitespace().take(1).collect()
        };
        for name in names {
            if name.starts_with('.') && self.is_make {
                continue;
            }
            self.first = self.first.or(Some(name));
            let recipe =
                self.recipes.entry(name).or_insert_with(|| Recipe { needs: Vec::new(), lines: Vec::new() });
            recipe.needs.extend(needs.split_ascii_whitespace().map(|need| need.trim_matches(['(', ')'])));
            recipe.lines.extend(own);
            open.push(name);
        }
    }

    /// The scripts of these targets and of what they need, each once.
    fn run(&self, wanted: &[&str]) -> Vec<String> {
        let mut left: Vec<&str> = wanted.to_vec();
        if left.is_empty() {
            left.extend(self.first);
        }
        let mut seen: Vec<&str> = Vec::new();
        let mut out = Vec::new();
        while let Some(name) = left.pop() {
            if seen.contains(&name) || seen.len() >= RECIPES {
                continue;
            }
            seen.push(name);
            let Some(recipe) = self.recipes.get(name) else { continue };
            left.extend(&recipe.needs);
            let text = self.text(recipe, name);
            if !text.trim().is_empty() {
                out.push(text);
            }
        }
        out
    }

    fn text(&self, recipe: &Recipe<'_>, target: &str) -> String {
        let mut out = String::new();
        for line in &recipe.lines {
            let line = line.trim_start();
            let line = line.trim_start_matches(['@', '-', '+']).trim_start();
            if line.starts_with("#!") {
                continue;
            }
            self.expand(line, target, 0, &mut out);
            out.push('\n');
            if out.len() > RECIPE_BYTES {
                break;
            }
        }
        out
    }

    /// `$(NAME)` and `{{name}}` by their values; what has none is a variable of the shell.
    fn expand(&self, text: &str, target: &str, depth: usize, out: &mut String) {
        let mut rest = text;
        while let Some(at) = rest.find(if self.is_make { "$" } else { "{{" }) {
            if out.len() > RECIPE_BYTES {
                return;
            }
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if !self.is_make {
                let end = rest.find("}}").unwrap_or(rest.len());
                let name = rest.get(2..end).unwrap_or_default().trim();
                rest = rest.get(end + 2..).unwrap_or_default();
                self.put(name, target, depth, out);
                continue;
            }
            let next = rest.chars().nth(1);
            match next {
                Some('$') => {
                    out.push('$');
                    rest = &rest[2..];
                }
                Some('@') => {
                    out.push_str(target);
                    rest = &rest[2..];
                }
                Some('(' | '{') => {
                    let close = if next == Some('(') { ')' } else { '}' };
                    let end = rest.find(close).unwrap_or(rest.len());
                    let name = rest.get(2..end).unwrap_or_default();
                    rest = rest.get(end + 1..).unwrap_or_default();
                    match name.strip_prefix("shell ") {
                        Some(command) => {
                            out.push_str("$(");
                            out.push_str(command);
                            out.push(')');
                        }
                        None => self.put(name, target, depth, out),
                    }
                }
                Some(c) => {
                    out.push_str("\"$_");
                    out.push('"');
                    rest = &rest[1 + c.len_utf8()..];
                }
                None => rest = "",
            }
        }
        out.push_str(rest);
    }

    fn put(&self, name: &str, target: &str, depth: usize, out: &mut String) {
        match self.variables.get(name) {
            Some(value) if depth < 4 => self.expand(value, target, depth + 1, out),
            _ if name == "MAKE" => out.push_str("make"),
            _ if name == "RM" => out.push_str("rm -f"),
            _ if name == "CURDIR" || name == "PWD" => out.push('.'),
            _ => {
                let name: String =
                    name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
                out.push_str("\"${");
                out.push_str(if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                    "_"
                } else {
                    &name
                });
                out.push_str("}\"");
            }
        }
    }
}
