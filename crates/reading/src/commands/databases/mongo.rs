//! MongoDB's shell: JavaScript whose calls on the database are found by their names.
//!
//! Deliberately absent: a grammar of JavaScript. A name counts where it is called, as a member or in brackets; what a
//! call is handed is looked at only to tell `{}` from a filter.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};
use sayso_core::redact;

use super::Handed;
use crate::Findings;
use crate::commands::Call;
use crate::findings::Found;
use crate::words::{Word, quoted};

use Severity::{Critical, High, Low};

const VALUED: &[&str] = &[
    "--host",
    "--port",
    "-u",
    "--username",
    "-p",
    "--password",
    "--authenticationDatabase",
    "--tlsCAFile",
    "-h",
    "--tlsCertificateKeyFile",
    "--authenticationMechanism",
    "--apiVersion",
];

/// Reads a call of the shell.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) {
    let mut words = call.words.iter();
    let mut database = None;
    let mut told = false;
    let mut scripts: Vec<Handed<'_>> = Vec::new();
    let mut values: Vec<(bool, Word)> = Vec::new();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let (name, inside) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                (name, Some(Word { text: value.to_owned(), ..word.clone() }))
            }
            _ => (text, None),
        };
        match name {
            "--eval" | "--file" | "-f" => {
                let next = inside.or_else(|| words.next().cloned());
                let Some(value) = next else { continue };
                told = true;
                values.push((name == "--eval", value));
            }
            "--help" | "--version" | "--build-info" => told = true,
            _ if VALUED.contains(&name) && inside.is_none() => drop(words.next()),
            _ if text.starts_with('-') => {}
            _ if [".js", ".mjs", ".mongodb"].iter().any(|end| text.ends_with(end)) => {
                told = true;
                values.push((false, word.clone()));
            }
            _ => database = database.or(Some(text)),
        }
    }
    for (eval, value) in &values {
        let span = value.span.or(call.span);
        scripts.extend(if *eval {
            Handed::word(call, value, findings)
        } else {
            Handed::file(call, &value.text, value.literal, span, findings)
        });
    }
    if !told {
        scripts.extend(Handed::stdin(call, findings));
    }
    for handed in &scripts {
        script(call, &handed.text, handed.span, database, findings);
    }
    if findings.severity().is_none() {
        findings.reads(call.name);
    }
}

/// What calling a name does.
fn known(name: &str) -> Option<(Verb, Severity, &'static str)> {
    Some(match name {
        "dropDatabase" => (Verb::Delete, Critical, "Drop the whole database"),
        "drop" => (Verb::Delete, Critical, "Drop the collection"),
        "deleteMany" | "remove" => (Verb::Delete, High, "Delete documents of"),
        "deleteOne" | "findOneAndDelete" | "findAndModify" | "findOneAndReplace" => {
            (Verb::Delete, High, "Delete or replace a document of")
        }
        "updateMany" | "update" => (Verb::Change, High, "Change documents of"),
        "updateOne" | "replaceOne" | "findOneAndUpdate" | "save" | "bulkWrite" => {
            (Verb::Change, High, "Change a document of")
        }
        "dropIndex"
        | "dropIndexes"
        | "dropUser"
        | "dropAllUsersFromDatabase"
        | "dropRole"
        | "dropAllRolesFromDatabase"
        | "dropSearchIndex"
        | "removeUser"
        | "convertToCapped" => (Verb::Delete, High, "Drop a part of"),
        "createUser"
        | "addUser"
        | "createRole"
        | "grantRolesToUser"
        | "grantPrivilegesToRole"
        | "grantRolesToRole"
        | "updateUser"
        | "updateRole"
        | "changeUserPassword"
        | "revokeRolesFromUser"
        | "revokePrivilegesFromRole" => (Verb::Grant, High, "Change who may do what in"),
        "shutdownServer" => (Verb::StopService, Critical, "Shut down the server of"),
        "fsyncLock" | "killOp" | "killAllSessions" | "killSessions" | "stepDown" | "reconfig" | "freeze"
        | "compact" => (Verb::StopService, High, "Stop or hold a part of"),
        "renameCollection" | "copyTo" | "cloneCollection" | "copyDatabase" | "mapReduce" => {
            (Verb::Overwrite, High, "Rename or overwrite a collection of")
        }
        "insertOne" | "insertMany" | "insert" => (Verb::Create, Low, "Add documents to"),
        "createCollection" | "createIndex" | "createIndexes" | "ensureIndex" | "createView"
        | "setProfilingLevel" | "setLogLevel" | "collMod" | "createSearchIndex" | "fsyncUnlock" => {
            (Verb::Create, Low, "Create something in")
        }
        _ => return None,
    })
}

