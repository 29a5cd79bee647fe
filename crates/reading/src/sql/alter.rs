//! ALTER: what is taken away, whose it becomes, and which guard is switched off.

use sayso_core::reading::{TargetKind, Verb};

use super::functions;
use super::part::Part;
use super::reader::Reader;

impl Reader<'_> {
    pub(super) fn alter(&mut self, part: Part<'_>) {
        let mut at = part.skip(
            part.from + 1,
            &["FOREIGN", "EXTERNAL", "MATERIALIZED", "DYNAMIC", "EVENT", "LARGE", "ICEBERG", "PLUGGABLE"],
        );
        let what = part.word(at);
        at = part.skip_if_exists(at + 1);
        at = part.skip(at, &["ONLY", "ONLINE"]);
        let (name, next) = part.name(at);
        match what {
            "TABLE" | "VIEW" | "KEYSPACE" | "COLUMNFAMILY" => self.alter_table(part, &name, next),
            "ROLE" | "USER" | "LOGIN" | "GROUP" | "ACCOUNT" => self.alter_account(part, &name, next),
            "SERVER" if part.word(at) == "ROLE" => {
                let (name, _) = part.name(at + 1);
                self.critical(
                    part,
                    Verb::Grant,
                    TargetKind::Account,
                    &name,
                    "Change who belongs to the server's role",
                );
            }
            "DATABASE" | "CATALOG" => self.alter_database(part, &name, next),
            "SYSTEM" | "INSTANCE" | "CLUSTER" => self.alter_system(part),
            "DEFAULT" => {
                self.high(part, Verb::Grant, TargetKind::Account, "", "Change the rights on new objects of");
            }
            "AUTHORIZATION" => {
                self.high(part, Verb::Grant, TargetKind::Database, "", "Give another owner to something in");
            }
            "EXTENSION" | "SESSION" | "SEQUENCE" => self.alter_other(part, &name, next, true),
            "TRIGGER" | "SUBSCRIPTION" | "EVENT" | "JOB" | "INTEGRATION" | "SHARE" | "SECURITY" | "AUDIT" => {
                let off = part.has(&["DISABLE", "OFF", "CONNECTION", "SUSPEND"]);
                if off || part.has_row(&["OWNER", "TO"]) {
                    return self.high(
                        part,
                        Verb::Change,
                        TargetKind::Database,
                        &name,
                        "Switch off or give away",
                    );
                }
                self.low(part, Verb::Change, TargetKind::Database, &name, "Change");
            }
            _ => self.alter_other(part, &name, next, false),
        }
    }

    fn alter_other(&mut self, part: Part<'_>, name: &str, next: usize, keeps: bool) {
        let rest = part.of(next, part.to);
        if rest.has_row(&["OWNER", "TO"]) {
            return self.high(part, Verb::Grant, TargetKind::Database, name, "Give another owner to");
        }
        if !keeps && (rest.has_row(&["DROP", "ATTRIBUTE"]) || rest.has_row(&["DROP", "VALUE"])) {
            return self.high(part, Verb::Delete, TargetKind::Database, name, "Drop a part of");
        }
        self.low(part, Verb::Change, TargetKind::Database, name, "Change");
    }

    fn alter_table(&mut self, part: Part<'_>, name: &str, next: usize) {
        let depth = part.depth(part.from);
        let mut from = next;
        let mut actions = 0;
        for at in next..=part.to {
            let ends = at == part.to || (part.sign(at) == b',' && part.depth(at) == depth);
            if ends && at > from {
                self.table_action(part, part.of(from, at), name);
                actions += 1;
            }
            if ends {
                from = at + 1;
            }
        }
        if actions == 0 {
            self.low(part, Verb::Change, TargetKind::Table, name, "Change the table");
        }
    }

    /// One action of ALTER TABLE.
    fn table_action(&mut self, part: Part<'_>, action: Part<'_>, name: &str) {
        let table = TargetKind::Table;
        let at = action.skip(action.from, &["ONLINE", "OFFLINE"]);
        let second = action.word(at + 1);
        match action.word(at) {
            "DROP" | "CLEAR" => self.drops_part(part, action, at, name),
            "DELETE" => {
                let all = !action.has(&["WHERE"])
                    || action.word(at + 1) != "WHERE"
                    || action.written(at + 2) == "1";
                if all {
                    self.critical(part, Verb::Delete, table, name, "Delete every row of");
                } else {
                    self.high(part, Verb::Delete, table, name, "Delete rows of");
                }
            }
            "UPDATE" => self.high(part, Verb::Change, table, name, "Change rows of"),
            "TRUNCATE" => {
                self.critical(part, Verb::Delete, table, name, "Delete every row of a partition of");
            }
            "DISCARD" | "IMPORT" => self.critical(part, Verb::Delete, table, name, "Throw away the files of"),
            "EXCHANGE" | "SWITCH" | "SWAP" | "REPLACE" => {
                self.high(part, Verb::Overwrite, table, name, "Exchange rows of");
            }
            "OWNER" => self.high(part, Verb::Grant, table, name, "Give another owner to"),
            "DISABLE" => self.high(part, Verb::Change, table, name, "Switch off what guards the rows of"),
            "NO" if second == "FORCE" => {
                self.high(part, Verb::Change, table, name, "Switch off what guards the rows of");
            }
            "NOCHECK" => self.high(part, Verb::Change, table, name, "Switch off constraints of"),
            "MODIFY" if second == "TTL" => {
                self.high(part, Verb::Delete, table, name, "Have old rows deleted from");
            }
            "MOVE" if action.has_row(&["TO", "TABLE"]) => {
                self.high(part, Verb::Change, table, name, "Move rows out of");
            }
            "EXECUTE" => self.high(part, Verb::Delete, table, name, "Delete old versions of"),
            "SET" | "WITH" if retention_off(action) => {
                self.high(part, Verb::Change, table, name, "Switch off what keeps old rows of");
            }
            "RENAME" => self.low(part, Verb::Change, table, name, "Rename, or a part of it, the table"),
            _ => self.low(part, Verb::Change, table, name, "Change the table"),
        }
    }

    fn drops_part(&mut self, part: Part<'_>, action: Part<'_>, at: usize, name: &str) {
        let mut next = at + 1;
        next = action.skip(next, &["FOREIGN", "PRIMARY", "UNIQUE", "DETACHED"]);
        let what = action.word(next);
        let after = action.skip_if_exists(next + 1);
        let (dropped, _) = action.name(after);
        let (called, dropped) = match what {
            "COLUMN" | "COLUMNS" => ("column", dropped),
            "CONSTRAINT" | "CHECK" => ("constraint", dropped),
            "PARTITION" | "PARTITIONS" | "PART" => ("partition", String::new()),
            "INDEX" | "KEY" | "PROJECTION" | "STATISTICS" => ("index", String::new()),
            _ => ("column", action.name(action.skip_if_exists(next)).0),
        };
        let dropped =
            if dropped.is_empty() { String::new() } else { format!(" {}", crate::words::quoted(&dropped)) };
        let phrase = format!("Drop the {called}{dropped} of");
        self.high(part, Verb::Delete, TargetKind::Table, name, &phrase);
    }

    fn alter_account(&mut self, part: Part<'_>, name: &str, next: usize) {
        const ALL: &[&str] = &["SUPERUSER", "BYPASSRLS", "SYSADMIN", "ACCOUNTADMIN", "SECURITYADMIN"];
        const RIGHTS: &[&str] = &[
            "PASSWORD",
            "CREATEROLE",
            "CREATEDB",
            "REPLICATION",
            "LOGIN",
            "NOLOGIN",
            "IDENTIFIED",
            "VALID",
            "ADD",
            "DROP",
            "ENABLE",
            "DISABLE",
            "LOCK",
            "UNLOCK",
            "ACCOUNT",
            "RENAME",
            "ENCRYPTED",
            "ADMIN",
            "RSA_PUBLIC_KEY",
            "DEFAULT_ROLE",
            "NETWORK_POLICY",
            "MEMBER",
            "NOSUPERUSER",
            "OWNER",
            "PROFILE",
            "QUOTA",
            "MUST_CHANGE",
            "DEFAULT",
            "GRANTEES",
            "HOST",
            "CREATEUSER",
        ];
        let rest = part.of(next, part.to);
        if rest.has(ALL) {
            let phrase = "Give the right to do everything to";
            return self.critical(part, Verb::Grant, TargetKind::Account, name, phrase);
        }
        let member = rest.has_row(&["ADD", "MEMBER"])
            && matches!(name.to_ascii_lowercase().as_str(), "db_owner" | "sysadmin");
        if member {
            return self.critical(part, Verb::Grant, TargetKind::Account, name, "Add a member to the role");
        }
        if rest.has(RIGHTS) {
            return self.high(
                part,
                Verb::Grant,
                TargetKind::Account,
                name,
                "Change the rights or the password of",
            );
        }
        self.low(part, Verb::Change, TargetKind::Account, name, "Change settings of the account");
    }

    fn alter_database(&mut self, part: Part<'_>, name: &str, next: usize) {
        let rest = part.of(next, part.to);
        let database = TargetKind::Database;
        if rest.has_row(&["OWNER", "TO"]) {
            self.high(part, Verb::Grant, database, name, "Give another owner to");
        } else if rest.has(&["OFFLINE", "SINGLE_USER", "RESTRICTED_USER", "EMERGENCY", "IMMEDIATE", "CLOSE"])
        {
            self.high(part, Verb::StopService, database, name, "Shut others out of");
        } else if rest.has(&[
            "TRUSTWORTHY",
            "RECOVERY",
            "NOARCHIVELOG",
            "FLASHBACK",
            "ENCRYPTION",
            "REMOVE",
            "DROP",
            "DATAFILE",
        ]) {
            self.high(part, Verb::Change, database, name, "Switch off what protects");
        } else if rest.has(&["RENAME", "NAME"]) {
            self.high(part, Verb::Change, database, name, "Rename the database");
        } else if let Some(runs) = rest.find(next, &["SET"]).map(|set| rest.word(set + 1)) {
            if functions::setting_runs(runs) || functions::setting(runs, rest.word(next + 3)).is_some() {
                return self.high(part, Verb::Change, database, name, "Change a setting that protects");
            }
            self.low(part, Verb::Change, database, name, "Change settings of the database");
        } else {
            self.low(part, Verb::Change, database, name, "Change the database");
        }
    }

    fn alter_system(&mut self, part: Part<'_>) {
        let rest = part.of(part.from + 2, part.to);
        if rest.has(&["KILL", "DISCONNECT"]) {
            return self.high(part, Verb::StopService, TargetKind::Database, "", "End sessions of");
        }
        let runs = (rest.from..rest.to).any(|at| functions::setting_runs(rest.word(at)));
        if runs {
            let phrase = "Have the server run a command or load code:";
            return self.critical(part, Verb::ExecuteUnread, TargetKind::Database, "", phrase);
        }
        self.high(part, Verb::Change, TargetKind::Database, "", "Change how the server runs:");
    }
}

/// Whether old versions of rows are no longer kept.
fn retention_off(action: Part<'_>) -> bool {
    (action.from..action.to).any(|at| {
        let word = action.word(at);
        (word == "SYSTEM_VERSIONING" && action.one_of(at + 2, &["OFF"]))
            || (word == "DATA_RETENTION_TIME_IN_DAYS" && action.written(at + 2) == "0")
    })
}
