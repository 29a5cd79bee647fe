//! Redis and its kin: commands by their first words.

use sayso_core::Severity;
use sayso_core::reading::{Reach, Reversible, Span, System, TargetKind, Verb};

use super::Handed;
use crate::Findings;
use crate::commands::Call;
use crate::findings::Found;
use crate::words::{Word, quoted};

use Severity::{Critical, High, Low};

/// Options whose value is the next word.
const VALUED: &[&str] = &[
    "-h",
    "-p",
    "-t",
    "-s",
    "-a",
    "-u",
    "-r",
    "-i",
    "-n",
    "-d",
    "-D",
    "-X",
    "-2",
    "-3",
    "--user",
    "--pass",
    "--askpass",
    "--cacert",
    "--cacertdir",
    "--cert",
    "--key",
    "--sni",
    "--tls-ciphers",
    "--pattern",
    "--quoted-pattern",
    "--count",
    "--rdb",
    "--functions-rdb",
    "--show-pushes",
    "--lru-test",
];
/// How many commands of one input are looked at.
const COMMANDS: usize = 20_000;

/// Reads a call of the client.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) {
    let mut words = call.words.iter();
    let mut operands: Vec<&Word> = Vec::new();
    let mut reach = Reach {
        system: System::Redis,
        address: String::new().into(),
        settings: std::collections::BTreeMap::new(),
    };
    let mut listens = true;
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if !text.starts_with('-') || text.len() < 2 {
            operands.push(word);
            operands.extend(words);
            break;
        }
        match text {
            "--eval" => {
                listens = false;
                if let Some(file) = words.next()
                    && let Some(handed) =
                        Handed::file(call, &file.text, file.literal, file.span.or(call.span), findings)
                {
                    script(&handed.text, handed.span, findings);
                }
                operands.clear();
                break;
            }
            "--cluster" => return cluster(call, words.as_slice(), findings),
            "--tls" => drop(reach.settings.insert("tls".to_owned(), "1".to_owned().into())),
            "--pipe" => {
                findings.unread_at(Low, "--pipe", "which commands it is sent is not seen here", call.span);
            }
            "--scan"
            | "--bigkeys"
            | "--memkeys"
            | "--hotkeys"
            | "--stat"
            | "--latency"
            | "--latency-history"
            | "--latency-dist"
            | "--intrinsic-latency"
            | "--help"
            | "--version"
            | "-v"
            | "--keystats"
            | "-x" => listens = false,
            _ if VALUED.contains(&text) => {
                let value = words.next().map_or("", |word| word.text.as_str()).to_owned();
                match text {
                    "-u" => reach.address = value.into(),
                    "-h" => drop(reach.settings.insert("host".to_owned(), value.into())),
                    "-p" => drop(reach.settings.insert("port".to_owned(), value.into())),
                    "-a" | "--pass" => drop(reach.settings.insert("password".to_owned(), value.into())),
                    "-n" => drop(reach.settings.insert("dbname".to_owned(), value.into())),
                    "-s" => drop(reach.settings.insert("socket".to_owned(), value.into())),
                    "--user" => drop(reach.settings.insert("user".to_owned(), value.into())),
                    "--pattern" => drop(reach.settings.insert("pattern".to_owned(), value.into())),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let state = call.place.shell.and_then(|shell| shell.state);
    if let Some(password) = state.and_then(|state| state.exported("REDISCLI_AUTH")) {
        reach.settings.insert("REDISCLI_AUTH".to_owned(), password.to_owned().into());
    }
    reach.settings.extend(super::away(call));
    let mut deeds = Deeds::of(reach);
    if let Some((first, rest)) = operands.split_first() {
        deeds.open = rest.iter().any(|word| !word.literal);
        deeds.note(&first.text, &rest.iter().map(|word| word.text.as_str()).collect::<Vec<_>>());
        deeds.tell(findings);
        if !first.literal {
            let why = "which command it is shows only when it runs";
            return findings.unread(&first.text, why, first.span.or(call.span));
        }
        let rest: Vec<&str> = rest.iter().map(|word| word.text.as_str()).collect();
        command(&first.text, &rest, first.span.or(call.span), findings);
    } else if listens && let Some(handed) = Handed::stdin(call, findings) {
        for line in handed.text.lines().take(COMMANDS) {
            let words: Vec<&str> =
                line.split_ascii_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
            if let Some((first, rest)) = words.split_first() {
                deeds.note(first, rest);
                command(first, rest, handed.span, findings);
            }
        }
        deeds.tell(findings);
    } else {
        deeds.tell(findings);
    }
    if findings.severity().is_none() {
        findings.reads(call.name);
    }
}

/// What commands do to keys, for whoever counts those: told with where they go.
struct Deeds {
    reach: Reach,
    /// What was done before another database was selected.
    before: Vec<Reach>,
    operation: Option<&'static str>,
    keys: Vec<String>,
    /// Whether which keys it is shows only when it runs.
    open: bool,
}

impl Deeds {
    /// Keys of one call that are told apart.
    const KEYS: usize = 1000;
    /// From the least to the worst.
    const OPERATIONS: [&'static str; 3] = ["DEL", "FLUSHDB", "FLUSHALL"];

    fn of(reach: Reach) -> Self {
        Self { reach, before: Vec::new(), operation: None, keys: Vec::new(), open: false }
    }

    fn note(&mut self, name: &str, rest: &[&str]) {
        let first = rest.first().copied();
        let operation = match name.to_ascii_uppercase().as_str() {
            "FLUSHALL" => "FLUSHALL",
            "FLUSHDB" => "FLUSHDB",
            "DEL" | "UNLINK" | "GETDEL" => {
                self.keys.extend(rest.iter().map(|key| (*key).to_owned()));
                "DEL"
            }
            "HDEL" | "LTRIM" | "XTRIM" | "XDEL" | "JSON.DEL" => {
                self.keys.extend(first.map(str::to_owned));
                "DEL"
            }
            "SELECT" => return self.select(first.unwrap_or_default()),
            "KEYS" => return self.lists(first),
            "SCAN" => {
                let at = rest.iter().position(|word| word.eq_ignore_ascii_case("match"));
                return self.lists(at.and_then(|at| rest.get(at + 1)).copied());
            }
            _ => return,
        };
        let weight = |operation| Self::OPERATIONS.iter().position(|known| *known == operation);
        if self.operation.is_none_or(|known| weight(known) < weight(operation)) {
            self.operation = Some(operation);
        }
    }

    fn lists(&mut self, pattern: Option<&str>) {
        if let Some(pattern) = pattern {
            self.reach.settings.insert("pattern".to_owned(), pattern.to_owned().into());
        }
    }

    fn select(&mut self, database: &str) {
        let mut next = self.reach.clone();
        next.settings.remove("pattern");
        next.settings.insert("dbname".to_owned(), database.to_owned().into());
        let done = std::mem::replace(&mut self.reach, next);
        if let Some(operation) = self.operation.take() {
            let keys = std::mem::take(&mut self.keys);
            self.before.push(with(done, operation, keys, self.open));
        }
    }

    fn tell(self, findings: &mut Findings) {
        for reach in self.before {
            findings.reach(reach);
        }
        findings.reach(match self.operation {
            Some(operation) => with(self.reach, operation, self.keys, self.open),
            None => self.reach,
        });
    }
}

fn with(mut reach: Reach, operation: &str, mut keys: Vec<String>, open: bool) -> Reach {
    let mut set = |name: &str, value: String| drop(reach.settings.insert(name.to_owned(), value.into()));
    set("operation", operation.to_owned());
    keys.truncate(Deeds::KEYS);
    if open || keys.iter().any(|key| key.contains('\n')) {
        set("unclear", "1".to_owned());
    }
    if !keys.is_empty() {
        set("keys", keys.join("\n"));
    }
    reach
}

/// What one command does.
fn command(name: &str, rest: &[&str], span: Option<Span>, findings: &mut Findings) {
    let upper = name.to_ascii_uppercase();
    let first = rest.first().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let mut hit = |verb: Verb, severity: Severity, phrase: String| {
        let reversible = match verb {
            Verb::Delete if severity > Low => Reversible::No,
            _ if severity == Low => Reversible::Yes,
            _ => Reversible::Unknown,
        };
        let target = rest.first().copied().unwrap_or(name).to_owned();
        let found =
            Found { verb, kind: TargetKind::Database, name: target, reversible, severity, phrase, span };
        findings.effect(found);
    };
    let on = rest.first().map_or_else(String::new, |key| format!(" {}", quoted(key)));
    match upper.as_str() {
        "FLUSHALL" => {
            hit(Verb::Delete, Critical, "Delete every key of every database of the cache".to_owned());
        }
        "FLUSHDB" => hit(Verb::Delete, Critical, "Delete every key of the cache's database".to_owned()),
        "DEL" | "UNLINK" | "GETDEL" | "HDEL" | "HGETDEL" | "LTRIM" | "XTRIM" | "XDEL"
        | "ZREMRANGEBYSCORE" | "ZREMRANGEBYRANK" | "ZREMRANGEBYLEX" | "JSON.DEL" | "FT.DROPINDEX"
        | "FT.DROP" | "TS.DEL" | "GRAPH.DELETE" | "CF.DEL" => {
            hit(Verb::Delete, High, format!("Delete the key{on} or a part of it"));
        }
        "SHUTDOWN" => hit(Verb::StopService, Critical, "Shut down the cache's server".to_owned()),
        "CONFIG" => config(&first, rest, &mut hit),
        "SCRIPT" | "FUNCTION" => match first.as_str() {
            "FLUSH" | "DELETE" | "KILL" | "RESTORE" => {
                hit(Verb::Delete, High, "Delete or stop the cache's own scripts".to_owned());
            }
            "LOAD" => hit(Verb::Create, Low, "Store a script in the cache".to_owned()),
            _ => {}
        },
        "MODULE" if first != "LIST" => {
            hit(Verb::ExecuteUnread, Critical, "Load code into the cache's server".to_owned());
        }
        "DEBUG" | "SWAPDB" | "FAILOVER" | "RESETSLOTS" | "SENTINEL"
            if !matches!(
                first.as_str(),
                "OBJECT" | "MASTERS" | "GET-MASTER-ADDR-BY-NAME" | "REPLICAS" | "SLAVES" | "SLEEP0"
            ) =>
        {
            hit(Verb::Change, High, format!("Change how the cache's server runs by {upper}"));
        }
        "REPLICAOF" | "SLAVEOF" => {
            hit(Verb::Overwrite, High, "Make the cache a copy of another, or stop it being one".to_owned());
        }
        "MIGRATE" => hit(Verb::Publish, High, "Send keys to another server".to_owned()),
        "CLUSTER" => match first.as_str() {
            "RESET" | "FLUSHSLOTS" | "FORGET" | "DELSLOTS" | "FAILOVER" | "SETSLOT" | "MEET"
            | "REPLICATE" | "ADDSLOTS" => {
                hit(Verb::Change, High, "Change who holds what in the cluster".to_owned());
            }
            _ => {}
        },
        "ACL" => match first.as_str() {
            "SETUSER" | "DELUSER" | "LOAD" | "SAVE" => {
                hit(Verb::Grant, High, "Change who may reach the cache".to_owned());
            }
            _ => {}
        },
        "CLIENT" => match first.as_str() {
            "KILL" | "PAUSE" => hit(Verb::StopService, High, "End or hold the sessions of others".to_owned()),
            _ => {}
        },
        "EVAL" | "EVAL_RO" => script(rest.first().copied().unwrap_or_default(), span, findings),
        "EVALSHA" | "FCALL" => {
            findings.unread(&upper, "what a stored script does stands in the cache", span);
        }
        "RESTORE" if rest.iter().any(|word| word.eq_ignore_ascii_case("replace")) => {
            hit(Verb::Overwrite, High, format!("Overwrite the key{on}"));
        }
        "RENAME" | "COPY" | "MOVE" | "SET" | "MSET" | "SETEX" | "PSETEX" | "SETNX" | "GETSET" | "APPEND"
        | "INCR" | "INCRBY" | "INCRBYFLOAT" | "DECR" | "DECRBY" | "HSET" | "HMSET" | "HSETNX" | "HINCRBY"
        | "LPUSH" | "RPUSH" | "LSET" | "LINSERT" | "LREM" | "SADD" | "SREM" | "SMOVE" | "ZADD" | "ZREM"
        | "ZINCRBY" | "XADD" | "XACK" | "XGROUP" | "LPOP" | "RPOP" | "SPOP" | "ZPOPMIN" | "ZPOPMAX"
        | "LMOVE" | "RPOPLPUSH" | "BLPOP" | "BRPOP" | "EXPIRE" | "PEXPIRE" | "EXPIREAT" | "PERSIST"
        | "SETBIT" | "PFADD" | "PFMERGE" | "GEOADD" | "PUBLISH" | "RESTORE" | "SAVE" | "BGSAVE"
        | "BGREWRITEAOF" | "SETRANGE" | "JSON.SET" | "TS.ADD" | "TS.CREATE" | "FT.CREATE" | "BF.ADD"
        | "RENAMENX" | "MSETNX" | "HINCRBYFLOAT" | "SUNIONSTORE" | "SINTERSTORE" | "ZUNIONSTORE"
        | "LPUSHX" | "RPUSHX" | "TOUCH" | "SORT" | "RESET" => {
            hit(Verb::Change, Low, format!("Change the key{on}"));
        }
        _ if READS.contains(&upper.as_str()) => {}
        _ => findings.unread(&upper, "no row knows this command of the cache", span),
    }
}

fn config(first: &str, rest: &[&str], hit: &mut impl FnMut(Verb, Severity, String)) {
    let name = rest.get(1).copied().unwrap_or_default().to_ascii_lowercase();
    match first {
        "SET" if matches!(name.as_str(), "dir" | "dbfilename" | "appendfilename" | "appenddirname") => {
            hit(
                Verb::Overwrite,
                Critical,
                format!("Have the cache write its file elsewhere by {}", quoted(&name)),
            );
        }
        "SET" | "REWRITE" => {
            hit(Verb::Change, High, format!("Change the setting {} of the cache", quoted(&name)));
        }
        "GET" if matches!(name.as_str(), "requirepass" | "masterauth") => {
            hit(Verb::Disclose, High, "Read the password of the cache".to_owned());
        }
        _ => {}
    }
}

/// Commands that only read, or concern this session alone.
const READS: &[&str] = &[
    "GET",
    "MGET",
    "HGET",
    "HGETALL",
    "HMGET",
    "HKEYS",
    "HVALS",
    "HLEN",
    "HEXISTS",
    "LRANGE",
    "LLEN",
    "LINDEX",
    "SMEMBERS",
    "SCARD",
    "SISMEMBER",
    "SRANDMEMBER",
    "SUNION",
    "SINTER",
    "SDIFF",
    "ZRANGE",
    "ZREVRANGE",
    "ZRANGEBYSCORE",
    "ZSCORE",
    "ZCARD",
    "ZRANK",
    "ZCOUNT",
    "XRANGE",
    "XREVRANGE",
    "XLEN",
    "XREAD",
    "XINFO",
    "XPENDING",
    "SCAN",
    "HSCAN",
    "SSCAN",
    "ZSCAN",
    "KEYS",
    "TYPE",
    "TTL",
    "PTTL",
    "EXISTS",
    "STRLEN",
    "GETRANGE",
    "RANDOMKEY",
    "DBSIZE",
    "INFO",
    "PING",
    "ECHO",
    "TIME",
    "ROLE",
    "LASTSAVE",
    "MEMORY",
    "OBJECT",
    "SLOWLOG",
    "LATENCY",
    "COMMAND",
    "SELECT",
    "AUTH",
    "HELLO",
    "MULTI",
    "EXEC",
    "DISCARD",
    "WATCH",
    "UNWATCH",
    "SUBSCRIBE",
    "PSUBSCRIBE",
    "PUBSUB",
    "MONITOR",
    "QUIT",
    "EXIT",
    "HELP",
    "DUMP",
    "GETBIT",
    "BITCOUNT",
    "PFCOUNT",
    "GEOPOS",
    "GEODIST",
    "WAIT",
    "GEOSEARCH",
    "JSON.GET",
    "JSON.TYPE",
    "TS.GET",
    "TS.RANGE",
    "FT.SEARCH",
    "FT.INFO",
    "FT._LIST",
    "READONLY",
    "ASKING",
    "LOLWUT",
    "EXPIRETIME",
    "MODULE",
    "CLEAR",
    "ZMSCORE",
    "SMISMEMBER",
    "LPOS",
    "SUBSTR",
    "HSTRLEN",
    "HRANDFIELD",
    "SENTINEL",
    "DEBUG",
];

/// Lua that the server runs: its calls by their names.
fn script(lua: &str, span: Option<Span>, findings: &mut Findings) {
    for unsafe_name in
        ["os.execute", "io.popen", "require", "loadstring", "package.loadlib", "loadfile", "dofile"]
    {
        if lua.contains(unsafe_name) {
            findings.unread(unsafe_name, "the script reaches out of the cache", span);
        }
    }
    let mut known = false;
    for call in lua.split("redis.").skip(1) {
        let Some(arguments) = call.strip_prefix("call").or_else(|| call.strip_prefix("pcall")) else {
            continue;
        };
        let arguments = arguments.trim_start().trim_start_matches('(').trim_start();
        let mark = arguments.chars().next().unwrap_or(' ');
        if matches!(mark, '\'' | '"')
            && let Some(name) = arguments.get(1..).and_then(|rest| rest.split(mark).next())
        {
            let rest = arguments.split(',').nth(1).map(|key| key.trim().trim_end_matches(')'));
            command(name, rest.as_slice(), span, findings);
            known = true;
        } else {
            findings.unread("redis.call", "which command it calls shows only when it runs", span);
        }
    }
    if !known {
        findings.unread_at(Low, "a script", "it calls nothing that is seen here", span);
    }
}

/// `redis-cli --cluster …`.
fn cluster(call: &Call<'_>, words: &[Word], findings: &mut Findings) {
    let name = words.first().map_or("", |word| word.text.as_str());
    if matches!(name, "info" | "check" | "help" | "backup") {
        return findings.reads(call.name);
    }
    findings.effect(Found {
        verb: Verb::Change,
        kind: TargetKind::Database,
        name: name.to_owned(),
        reversible: Reversible::Unknown,
        severity: High,
        phrase: format!("Change who holds what in the cluster by {}", quoted(name)),
        span: call.span,
    });
}
