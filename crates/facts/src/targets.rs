//! Which paths an action hits, found by looking at folders the way a shell would.
//!
//! # Invariants
//! - A name that cannot be resolved (a variable, another user's home) is told in a sentence, never left out.
//! - A glob stands for at least what a shell would make of it: where shells differ, for the larger set.
//! - A path comes out with every link above it followed and its own last part not: what is removed is the link.
//!   What is written goes where the link leads, so there the last part is followed too.
//!
//! Blocking: it reads folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sayso_core::action::{Action, FileChange};
use sayso_core::reading::{System, TargetKind, Verb};
use sayso_core::{Reading, environment};

use crate::throws::{self, Throws};
use crate::{glob, words};

/// What becomes of a target, the worse the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hit {
    /// Some of its content.
    Changed,
    /// All of its content.
    Replaced,
    /// Itself.
    Gone,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file, a link, a socket …
    File,
    /// A folder.
    Folder,
}

/// A path that is hit, and is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) hit: Hit,
}

/// All paths that an action hits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Targets {
    /// What is there, none of them below another.
    pub(crate) found: Vec<Target>,
    /// What is named and not there.
    pub(crate) missing: Vec<PathBuf>,
    /// What could not be resolved, each a sentence.
    pub(crate) unresolved: Vec<String>,
    /// Where links lead, each a sentence.
    pub(crate) links: Vec<String>,
    /// Where git does it all: what of the found is hit.
    pub(crate) throws: Option<Throws>,
}

impl Targets {
    /// The paths that go, with all that is in them.
    pub(crate) fn gone(&self) -> Vec<PathBuf> {
        // Of a folder that git cleans, its repository stays.
        if self.throws.is_some() {
            return Vec::new();
        }
        self.found.iter().filter(|t| t.hit == Hit::Gone).map(|t| t.path.clone()).collect()
    }
}

/// The paths of an action as named: what the reading says, and the file of an edit whatever the reading says.
pub(crate) fn named(action: &Action, reading: &Reading) -> Vec<(String, Hit)> {
    let mut named = Vec::new();
    if let Action::FileEdit(edit) = action {
        let hit = match edit.change {
            FileChange::Content(_) => Hit::Replaced,
            FileChange::Patch(_) | FileChange::Replace { .. } => Hit::Changed,
            FileChange::Delete {} => Hit::Gone,
        };
        named.push((edit.path.as_str().to_owned(), hit));
    }
    for effect in reading.effects.iter().filter(|e| e.target.kind == TargetKind::Path) {
        let hit = match effect.verb {
            Verb::Delete => Hit::Gone,
            Verb::Overwrite => Hit::Replaced,
            Verb::Change => Hit::Changed,
            _ => continue,
        };
        let known = named.iter_mut().find(|(name, _)| *name == effect.target.name);
        match known {
            // Of an edit the action itself says what becomes of its file.
            Some(_) if matches!(action, Action::FileEdit(_)) => {}
            Some((_, worst)) => *worst = (*worst).max(hit),
            None => named.push((effect.target.name.clone(), hit)),
        }
    }
    named
}

/// The paths that the action hits on another machine or in a container.
pub(crate) fn elsewhere(reading: &Reading) -> impl Iterator<Item = &str> {
    let there = reading.reaches.iter().filter(|reach| reach.system == System::Elsewhere);
    there.filter_map(|reach| reach.settings.get("paths")).flat_map(|paths| paths.lines())
}

/// Whether a path is hit there. It may be hit here as well.
pub(crate) fn is_elsewhere(reading: &Reading, path: &str) -> bool {
    elsewhere(reading).any(|known| known == path)
}

/// The action's paths as they are on disk now.
pub(crate) fn resolve(action: &Action, reading: &Reading, home: &Path) -> Targets {
    let mut search =
        Search { home, cwd: action.cwd(), env: &[], out: Targets::default(), hits: BTreeMap::new() };
    if let Action::Shell(shell) = action {
        search.env = &shell.env;
    }
    let edited = if let Action::FileEdit(edit) = action { Some(edit.path.as_str()) } else { None };
    for (name, hit) in named(action, reading) {
        if edited == Some(name.as_str()) {
            search.take(Path::new(&name), hit);
        } else {
            search.name(&name, hit);
        }
    }
    let throws = throws::of(action).filter(Throws::files);
    Targets { throws, ..search.finish() }
}

struct Search<'a> {
    home: &'a Path,
    cwd: Option<&'a str>,
    /// Variables that the asker changed: their values are not known here.
    env: &'a [String],
    out: Targets,
    hits: BTreeMap<PathBuf, Hit>,
}

