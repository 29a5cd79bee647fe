//! Statements on the server, its sessions, its upkeep and its backups.

use sayso_core::Severity;
use sayso_core::reading::{TargetKind, Verb};

use super::functions;
use super::part::Part;
use super::reader::Reader;
use crate::words::quoted;

impl Reader<'_> {
    /// Whether the statement is one of these.
    pub(super) fn server(&mut self, part: Part<'_>) -> bool {
        self.harmless(part)
            || self.upkeep(part)
            || self.backups(part)
            || self.sessions(part)
            || self.other(part)
    }

    /// What changes nothing that lasts.
    fn harmless(&mut self, part: Part<'_>) -> bool {
        let at = part.from;
        match part.word(at) {
            "USE" | "FETCH" | "MOVE" | "LISTEN" | "UNLISTEN" | "DEALLOCATE" | "UNLOCK" | "CLOSE"
            | "DATABASE" | "HANDLER" | "CHECKSUM" | "DISCARD" | "OPEN" | "DETACH" | "REVERT" | "STATUS"
            | "ASSERT" | "PRINT" | "CHECK" | "WATCH" | "EXISTS" | "ENTER" | "CONSISTENCY" | "SUGGEST" => {
                // ClickHouse's `DETACH TABLE` takes a table away until it is attached again.
                if part.word(at) == "DETACH" && part.one_of(at + 1, &["TABLE", "DATABASE", "VIEW"]) {
                    let (name, _) = part.name(part.skip_if_exists(at + 2));
                    let sure = part.word(at + 1) != "DATABASE" || part.has(&["PERMANENTLY", "SYNC"]);
                    if sure {
                        self.high(part, Verb::StopService, TargetKind::Table, &name, "Take away");
                    }
                }
                true
            }
            "PRAGMA" => {
                self.pragma(part);
                true
            }
            _ => false,
        }
    }

    fn pragma(&mut self, part: Part<'_>) {
        let (name, next) = part.name(part.from + 1);
        let name = name.rsplit('.').next().unwrap_or(&name).to_ascii_uppercase();
        let given = matches!(part.sign(next), b'=' | b'(');
        let value = part.written(next + 1).trim_matches(['\'', '"']).to_ascii_uppercase();
        let on = !matches!(value.as_str(), "0" | "OFF" | "NO" | "FALSE" | "");
        let severity = match name.as_str() {
            "WRITABLE_SCHEMA" | "TRUSTED_SCHEMA" if given && on => Severity::High,
            "REKEY" | "HEXREKEY" | "TEMP_STORE_DIRECTORY" | "DATA_STORE_DIRECTORY" if given => Severity::High,
            "JOURNAL_MODE" if matches!(value.as_str(), "OFF" | "MEMORY") => Severity::High,
            "TABLE_INFO" | "TABLE_XINFO" | "INDEX_LIST" | "INDEX_INFO" | "INDEX_XINFO"
            | "FOREIGN_KEY_LIST" | "INTEGRITY_CHECK" | "QUICK_CHECK" | "FOREIGN_KEY_CHECK" | "TABLE_LIST"
            | "DATABASE_LIST" | "STORAGE_INFO" | "SHOW_TABLES" | "SHOW" => return,
            _ if given => Severity::Low,
            _ => return,
        };
        let phrase = format!("Change the setting {} of the database", quoted(&name.to_ascii_lowercase()));
        self.hit(part, Verb::Change, TargetKind::Database, self.database(), severity, phrase);
    }

    /// Upkeep: it takes time and locks, and loses nothing, mostly.
    fn upkeep(&mut self, part: Part<'_>) -> bool {
        let at = part.from;
        let (name, _) =
            part.name(part.skip(at + 1, &["TABLE", "TABLES", "VERBOSE", "VIEW", "MATERIALIZED", "INDEX"]));
        let database = TargetKind::Database;
        match part.word(at) {
            "VACUUM" if part.has(&["FULL"]) => {
                self.high(part, Verb::Change, database, &name, "Lock and rewrite everything of");
            }
            "VACUUM" if part.has(&["RETAIN"]) => {
                self.high(part, Verb::Delete, database, &name, "Delete old versions of");
            }
            "VACUUM" if part.word(at + 1) == "INTO" => {
                let (file, _) = part.name(at + 2);
                self.low(part, Verb::Create, TargetKind::Path, &file, "Write a copy of the database to");
            }
            "REINDEX" if part.has(&["DATABASE", "SYSTEM", "SCHEMA"]) => {
                self.high(part, Verb::Change, database, "", "Lock and rebuild every index of");
            }
            "VACUUM" | "ANALYZE" | "ANALYSE" | "REINDEX" | "CLUSTER" | "OPTIMIZE" | "REPAIR" | "REFRESH"
            | "CACHE" | "UNCACHE" | "CLEAR" | "CHECKPOINT" | "FORCE" | "COMMENT" | "LOCK" | "NOTIFY"
            | "MSCK" | "COLLECT" | "REPACK" | "SECURITY" | "UNDROP" | "UNDELETE" | "ENABLE" | "INSTALL"
            | "ATTACH" | "SPLIT" | "ZORDER" | "WAIT" | "DEFINE" | "CONSTRAINTS" | "COMPACT" => {
                self.upkeep_with_file(part, &name);
            }
            "ADD" if part.one_of(at + 1, &["JAR", "FILE", "ARCHIVE"]) => {
                self.high(part, Verb::ExecuteUnread, database, "", "Load code into");
            }
            _ => return false,
        }
        true
    }

    fn upkeep_with_file(&mut self, part: Part<'_>, name: &str) {
        let at = part.from;
        match part.word(at) {
            "INSTALL" if part.one_of(at + 1, &["PLUGIN", "COMPONENT", "SONAME"]) || part.has(&["SONAME"]) => {
                let phrase = "Load code into the server of";
                return self.high(part, Verb::ExecuteUnread, TargetKind::Database, "", phrase);
            }
            "ATTACH" => {
                let file = (at + 1..part.to).find_map(|at| part.text(at)).unwrap_or_default();
                let lower = file.to_ascii_lowercase();
                let served = [".php", ".jsp", ".asp", ".aspx", ".cgi", ".phtml"]
                    .iter()
                    .any(|end| lower.ends_with(end));
                if served {
                    let phrase = format!("Write the file {}, which a web server would run", quoted(&file));
                    let file = file.into_owned();
                    return self.hit(part, Verb::Create, TargetKind::Path, file, Severity::High, phrase);
                }
            }
            _ => {}
        }
        let phrase = match part.word(at) {
            "COMMENT" | "SECURITY" => "Describe something in",
            "UNDROP" | "UNDELETE" => "Bring back",
            "ATTACH" | "INSTALL" => "Open more for the session in",
            "LOCK" => "Lock rows of",
            _ => "Tidy up",
        };
        let name =
            if matches!(part.word(at), "COMMENT" | "SECURITY" | "ATTACH" | "INSTALL") { "" } else { name };
        self.low(part, Verb::Change, TargetKind::Database, name, phrase);
    }

    fn backups(&mut self, part: Part<'_>) -> bool {
        let at = part.from;
        let (name, _) = part.name(part.skip(at + 1, &["DATABASE", "LOG", "TABLE", "TO", "TABLES", "ALL"]));
        let database = TargetKind::Database;
        match part.word(at) {
            "BACKUP" if part.has(&["URL"]) || part.has(&["NO_LOG", "TRUNCATE_ONLY"]) => {
                self.high(part, Verb::Publish, database, &name, "Send a backup out of, or cut the log of,");
            }
            "BACKUP" => self.low(part, Verb::Create, database, &name, "Back up"),
            "RESTORE" if part.one_of(at + 1, &["VERIFYONLY", "HEADERONLY", "FILELISTONLY", "LABELONLY"]) => {}
            "RESTORE" if part.has(&["REPLACE"]) => {
                self.critical(part, Verb::Overwrite, database, &name, "Replace by a backup everything of");
            }
            "RESTORE" => self.high(part, Verb::Overwrite, database, &name, "Restore from a backup"),
            "PURGE" if part.one_of(at + 1, &["BINARY", "MASTER"]) => {
                self.high(part, Verb::Delete, database, "", "Delete the logs for restoring");
            }
            "PURGE" => self.critical(part, Verb::Delete, database, &name, "Delete for good"),
            "RESET" => return self.reset(part),
            "FLASHBACK" | "REWIND" => {
                self.critical(part, Verb::Overwrite, database, &name, "Take back to an earlier state");
            }
            "CLONE" if part.word(at + 1) == "INSTANCE" => {
                self.critical(
                    part,
                    Verb::Overwrite,
                    database,
                    "",
                    "Replace by another server's everything of",
                );
            }
            _ => return false,
        }
        true
    }

    fn reset(&mut self, part: Part<'_>) -> bool {
        let next = part.word(part.from + 1);
        match next {
            "MASTER" | "BINARY" => {
                self.critical(part, Verb::Delete, TargetKind::Database, "", "Delete every log for restoring");
            }
            "SLAVE" | "REPLICA" | "PERSIST" => {
                self.high(
                    part,
                    Verb::Change,
                    TargetKind::Database,
                    "",
                    "Reset the replication or the settings of",
                );
            }
            _ => {}
        }
        true
    }

    /// Sessions, replication and the server itself.
    fn sessions(&mut self, part: Part<'_>) -> bool {
        let at = part.from;
        let next = part.word(at + 1);
        let database = TargetKind::Database;
        match part.word(at) {
            "KILL" | "CANCEL" => {
                self.high(part, Verb::StopService, database, "", "End sessions or queries of");
            }
            "SHUTDOWN" => self.critical(part, Verb::StopService, database, "", "Shut down the server of"),
            "RESTART" => self.high(part, Verb::StopService, database, "", "Restart the server of"),
            "STOP" | "CHANGE" | "PAUSE" => {
                self.high(part, Verb::StopService, database, "", "Stop or change the replication of");
            }
            "RESUME" => self.low(part, Verb::Change, database, "", "Resume a job of"),
            "FLUSH" if part.has_row(&["READ", "LOCK"]) || part.has(&["EXPORT"]) => {
                self.high(part, Verb::StopService, database, "", "Lock every table of");
            }
            "FLUSH" => self.low(part, Verb::Change, database, "", "Empty the caches of"),
            "RECONFIGURE" => self.high(part, Verb::Change, database, "", "Change how the server runs:"),
            "REASSIGN" => {
                let (name, _) = part.name(part.skip(at + 1, &["OWNED", "BY"]));
                self.high(
                    part,
                    Verb::Grant,
                    TargetKind::Account,
                    &name,
                    "Give another owner to everything of",
                );
            }
            "DISABLE" => self.high(part, Verb::Change, database, "", "Switch off what guards"),
            "UNINSTALL" | "BINLOG" => {
                self.high(part, Verb::Change, database, "", "Change the code or the logs of the server of");
            }
            "NOAUDIT" | "ADMINISTER" => {
                self.high(part, Verb::Change, database, "", "Switch off auditing, or change keys, of");
            }
            "AUDIT" | "ASSOCIATE" | "DISASSOCIATE" => {
                self.low(part, Verb::Change, database, "", "Change auditing of");
            }
            "SYSTEM" => self.clickhouse(part, next),
            "CONFIGURE" if functions::setting_runs(next) => {
                self.high(part, Verb::Change, database, "", "Change how the server runs:");
            }
            _ => return false,
        }
        true
    }

    /// ClickHouse's SYSTEM.
    fn clickhouse(&mut self, part: Part<'_>, next: &str) {
        let database = TargetKind::Database;
        let cache = part.has(&["CACHE", "CACHES"]);
        match next {
            "SHUTDOWN" | "KILL" => {
                self.critical(part, Verb::StopService, database, "", "Shut down the server of");
            }
            "DROP" | "STOP" | "UNFREEZE" if !cache => {
                self.high(part, Verb::StopService, database, "", "Stop or drop a part of the server of");
            }
            _ => self.low(part, Verb::Change, database, "", "Change the server's state:"),
        }
    }

    fn other(&mut self, part: Part<'_>) -> bool {
        let at = part.from;
        let next = part.word(at + 1);
        let database = TargetKind::Database;
        match part.word(at) {
            "DBCC" => match next {
                "CHECKDB" | "CHECKTABLE" | "CHECKALLOC" if !part.has(&["REPAIR_ALLOW_DATA_LOSS"]) => {}
                "SHOW_STATISTICS" | "SQLPERF" | "OPENTRAN" | "INPUTBUFFER" | "HELP" | "LOGINFO"
                | "USEROPTIONS" => {}
                "CHECKDB" | "CHECKTABLE" | "CHECKALLOC" | "WRITEPAGE" => {
                    self.critical(part, Verb::Delete, database, "", "Repair by throwing rows away in");
                }
                "FREEPROCCACHE" | "DROPCLEANBUFFERS" | "TRACEON" | "TRACEOFF" | "TRACESTATUS" => {
                    self.low(part, Verb::Change, database, "", "Change the server's caches:");
                }
                _ => self.high(part, Verb::Change, database, "", "Change how the files are kept of"),
            },
            "REMOVE" | "RM" => {
                let (name, _) = part.name(at + 1);
                self.high(part, Verb::Delete, TargetKind::Bucket, &name, "Delete the files in");
            }
            "EXCHANGE" => self.high(part, Verb::Overwrite, TargetKind::Table, "", "Exchange tables of"),
            "DFS" | "HOST" => self.command(part, None),
            "WRITETEXT" | "UPDATETEXT" | "READTEXT" => {
                self.high(part, Verb::Change, database, "", "Change rows of");
            }
            _ => return false,
        }
        true
    }
}