/// Commands of `runCommand` that only tell.
const TELLS: &[&str] = &[
    "ping",
    "buildInfo",
    "buildinfo",
    "serverStatus",
    "listDatabases",
    "listCollections",
    "listIndexes",
    "dbStats",
    "dbstats",
    "collStats",
    "collstats",
    "count",
    "find",
    "distinct",
    "connectionStatus",
    "hello",
    "isMaster",
    "ismaster",
    "getLog",
    "top",
    "currentOp",
    "getParameter",
    "explain",
    "hostInfo",
    "replSetGetStatus",
    "replSetGetConfig",
    "whatsmyuri",
    "getCmdLineOpts",
    "usersInfo",
    "rolesInfo",
    "validate",
    "features",
    "listCommands",
    "balancerStatus",
    "dataSize",
];

/// Calls that only read, or shape what is shown.
const READS: &[&str] = &[
    "find",
    "findOne",
    "limit",
    "sort",
    "skip",
    "count",
    "countDocuments",
    "estimatedDocumentCount",
    "aggregate",
    "toArray",
    "pretty",
    "explain",
    "distinct",
    "stats",
    "getCollectionNames",
    "getCollectionInfos",
    "getIndexes",
    "indexStats",
    "getCollection",
    "getSiblingDB",
    "getMongo",
    "getDBNames",
    "getDBs",
    "serverStatus",
    "hostInfo",
    "version",
    "status",
    "conf",
    "printReplicationInfo",
    "printSecondaryReplicationInfo",
    "currentOp",
    "hint",
    "size",
    "length",
    "hasNext",
    "next",
    "project",
    "projection",
    "map",
    "filter",
    "dataSize",
    "storageSize",
    "totalIndexSize",
    "totalSize",
    "getUsers",
    "getRoles",
    "getUser",
    "getName",
    "hello",
    "isMaster",
    "getLogComponents",
    "getProfilingStatus",
    "watch",
    "join",
    "log",
    "stringify",
    "batchSize",
    "maxTimeMS",
    "readPref",
    "comment",
    "collation",
    "itcount",
    "listDatabases",
    "listCollections",
    "isCapped",
    "validate",
    "latencyStats",
    "getShardDistribution",
    "serverBuildInfo",
    "toString",
];

/// Reads a script of the shell.
fn script(call: &Call<'_>, text: &str, span: Option<Span>, database: Option<&str>, findings: &mut Findings) {
    let database = database.map_or_else(|| "the database".to_owned(), redact::text);
    let mut at = 0;
    let mut known_all = true;
    while let Some(found) = next_call(text, at) {
        at = found.after;
        known_all &= READS.contains(&found.name) || found.name.ends_with("Command");
        one(&found, &database, span, findings);
    }
    for out in ["$out", "$merge"] {
        if text.contains(out) {
            let phrase = format!("Write what a query gives into a collection of {}", shown(&database));
            hit(Verb::Overwrite, High, &database, phrase, span, findings);
        }
    }
    for reaches in
        ["child_process", "runProgram", "require(", "eval(", "Function(", "load(", "process.", "import("]
    {
        if text.contains(reaches) {
            findings.unread(reaches, "the script reaches out of the database's shell", span);
        }
    }
    if findings.severity().is_none() && !known_all {
        findings.unread_at(
            Low,
            call.name,
            "a script, of which the calls that change something are looked for",
            span,
        );
    }
}

