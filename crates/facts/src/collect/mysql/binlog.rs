//! The binary log: what would bring rows back together with a full backup from before, and nothing alone.
//!
//! # Invariants
//! - The log alone is no backup: it counts for nothing until a full backup is known that it builds on.
//! - A log on the data's own disk is told as that.

use std::path::Path;

use super::address::Address;
use super::catalog::Server;
use crate::collect::connection::on_one_disk;
use crate::collect::{Backup, Survives};
use crate::{Question, words};

const DAY: u64 = 86_400;

/// The binary log, as a backup that nobody can vouch for; nothing where the server keeps none.
pub(super) fn of(q: &Question<'_>, address: &Address, server: &Server) -> Option<Backup> {
    if !server.logs {
        return None;
    }
    let folder = Path::new(&server.log_base).parent().filter(|folder| folder.is_absolute());
    let here = folder.filter(|_| address.is_local());
    let place = folder.map_or_else(|| "the server".to_owned(), |folder| words::path(folder, q.home));
    let data = Path::new(&server.data_folder);
    let inside = folder.is_some_and(|folder| folder.starts_with(data));
    let disk = match here.and_then(|folder| on_one_disk(data, folder)) {
        _ if inside => " It lies in the server's own data folder.",
        Some(true) => " It lies on the same disk as the database.",
        Some(false) => " It lies on another disk than the database.",
        None => "",
    };
    let kept = match server.log_expires {
        Some(0) => ", kept until somebody deletes it".to_owned(),
        Some(seconds) => format!(", kept for {}", words::count(seconds.div_ceil(DAY), "day", "days")),
        None => String::new(),
    };
    let why = format!(
        "A binary log is written{kept}; whether a full backup is there that it builds on is not known.{disk}"
    );
    Some(Backup {
        what: "the binary log".to_owned(),
        place,
        taken: None,
        bytes: None,
        tested: None,
        survives: Survives::Unknown(why),
    })
}