impl Search<'_> {
    fn name(&mut self, name: &str, hit: Hit) {
        let text = self.known_variables(name);
        let text = environment::expand_home(&text, &self.home.to_string_lossy());
        let path = match self.absolute(&text) {
            Ok(path) => path,
            Err(why) => return self.out.unresolved.push(format!("{} {why}", words::quoted(name))),
        };
        let literal = Path::new(&path);
        let there = fs::symlink_metadata(literal).is_ok();
        if path.contains(['$', '`']) {
            if there {
                self.take(literal, hit);
            }
            let why =
                format!("{} holds a variable; nothing here can say what it stands for.", words::quoted(name));
            return self.out.unresolved.push(why);
        }
        if !path.contains(['*', '?', '[', '{', '\\']) {
            return self.take(literal, hit);
        }
        let found = glob::expand(&path);
        if found.cut {
            let why = format!(
                "{} stands for more than {} paths; the rest is not counted.",
                words::quoted(name),
                words::number(found.paths.len() as u64)
            );
            self.out.unresolved.push(why);
        }
        // A shell hands on a glob that fits nothing as it is written.
        if there || found.paths.is_empty() {
            self.take(literal, hit);
        }
        for path in found.paths {
            self.take(&path, hit);
        }
    }

    /// `$HOME` and `$PWD` in their places, unless the asker changed them.
    fn known_variables(&self, name: &str) -> String {
        if !name.contains('$') {
            return name.to_owned();
        }
        let home = self.home.to_string_lossy();
        let mut text = name.to_owned();
        for (variable, value) in [("HOME", Some(home.as_ref())), ("PWD", self.cwd)] {
            let Some(value) = value.filter(|_| !self.env.iter().any(|changed| changed == variable)) else {
                continue;
            };
            text = text.replace(&format!("${{{variable}}}"), value);
            // `$HOME` alone or before a slash: `$HOMEDIR` is another variable.
            if let Some(rest) = text.strip_prefix(&format!("${variable}"))
                && (rest.is_empty() || rest.starts_with('/'))
            {
                text = format!("{value}{rest}");
            }
        }
        text
    }

    fn absolute(&self, text: &str) -> Result<String, &'static str> {
        if text.starts_with('~') {
            return Err("is in another user's home; nothing here can say where.");
        }
        if text.is_empty() || text.contains('\0') {
            return Err("is not a path.");
        }
        if Path::new(text).is_absolute() || text.starts_with(['$', '`']) {
            return Ok(text.to_owned());
        }
        let cwd = self.cwd.ok_or("is relative, and the action names no folder.")?;
        Ok(format!("{}/{text}", cwd.trim_end_matches('/')))
    }

    fn take(&mut self, path: &Path, hit: Hit) {
        let slash = path.to_string_lossy().ends_with('/');
        let place = place_of(path);
        let link = fs::symlink_metadata(&place).is_ok_and(|m| m.is_symlink());
        // A slash at the end makes the shell mean what the link leads to.
        let place = if link && (hit != Hit::Gone || slash) { self.follow(&place) } else { place };
        if link
            && hit == Hit::Gone
            && !slash
            && let Ok(to) = fs::canonicalize(&place)
        {
            self.say_link(&place, &to, "the link goes, and what it leads to stays");
        }
        if fs::symlink_metadata(&place).is_ok() {
            let worst = self.hits.entry(place).or_insert(hit);
            *worst = (*worst).max(hit);
        } else if !self.out.missing.contains(&place) {
            self.out.missing.push(place);
        }
    }

    fn follow(&mut self, link: &Path) -> PathBuf {
        let Ok(to) = fs::canonicalize(link) else { return link.to_owned() };
        self.say_link(link, &to, "that is what is hit");
        to
    }

    fn say_link(&mut self, link: &Path, to: &Path, what: &str) {
        let (link, to) = (words::path(link, self.home), words::path(to, self.home));
        self.out.links.push(format!("{link} is a link that leads to {to}: {what}."));
    }

    fn finish(mut self) -> Targets {
        // Sorted by parts, so whatever is below a folder comes right behind it.
        for (path, hit) in self.hits {
            if let Some(above) = self.out.found.last_mut().filter(|above| path.starts_with(&above.path)) {
                // Of `chmod -R x a; rm a/b` all of `a` counts as gone: rather too much than too little.
                above.hit = above.hit.max(hit);
                continue;
            }
            let folder = fs::symlink_metadata(&path).is_ok_and(|m| m.is_dir());
            let kind = if folder { Kind::Folder } else { Kind::File };
            self.out.found.push(Target { path, kind, hit });
        }
        self.out
    }
}

/// `path` with all links above its last part followed, and `.` and `..` worked out as the kernel would. Where a
/// folder of it is not there, by text from there on.
pub(crate) fn place_of(path: &Path) -> PathBuf {
    let Some(name) = path.file_name() else {
        return fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    };
    // `file_name` skips a `.` at the end: `build/.` is build.
    let parent = path.parent().unwrap_or(Path::new("/"));
    match fs::canonicalize(parent) {
        Ok(parent) => parent.join(name),
        Err(_) if parent.parent().is_some() => place_of(parent).join(name),
        Err(_) => path.to_owned(),
    }
}
