//! What a glob stands for, found by reading folders.
//!
//! Invariants: `*` and `?` leave out names that begin with a dot, as every shell does; `**` is taken as zsh and
//! bash's globstar take it, the larger of its two meanings. Links are followed but below `**`. All of it within
//! [`limits::GLOB_MATCHES`]; what is cut is told.

use std::fs;
use std::path::{Path, PathBuf};

use crate::limits;

/// Paths that a glob stands for.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) paths: Vec<PathBuf>,
    /// Whether there are more.
    pub(crate) cut: bool,
}

/// The paths that the absolute `pattern` stands for, sorted.
pub(crate) fn expand(pattern: &str) -> Found {
    let mut found = Found::default();
    let mut words = Vec::new();
    found.cut = !braces(pattern, &mut words);
    for word in words {
        let parts: Vec<&str> = word.split('/').filter(|part| !part.is_empty()).collect();
        descend(Path::new("/"), &parts, &mut found);
    }
    found.paths.sort();
    found.paths.dedup();
    found
}

fn descend(folder: &Path, parts: &[&str], found: &mut Found) {
    if found.paths.len() >= limits::GLOB_MATCHES {
        found.cut = true;
        return;
    }
    let Some((part, rest)) = parts.split_first() else {
        return found.paths.push(folder.to_owned());
    };
    if *part == "**" {
        descend(folder, rest, found);
        for (name, is_folder) in listing(folder) {
            if is_folder && !name.starts_with('.') {
                descend(&folder.join(name), parts, found);
            }
        }
        return;
    }
    if !part.contains(['*', '?', '[', '\\']) {
        let path = folder.join(part);
        if fs::symlink_metadata(&path).is_ok() {
            descend(&path, rest, found);
        }
        return;
    }
    let pattern: Vec<char> = part.chars().collect();
    for (name, _) in listing(folder) {
        if name.starts_with('.') && pattern.first() != Some(&'.') {
            continue;
        }
        let letters: Vec<char> = name.chars().collect();
        if fits(&pattern, &letters) {
            descend(&folder.join(name), rest, found);
        }
    }
}

/// The names in a folder that are text, each with whether it is a folder itself.
fn listing(folder: &Path) -> impl Iterator<Item = (String, bool)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(limits::ENTRIES);
    entries.filter_map(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        Some((entry.file_name().into_string().ok()?, is_folder))
    })
}

/// Whether one part of a path fits one part of a pattern.
fn fits(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let next = if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
            continue;
        } else {
            one(&pattern[p..], name[n])
        };
        if let Some(length) = next {
            p += length;
            n += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            (p, n) = (at + 1, taken + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How long the pattern's first element is, where it fits `letter`.
fn one(pattern: &[char], letter: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['[', rest @ ..] => match set(rest, letter) {
            Some((length, fits)) => fits.then_some(length + 1),
            // A bracket that nothing closes is itself.
            None => (letter == '[').then_some(1),
        },
        ['\\', escaped, ..] => (*escaped == letter).then_some(2),
        [plain, ..] => (*plain == letter).then_some(1),
        [] => None,
    }
}

/// The length of a `[…]` behind its bracket, and whether `letter` is in it.
fn set(pattern: &[char], letter: char) -> Option<(usize, bool)> {
    let negated = matches!(pattern.first(), Some('!' | '^'));
    let start = usize::from(negated);
    // A `]` right at the start is one of the letters.
    let end = (start + 1..pattern.len()).find(|i| pattern[*i] == ']')?;
    let letters = &pattern[start..end];
    let mut within = false;
    let mut i = 0;
    while i < letters.len() {
        if let [from, '-', to, ..] = &letters[i..] {
            within |= (*from..=*to).contains(&letter);
            i += 3;
        } else {
            within |= letters[i] == letter;
            i += 1;
        }
    }
    Some((end + 1, within != negated))
}

/// The words that `{a,b}` in `text` stands for; false where there are more than [`limits::BRACE_WORDS`].
fn braces(text: &str, words: &mut Vec<String>) -> bool {
    if words.len() >= limits::BRACE_WORDS {
        return false;
    }
    let Some((start, end, commas)) = first_braces(text) else {
        words.push(text.to_owned());
        return true;
    };
    let mut from = start + 1;
    let mut all = true;
    for to in commas.into_iter().chain([end]) {
        all &= braces(&format!("{}{}{}", &text[..start], &text[from..to], &text[end + 1..]), words);
        from = to + 1;
    }
    all
}

/// Where the first braces with a comma in them open and close, and their own commas.
fn first_braces(text: &str) -> Option<(usize, usize, Vec<usize>)> {
    let opening = text.bytes().enumerate().filter(|(_, c)| *c == b'{').map(|(i, _)| i);
    opening.take(limits::BRACE_WORDS).find_map(|start| {
        let (mut depth, mut commas) = (0usize, Vec::new());
        for (i, c) in text.bytes().enumerate().skip(start) {
            match c {
                b'{' => depth += 1,
                b',' if depth == 1 => commas.push(i),
                b'}' if depth == 1 => return (!commas.is_empty()).then_some((start, i, commas)),
                b'}' => depth -= 1,
                _ => {}
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(pattern: &str, name: &str) -> bool {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        fits(&letters(pattern), &letters(name))
    }

    #[test]
    fn a_part_fits_as_in_a_shell() {
        for (pattern, name) in [
            ("*", "x"),
            ("*.rs", "a.rs"),
            ("a?c", "aéc"),
            ("[a-c]x", "bx"),
            ("[!a]", "b"),
            ("[]]", "]"),
            ("a[", "a["),
            ("\\*", "*"),
        ] {
            assert!(fit(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("*.rs", "a.rsx"), ("?", ""), ("[a-c]", "d"), ("[!a]", "a"), ("\\*", "x"), ("a", "")]
        {
            assert!(!fit(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn braces_stand_for_words_and_their_number_is_bounded() {
        let mut words = Vec::new();
        assert!(braces("/a/{b,c{d,e}}/{f}", &mut words));
        assert_eq!(words, ["/a/b/{f}", "/a/cd/{f}", "/a/ce/{f}"]);
        let mut words = Vec::new();
        assert!(!braces(&"{a,b}".repeat(40), &mut words));
        assert_eq!(words.len(), limits::BRACE_WORDS);
    }

    #[test]
    fn a_glob_is_found_on_disk_without_hidden_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.rs", "b.rs", ".c.rs", "d.txt", "deep/er/e.rs"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let names = |pattern: &str| -> Vec<String> {
            let found = expand(&format!("{}/{pattern}", folder.path().display()));
            assert!(!found.cut);
            found.paths.iter().map(|p| p.strip_prefix(folder.path()).unwrap().display().to_string()).collect()
        };
        assert_eq!(names("*.rs"), ["a.rs", "b.rs"]);
        assert_eq!(names(".*.rs"), [".c.rs"]);
        assert_eq!(names("{a,d}.*"), ["a.rs", "d.txt"]);
        assert_eq!(names("**/*.rs"), ["a.rs", "b.rs", "deep/er/e.rs"]);
        assert_eq!(names("*/er"), ["deep/er"]);
        assert!(names("*.py").is_empty());
    }
}