fn one(found: &Member<'_>, database: &str, span: Option<Span>, findings: &mut Findings) {
    let arguments = found.arguments.trim_start();
    if matches!(found.name, "runCommand" | "adminCommand" | "_adminCommand") {
        let inner = arguments.trim_start_matches(['{', '(', ' ', '\n', '\t', '"', '\'']);
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let command = inner.get(..end).unwrap_or_default();
        if TELLS.contains(&command) {
            return;
        }
        let severity = match command {
            "dropDatabase" | "shutdown" | "drop" | "delete" if command != "delete" => Critical,
            "insert" | "create" | "createIndexes" => Low,
            _ => High,
        };
        let phrase = format!("Run the command {} on {}", quoted(command), shown(database));
        return hit(Verb::Change, severity, database, phrase, span, findings);
    }
    let Some((verb, severity, phrase)) = known(found.name) else { return };
    // `rs.remove`, `sh.…`, `fs.remove` have names of their own.
    let all = arguments.starts_with(')') || arguments.trim_start_matches('{').trim_start().starts_with('}');
    let many = matches!(found.name, "deleteMany" | "remove" | "updateMany");
    let (severity, phrase) = match (many && all && arguments.starts_with(['{', ')']), found.on) {
        (true, on) => {
            let whole =
                if verb == Verb::Delete { "Delete every document of" } else { "Change every document of" };
            (Critical, format!("{whole} {}", shown(if on.is_empty() { database } else { on })))
        }
        (false, on) if on.is_empty() || matches!(found.name, "dropDatabase" | "shutdownServer") => {
            (severity, format!("{phrase} {}", shown(database)))
        }
        (false, on) => (severity, format!("{phrase} {}", quoted(on))),
    };
    hit(verb, severity, if found.on.is_empty() { database } else { found.on }, phrase, span, findings);
}

/// A name in a sentence; ours needs no marks.
fn shown(name: &str) -> String {
    if name == "the database" { name.to_owned() } else { quoted(name) }
}

fn hit(
    verb: Verb,
    severity: Severity,
    name: &str,
    phrase: String,
    span: Option<Span>,
    findings: &mut Findings,
) {
    let reversible = match verb {
        _ if severity == Low => Reversible::Yes,
        Verb::Delete => Reversible::No,
        _ => Reversible::Unknown,
    };
    let kind = TargetKind::Table;
    findings.effect(Found { verb, kind, name: name.to_owned(), reversible, severity, phrase, span });
}

/// A name that is called.
struct Member<'a> {
    name: &'a str,
    /// What it is called on, where that is a plain name: the collection.
    on: &'a str,
    /// What stands behind the opening parenthesis.
    arguments: &'a str,
    after: usize,
}

/// The next call of a member, `.name(` or `["name"](`, outside of texts and comments.
fn next_call(text: &str, from: usize) -> Option<Member<'_>> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/')
                && at.checked_sub(1).is_none_or(|before| bytes[before] != b':') =>
            {
                at += bytes[at..].iter().take_while(|b| **b != b'\n').count();
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = text
                    .get(at + 2..)
                    .and_then(|rest| rest.find("*/"))
                    .map_or(bytes.len(), |end| at + end + 4);
            }
            mark @ (b'\'' | b'"' | b'`') => {
                let inner = at + 1;
                let mut end = inner;
                while end < bytes.len() && bytes[end] != mark {
                    end += if bytes[end] == b'\\' { 2 } else { 1 };
                }
                let called = bytes.get(end + 1) == Some(&b']') && bytes.get(end + 2) == Some(&b'(');
                at = (end + 1).min(bytes.len());
                if called {
                    let name = text.get(inner..end).unwrap_or_default();
                    let arguments = text.get(end + 3..).unwrap_or_default();
                    let on = object(text, inner.saturating_sub(2));
                    return Some(Member { name, on, arguments, after: end + 3 });
                }
            }
            b'.' => {
                let long = bytes[at + 1..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))
                    .count();
                let end = at + 1 + long;
                let gap = bytes[end..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                if long > 0 && bytes.get(end + gap) == Some(&b'(') {
                    let name = text.get(at + 1..end).unwrap_or_default();
                    let arguments = text.get(end + gap + 1..).unwrap_or_default();
                    return Some(Member { name, on: object(text, at), arguments, after: end + gap + 1 });
                }
                at = end.max(at + 1);
            }
            _ => at += 1,
        }
    }
    None
}

/// What stands before the dot at `dot`: the collection's name.
fn object(text: &str, dot: usize) -> &str {
    let before = text.get(..dot).unwrap_or_default();
    // `db.getCollection("x").drop()`, `db["x"].drop()`.
    let before = before.trim_end_matches([')', ']']).trim_end_matches(['"', '\'']);
    let start = before
        .char_indices()
        .rev()
        .take(64)
        .take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '$' | '-'))
        .last()
        .map_or(before.len(), |(at, _)| at);
    match before.get(start..).unwrap_or_default() {
        "db" | "" => "",
        name => name,
    }
}
