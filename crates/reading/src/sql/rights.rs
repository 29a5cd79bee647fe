//! Rights and settings: GRANT, REVOKE, DENY, SET.

use sayso_core::Severity;
use sayso_core::reading::{TargetKind, Verb};

use super::functions;
use super::part::Part;
use super::reader::Reader;
use crate::words::quoted;

/// Rights and roles that hold all others.
const ALL_RIGHTS: &[&str] = &[
    "SUPER",
    "SUPERUSER",
    "DBA",
    "SYSDBA",
    "ACCOUNTADMIN",
    "SECURITYADMIN",
    "SYSADMIN",
    "DB_OWNER",
    "CONTROL",
    "PG_EXECUTE_SERVER_PROGRAM",
    "PG_WRITE_SERVER_FILES",
    "PG_READ_SERVER_FILES",
    "RDS_SUPERUSER",
    "CLUSTER_ADMIN",
    "SYSTEM_USER",
    "UNSAFE",
];

impl Reader<'_> {
    pub(super) fn grant(&mut self, part: Part<'_>) {
        let at = part.from;
        let word = part.word(at);
        let away = if word == "GRANT" { "TO" } else { "FROM" };
        let on = part.find(at, &["ON"]);
        let to = part.find(at, &[away, "TO"]);
        let whom = to.map_or_else(String::new, |to| {
            let named = part.skip(to + 1, &["GROUP", "ROLE", "USER"]);
            part.name(if part.is_name(named) { named } else { to + 1 }).0
        });
        let what = on.map_or_else(String::new, |on| {
            part.name(part.skip(on + 1, &["TABLE", "DATABASE", "SCHEMA", "FUNCTION", "SEQUENCE", "OBJECT"])).0
        });
        let head = part.of(at, on.or(to).unwrap_or(part.to));
        let everywhere = what == "*.*" && (head.has(&["ALL"]) || part.has_row(&["GRANT", "OPTION"]));
        let to_all = whom.eq_ignore_ascii_case("public") && head.has(&["ALL"]);
        let all = head.has(ALL_RIGHTS) || everywhere || to_all;
        let rights = head.of(at + 1, head.to).all();
        let on = if what.is_empty() { String::new() } else { format!(" on {}", quoted(&what)) };
        let (verb, phrase) = match word {
            "GRANT" => (Verb::Grant, format!("Grant {}{on} to {}", quoted(rights), quoted(&whom))),
            "DENY" => (Verb::Change, format!("Deny {}{on} to {}", quoted(rights), quoted(&whom))),
            _ => (Verb::Change, format!("Take {}{on} from {}", quoted(rights), quoted(&whom))),
        };
        let severity = if all && word == "GRANT" { Severity::Critical } else { Severity::High };
        self.hit(part, verb, TargetKind::Account, whom, severity, phrase);
    }

    pub(super) fn set(&mut self, part: Part<'_>) {
        self.assignments(part);
        let mut at = part.from + 1;
        let scope = part.word(at);
        if scope == "PASSWORD" {
            return self.high(part, Verb::Grant, TargetKind::Account, "", "Change a password of");
        }
        let global = matches!(scope, "GLOBAL" | "PERSIST" | "PERSIST_ONLY" | "CLUSTER")
            || part.written(at).to_ascii_lowercase().starts_with("@@global")
            || part.written(at).to_ascii_lowercase().starts_with("@@persist");
        if global {
            let (name, _) = part.name(part.skip(at + 1, &["SETTING"]));
            let phrase =
                format!("Change the setting {} of the whole server", quoted(name.trim_start_matches('.')));
            return self.hit(
                part,
                Verb::Change,
                TargetKind::Database,
                self.database(),
                Severity::High,
                phrase,
            );
        }
        at = part.skip(at, &["SESSION", "LOCAL"]);
        if part.has_row(&["READ", "WRITE"]) && part.word(at) == "CHARACTERISTICS" {
            let phrase = "Let the session write, which was to read only, in";
            return self.high(part, Verb::Change, TargetKind::Database, "", phrase);
        }
        // `SET @x = …` and `SET :x = …` are variables; `SET x.y = …`, `SET x TO …` settings.
        if part.word(at).is_empty() && !part.written(at).starts_with("@@") {
            return;
        }
        let (name, next) = part.name(at);
        let name = name.trim_start_matches("@@").to_ascii_uppercase();
        let next = part.skip(next, &["TO"]);
        let next = if part.sign(next) == b'=' { next + 1 } else { next };
        let value = part.of(next, part.to).all().to_ascii_uppercase();
        let setting = quoted(&name.to_ascii_lowercase());
        let (severity, phrase) = match functions::setting(&name, value.trim_matches('\'')) {
            Some((severity, why)) => (severity, format!("Change the setting {setting}, {why}")),
            None => (Severity::Low, format!("Change the setting {setting} for this session")),
        };
        self.hit(part, Verb::Change, TargetKind::Database, self.database(), severity, phrase);
    }
}
