//! A home folder of its own, with repositories whose every commit has the same name each time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use sayso_core::action::{Action, Shell};
use sayso_core::environment::{Environment, Environments};
use sayso_core::reading::{Effect, Reversible, Target, TargetKind, Verb};
use sayso_core::{Reading, Severity, UnixMs};
use sha2::{Digest as _, Sha256};

use crate::git::Git;
use crate::{Around, Gathered, Question, gather_with};

/// When everything in these tests was asked, in seconds since 1970.
const NOW: u64 = 1_700_000_000;

pub(crate) struct Ground {
    _folder: tempfile::TempDir,
    pub(crate) home: PathBuf,
    pub(crate) claims: BTreeMap<String, String>,
    pub(crate) environments: Environments,
    pub(crate) around: Around,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(folder.path()).unwrap();
        let (claims, environments) = (BTreeMap::new(), Environments::default());
        Self { _folder: folder, home, claims, environments, around: Around::default() }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.home.join(path)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn git(&self, folder: &str, args: &str) {
        let output = Command::new("git")
            .args(args.split(' '))
            .current_dir(self.path(folder))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", &self.home)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([
                ("GIT_AUTHOR_NAME", "a"),
                ("GIT_AUTHOR_EMAIL", "a@b"),
                ("GIT_AUTHOR_DATE", "1600000000 +0000"),
            ])
            .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@b")])
            .env("GIT_COMMITTER_DATE", "1600000000 +0000")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// A repository with three committed files and one ignored folder.
    pub(crate) fn repository(&self, folder: &str) {
        self.write(&format!("{folder}/.gitignore"), "build/\n*.log\n");
        self.write(&format!("{folder}/src/main.rs"), "fn main() {}\n");
        self.write(&format!("{folder}/src/lib.rs"), "pub fn one() {}\n".repeat(100));
        self.write(&format!("{folder}/build/out.bin"), vec![7; 5000]);
        self.git(folder, "init -q -b main");
        self.git(folder, "add -A");
        self.git(folder, "commit -q -m first");
        self.settle(folder);
    }

    /// A bare repository beside, with all that `folder` has.
    pub(crate) fn pushed_to(&self, folder: &str, remote: &str) {
        self.git(".", &format!("init -q --bare {remote}"));
        self.git(folder, &format!("remote add origin {}", self.path(remote).display()));
        self.git(folder, "push -q -u origin main");
        self.heard_of_remotes(folder);
    }

    /// Makes the files older than the index, as they are a moment after any checkout.
    pub(crate) fn settle(&self, folder: &str) {
        let index = fs::File::options().write(true).open(self.path(folder).join(".git/index")).unwrap();
        index.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
    }

    /// Sets the last push to two hours before the question.
    pub(crate) fn heard_of_remotes(&self, folder: &str) {
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW - 7200);
        for log in files_below(&self.path(folder).join(".git/logs/refs/remotes")) {
            fs::File::options().write(true).open(log).unwrap().set_modified(then).unwrap();
        }
    }

    pub(crate) fn shell(&self, cwd: &str) -> Action {
        self.script(cwd, "…")
    }

    pub(crate) fn script(&self, cwd: &str, script: &str) -> Action {
        let text = format!(r#"{{"kind":"shell","script":"{script}","cwd":"{}"}}"#, self.path(cwd).display());
        sayso_core::strict::parse(text.as_bytes()).unwrap()
    }

    pub(crate) fn push(&self, cwd: &str) -> Action {
        let Action::Shell(shell) = self.shell(cwd) else { unreachable!() };
        let argv = ["git", "push", "--force"].map(str::to_owned).to_vec();
        Action::Shell(Shell { command: sayso_core::action::Command::Argv(argv), ..shell })
    }

    pub(crate) fn edit(&self, path: &str, rest: &str) -> Action {
        let text = format!(r#"{{"kind":"file_edit","path":"{}",{rest}}}"#, self.path(path).display());
        sayso_core::strict::parse(text.as_bytes()).unwrap()
    }

    /// Asks about `action` with these effects, and proves that asking changed nothing.
    pub(crate) async fn ask(&self, action: &Action, effects: &[(Verb, TargetKind, &str)]) -> Gathered {
        let reading = reading(effects);
        let before = self.every_byte();
        let gathered = gather_with(&self.question(action, &reading), &Git::here(&self.home)).await;
        assert_eq!(before, self.every_byte(), "asking changed something");
        gathered
    }

    pub(crate) async fn delete(&self, cwd: &str, names: &[&str]) -> Gathered {
        let effects: Vec<_> = names.iter().map(|name| (Verb::Delete, TargetKind::Path, *name)).collect();
        self.ask(&self.shell(cwd), &effects).await
    }

    pub(crate) fn question<'a>(&'a self, action: &'a Action, reading: &'a Reading) -> Question<'a> {
        let now = UnixMs(i64::try_from(NOW).unwrap() * 1000);
        Question {
            action,
            reading,
            claims: &self.claims,
            environments: &self.environments,
            home: &self.home,
            now,
            around: &self.around,
        }
    }

    pub(crate) fn environment(&mut self, name: &str, folders: &[&str], remotes: &[&str], hosts: &[&str]) {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let (folders, remotes, hosts) = (list(folders), list(remotes), list(hosts));
        self.environments.rows.push(Environment { name: name.to_owned(), folders, remotes, hosts });
    }

    /// A digest over every path, content, mode and time below the home folder.
    pub(crate) fn every_byte(&self) -> String {
        use std::os::unix::fs::MetadataExt as _;
        let mut sum = Sha256::new();
        for path in everything_below(&self.home) {
            let meta = fs::symlink_metadata(&path).unwrap();
            let times = (meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec());
            sum.update(format!("{}\0{}\0{:?}\0{}\0", path.display(), meta.mode(), times, meta.ino()));
            if meta.is_file() {
                sum.update(fs::read(&path).unwrap());
            }
        }
        format!("{:x?}", sum.finalize().as_slice())
    }
}

pub(crate) fn reading(effects: &[(Verb, TargetKind, &str)]) -> Reading {
    let effect = |(verb, kind, name): &(Verb, TargetKind, &str)| Effect {
        verb: *verb,
        target: Target { kind: *kind, name: (*name).to_owned() },
        reversible: Reversible::Unknown,
    };
    Reading {
        severity: Severity::High,
        sentence: "Do it".to_owned(),
        effects: effects.iter().map(effect).collect(),
        reasons: Vec::new(),
        unread: Vec::new(),
        files: Vec::new(),
        reaches: Vec::new(),
        rows: Vec::new(),
    }
}

fn everything_below(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![folder.to_owned()];
    let mut next = 0;
    while next < all.len() {
        if fs::symlink_metadata(&all[next]).unwrap().is_dir() {
            let mut names: Vec<_> =
                fs::read_dir(&all[next]).unwrap().map(|entry| entry.unwrap().path()).collect();
            names.sort();
            all.append(&mut names);
        }
        next += 1;
    }
    all
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    if !folder.exists() {
        return Vec::new();
    }
    everything_below(folder).into_iter().filter(|path| path.is_file()).collect()
}
