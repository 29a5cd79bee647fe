//! What the names of a source stand for by its imports.

use super::calls::{Finder, STATEMENT};
use super::tokens::Token;

/// What `from os import *` and its like may bring, of what does more than compute.
const STARRED: &[&str] = &[
    "remove",
    "unlink",
    "rmdir",
    "removedirs",
    "system",
    "popen",
    "rename",
    "replace",
    "truncate",
    "chmod",
    "chown",
    "kill",
    "rmtree",
    "move",
    "run",
    "call",
    "Popen",
    "check_output",
    "check_call",
    "getoutput",
    "execv",
    "execvp",
    "execl",
    "execlp",
    "spawnl",
    "spawnv",
    "fork",
    "urlopen",
    "Path",
];
impl<'a> Finder<'_, 'a> {
    /// `import os as o, shutil`, `from os import system as s`.
    pub(super) fn import(&mut self, at: usize) {
        let stop = (at + STATEMENT).min(self.tokens.len());
        let end =
            self.tokens[at..stop].iter().position(|token| matches!(token, Token::Line | Token::Sign(';')));
        let end = end.map_or(stop, |end| at + end);
        let words: Vec<&'a str> = self.tokens[at + 1..end]
            .iter()
            .filter_map(|token| match token {
                Token::Name(name) => Some(*name),
                _ => None,
            })
            .collect();
        let from = self.tokens.get(at) == Some(&Token::Name("from"));
        let (module, names) = match words.split_first() {
            Some((module, names)) if from => (Some(*module), names),
            _ => (None, words.as_slice()),
        };
        let starred = self.tokens[at + 1..end].contains(&Token::Sign('*'));
        if let Some(module) = module.filter(|_| from && starred) {
            for name in STARRED {
                self.imports.insert(name, format!("{module}.{name}"));
            }
        }
        let mut last = None;
        let mut names = names.iter().skip(usize::from(from));
        while let Some(name) = names.next() {
            if *name == "as" {
                if let (Some(real), Some(alias)) = (last.take(), names.next()) {
                    self.imports.insert(alias, real);
                }
                continue;
            }
            let real = module.map_or_else(|| (*name).to_owned(), |module| format!("{module}.{name}"));
            if module.is_some() {
                self.imports.insert(name, real.clone());
            }
            last = Some(real);
        }
    }

    /// `const cp = require('child_process')`, `const { exec: e } = require('fs')`.
    pub(super) fn requires(&mut self, at: usize) {
        let Some(until) =
            self.tokens[at..].iter().take(40).position(|token| *token == Token::Name("require"))
        else {
            return;
        };
        let Some(Token::Text { text, whole: true }) = self.tokens.get(at + until + 2) else { return };
        let module = text.trim_start_matches("node:").replace('/', ".");
        let mut names = self.tokens[at + 1..at + until].iter();
        if let Some(Token::Name(name)) = names.next() {
            self.imports.insert(name, module);
            return;
        }
        let mut last: Option<&'a str> = None;
        let mut renames = false;
        for token in names {
            match token {
                Token::Sign(':') => renames = true,
                Token::Name(name) => {
                    let name: &'a str = name;
                    let real = last.filter(|_| renames).unwrap_or(name);
                    self.imports.insert(name, format!("{module}.{real}"));
                    (last, renames) = (Some(name), false);
                }
                _ => {}
            }
        }
    }
}
