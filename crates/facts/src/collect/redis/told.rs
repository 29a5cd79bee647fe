//! What was found in Redis, as facts and as *What changes*.

use sayso_core::UnixMs;
use sayso_core::card::{Change, LineMark, Outline, OutlineRow};
use sayso_core::fact::{Fact, Known, Tone};

use super::Aim;
use super::address::Address;
use super::server::{Hit, Server};
use crate::collect::{Backup, Survives};
use crate::{Question, limits, words};

/// Everything that there is to tell.
pub(super) struct Told<'a> {
    pub(super) q: &'a Question<'a>,
    pub(super) address: &'a Address,
    pub(super) aim: &'a Aim,
    pub(super) server: &'a Server,
    pub(super) hit: &'a Hit,
}

fn keys(n: u64) -> String {
    words::count(n, "key", "keys")
}

impl Told<'_> {
    pub(super) fn data(&self, source: &str) -> Fact {
        Fact {
            headline: self.headline(),
            detail: words::sentences([
                self.unclear(),
                self.beginnings(),
                self.expiring(),
                self.connected(),
                self.followers(),
                self.unsaved(),
            ]),
            known: Known::Checked,
            source: source.to_owned(),
            at: Some(self.q.now),
            tone: Tone::Plain,
        }
    }

    fn total(&self) -> u64 {
        self.server.databases.values().map(|database| database.keys).fold(0, u64::saturating_add)
    }

    fn own(&self) -> u64 {
        self.server.databases.get(&self.address.database).map_or(0, |database| database.keys)
    }

    /// The size of all, where all goes.
    fn size(&self) -> String {
        let only = self.server.databases.len() == 1;
        let bytes = self.server.bytes.filter(|_| self.total() > 0);
        let whole = *self.aim == Aim::All || (*self.aim == Aim::Database && only);
        bytes.filter(|_| whole).map_or_else(String::new, |bytes| format!(", {}", words::size(bytes)))
    }

    fn headline(&self) -> String {
        let least = if self.hit.at_least { "At least " } else { "" };
        let own = keys(self.own());
        match (self.aim, self.hit.keys) {
            (Aim::Keys(_), Some(0)) => "Nothing there".to_owned(),
            (Aim::All, Some(n)) if self.server.databases.len() > 1 => {
                let databases = words::count(self.server.databases.len() as u64, "database", "databases");
                format!("{} in {databases}{}", keys(n), self.size())
            }
            (Aim::All | Aim::Database, Some(n)) => format!("{}{}", keys(n), self.size()),
            (_, Some(n)) => format!("{least}{} of {own}", words::number(n)),
            (_, None) => format!("Some of {own}"),
        }
    }

    fn unclear(&self) -> String {
        let database = self.address.database;
        match self.aim {
            Aim::Unclear => {
                format!(
                    "Database {database} holds {}; which of them are hit could not be told.",
                    keys(self.own())
                )
            }
            Aim::Pattern(pattern) => {
                let time = if self.hit.at_least { "; there was no time to look at all of them" } else { "" };
                format!("Those are the keys that match {} now{time}.", words::quoted(pattern))
            }
            Aim::Keys(names) => {
                let missing = (names.len() as u64).saturating_sub(self.hit.keys.unwrap_or(0));
                match missing {
                    0 => String::new(),
                    _ if self.hit.at_least => "There was no time to look for all of them.".to_owned(),
                    1 => "1 key that is named is not there.".to_owned(),
                    n => format!("{} keys that are named are not there.", words::number(n)),
                }
            }
            Aim::All | Aim::Database if self.server.is_cluster => {
                "It is one node of a cluster: the others were not asked.".to_owned()
            }
            Aim::All | Aim::Database => String::new(),
        }
    }

    fn beginnings(&self) -> String {
        let some: Vec<String> = self.hit.beginnings.iter().map(|text| words::shown(text)).collect();
        if some.is_empty() { String::new() } else { format!("Among them are {}.", words::list(&some)) }
    }

    /// What goes by itself some day is a cache more than a store.
    fn expiring(&self) -> String {
        let of: Vec<_> = match self.aim {
            Aim::All => self.server.databases.values().collect(),
            Aim::Database => self.server.databases.get(&self.address.database).into_iter().collect(),
            _ => return String::new(),
        };
        let (all, expires) = of.iter().fold((0u64, 0u64), |(all, expires), database| {
            (all.saturating_add(database.keys), expires.saturating_add(database.expires))
        });
        match (all, expires) {
            (0, _) => String::new(),
            (_, 0) => "None of them would expire by itself.".to_owned(),
            (all, n) if n >= all => "All of them would expire by themselves some day.".to_owned(),
            (_, n) => format!("{} of them would expire by themselves some day.", words::number(n)),
        }
    }

    fn connected(&self) -> String {
        match self.server.clients {
            0 => String::new(),
            1 => "1 other connection is open.".to_owned(),
            n => format!("{} other connections are open.", words::number(n)),
        }
    }

    fn followers(&self) -> String {
        match (self.server.replicas, self.server.is_replica) {
            (0, false) => String::new(),
            (0, true) => "This server is a replica.".to_owned(),
            (1, _) => "1 replica follows and loses it too.".to_owned(),
            (n, _) => format!("{} replicas follow and lose it too.", words::number(n)),
        }
    }

    fn unsaved(&self) -> String {
        let changes = words::count(self.server.unsaved, "change", "changes");
        match self.server.saved {
            Some(at) if self.server.unsaved > 0 => {
                let ago = words::ago(UnixMs(at.saturating_mul(1000)), self.q.now);
                format!("{changes} were made since it last saved, {ago}.")
            }
            Some(at) => {
                format!("It last saved {}.", words::ago(UnixMs(at.saturating_mul(1000)), self.q.now))
            }
            None if !self.server.log => "Nothing of it was ever saved to disk.".to_owned(),
            None => String::new(),
        }
    }

    /// What the server keeps on its own disk, as backups that count for nothing.
    pub(super) fn kept(&self) -> Vec<Backup> {
        let place = || match &self.server.file {
            Some(file) => words::path(file.parent().unwrap_or(file), self.q.home),
            None => "the server".to_owned(),
        };
        let name = self.server.file.as_ref().and_then(|file| file.file_name());
        let name = name.map_or_else(|| "its own file".to_owned(), |name| name.to_string_lossy().into_owned());
        let mut kept = Vec::new();
        if let Some(at) = self.server.saved {
            let survives = match (self.server.saves, self.aim) {
                (Some(true), Aim::All) => {
                    Survives::No("FLUSHALL writes the server's own file anew".to_owned())
                }
                (Some(true), _) => Survives::No("the server's next save writes over it".to_owned()),
                (Some(false), _) => Survives::Unknown(format!(
                    "The server's own {} stays until somebody has it saved; nobody knows when that is.",
                    words::shown(&name)
                )),
                (None, _) => Survives::Unknown(
                    "Whether the server writes over its own file is not shown to this login.".to_owned(),
                ),
            };
            kept.push(Backup {
                what: format!("the server's own {name}"),
                place: place(),
                taken: Some(UnixMs(at.saturating_mul(1000))),
                bytes: None,
                tested: None,
                survives,
            });
        }
        if self.server.log {
            kept.push(Backup {
                what: "the server's append-only file".to_owned(),
                place: place(),
                taken: None,
                bytes: self.server.log_bytes,
                tested: None,
                survives: Survives::No("the deletion is written into its own log as well".to_owned()),
            });
        }
        kept
    }

    pub(super) fn changes(&self) -> Vec<Change> {
        let row = |depth, mark, name, bytes: Option<u64>, note| OutlineRow {
            depth,
            mark,
            name,
            size: bytes.map(words::size).unwrap_or_default(),
            note,
        };
        let mut rows = Vec::new();
        match self.aim {
            Aim::All | Aim::Database => {
                let goes = |at: u32| *self.aim == Aim::All || at == self.address.database;
                let databases = self.server.databases.iter().filter(|(at, _)| goes(**at));
                for (at, database) in databases.take(limits::LISTED_TARGETS) {
                    let name = format!("database {at}");
                    rows.push(row(0, LineMark::Removed, name, None, keys(database.keys)));
                }
            }
            _ => {
                for key in &self.hit.listed {
                    let expires = if key.expires { ", expires" } else { "" };
                    let note = format!("{}{expires}", words::shown(&key.kind));
                    rows.push(row(0, LineMark::Removed, words::shown(&key.name), key.bytes, note));
                }
                let listed = self.hit.listed.len() as u64;
                let more = self.hit.keys.unwrap_or(0).saturating_sub(listed);
                if more > 0 {
                    let what = if listed > 0 { "more key" } else { "key" };
                    let name = words::count(more, what, &format!("{what}s"));
                    rows.push(row(0, LineMark::Removed, name, None, String::new()));
                }
            }
        }
        if rows.is_empty() {
            Vec::new()
        } else {
            vec![Change::Outline(Outline { rows, rest: String::new() })]
        }
    }
}
