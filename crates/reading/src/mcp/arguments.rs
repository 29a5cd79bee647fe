//! The arguments of a call, and the rooms that they lead to.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};
use serde_json::Value;

use super::keys::PATHS;
use crate::catalogue::Facts;
use crate::catalogue::judge::{self, Act, Judged};
use crate::catalogue::judge_names;
use crate::findings::Found;
use crate::http::{self, Request};
use crate::words::quoted;
use crate::{Findings, file, paths};

/// How deep arguments are looked into.
const DEPTH: usize = 16;
/// Texts of one call that are looked at.
const TEXTS: usize = 2000;

const STATEMENTS: &[&str] = &[
    "sql",
    "query",
    "statement",
    "queries",
    "statements",
    "sql_query",
    "script",
    "migration",
    "sqlquery",
    "sqlstatement",
    "sqlstatements",
    "sql_statement",
    "sql_statements",
    "sql_text",
    "sql_command",
    "query_text",
    "querytext",
    "query_string",
];
/// Names of arguments that are words for somebody or something to be done.
const SAYS: &[&str] = &[
    "body",
    "message",
    "text",
    "content",
    "amount",
    "data",
    "payload",
    "action",
    "method",
    "operation",
    "command",
];
/// Words that statements of SQL begin with.
const SQL: &[&str] = &[
    "select", "insert", "update", "delete", "drop", "truncate", "alter", "create", "grant", "revoke", "with",
    "merge", "replace", "call", "exec", "execute", "do", "copy", "vacuum", "explain", "begin", "set", "show",
    "pragma", "attach", "load", "rename", "use", "describe", "values", "lock", "analyze", "detach",
    "reindex", "commit", "declare", "put", "undrop", "unload", "kill", "optimize", "comment", "cluster",
    "refresh", "import", "shutdown",
];

/// Arguments that are looked at by their names.
const NAMED: usize = 200;

/// One call.
pub(super) struct Arguments<'a> {
    pub(super) server: &'a str,
    pub(super) tool: &'a str,
    pub(super) all: &'a BTreeMap<String, Value>,
    pub(super) span: Option<Span>,
    /// The arguments, and behind them those of the objects among them: `{"params": {"sql": …}}`.
    pub(super) named: Vec<(&'a str, &'a Value)>,
    /// Server and tool in small letters.
    small: String,
}

impl Facts for Arguments<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        if name == "-storage" {
            return self.reads_storage().then_some(Cow::Borrowed("storage"));
        }
        let mut found: Option<String> = None;
        self.each(&mut |key, value| {
            if found.is_none() && key.eq_ignore_ascii_case(name) {
                found = Some(value.to_owned());
            }
        });
        found.map(Cow::Owned)
    }
}

impl<'a> Arguments<'a> {
    pub(super) fn of(
        server: &'a str,
        tool: &'a str,
        all: &'a BTreeMap<String, Value>,
        span: Option<Span>,
    ) -> Self {
        let mut named: Vec<(&str, &Value)> = Vec::with_capacity(all.len());
        named.extend(all.iter().take(NAMED).map(|(key, value)| (key.as_str(), value)));
        for fields in all.values().filter_map(Value::as_object) {
            let room = NAMED.saturating_sub(named.len());
            named.extend(fields.iter().take(room).map(|(key, value)| (key.as_str(), value)));
        }
        let mut small = format!("{server}\n{tool}");
        small.make_ascii_lowercase();
        Self { server, tool, all, span, named, small }
    }

    /// The tool's name in small letters.
    pub(super) fn small_tool(&self) -> &str {
        self.small.rsplit_once('\n').map_or("", |(_, tool)| tool)
    }

    /// Whether an argument is something that is said or done, and not only what is asked for.
    pub(super) fn says(&self) -> bool {
        self.named.iter().any(|(key, _)| SAYS.iter().any(|name| key.eq_ignore_ascii_case(name)))
    }

    /// A query in whatever language, in which no word changes anything.
    pub(super) fn looks_into(&self, judged: Judged) -> bool {
        const CHANGES: &[&str] = &[
            "delete",
            "drop",
            "detach",
            "remove",
            "set",
            "create",
            "merge",
            "insert",
            "update",
            "truncate",
            "grant",
            "alter",
            "purge",
            "write",
            "to",
            "call",
            "exec",
            "execute",
            "revoke",
            "put",
            "kill",
            "replace",
            "load",
            "copy",
            "attach",
            "mutation",
            "outputlookup",
            "collect",
            "upsert",
        ];
        if judged.act != Some(Act::Run) || !judge_names::asks(self.tool) {
            return false;
        }
        // What was logged or measured changes by no query.
        let kept = ["log", "metric", "insight", "prometheus", "promql", "trace", "telemetry", "nrql"];
        if kept.iter().any(|word| self.small_tool().contains(word)) {
            return true;
        }
        let mut changes = false;
        self.each(&mut |_, value| {
            let mut words = value.split(|c: char| !c.is_ascii_alphanumeric());
            changes |= words.any(|word| CHANGES.iter().any(|change| word.eq_ignore_ascii_case(change)));
        });
        !changes
    }

    /// Whether the server keeps names of hosts, accounts or walls.
    pub(super) fn keeps_doors(&self) -> bool {
        const DOORS: &[&str] = &[
            "dns",
            "route53",
            "iam",
            "vault",
            "okta",
            "auth0",
            "keycloak",
            "entra",
            "firewall",
            "pfsense",
            "opnsense",
            "godaddy",
            "namecheap",
            "porkbun",
            "dnsimple",
            "tailscale",
            "wireguard",
            "1password",
            "bitwarden",
        ];
        let server = self.small.split_once('\n').map_or("", |(server, _)| server);
        server.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| DOORS.contains(&part))
    }

    /// Every plain value with its name.
    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        let mut left_over = TEXTS;
        for (key, value) in self.all {
            walk(key, value, 0, &mut left_over, each);
        }
    }

    pub(super) fn text(&self, names: &[&str]) -> Option<&str> {
        let is_one = |key: &str| names.iter().any(|known| key.eq_ignore_ascii_case(known));
        self.named.iter().find_map(|(key, value)| value.as_str().filter(|_| is_one(key)))
    }

    /// The operation that a tool for many of them is asked for: `{"service": "payments", "method": "create"}`.
    pub(super) fn operation(&self) -> Option<Judged> {
        let name = self.text(&["method", "action", "operation", "op", "command", "subcommand"])?;
        let on =
            self.text(&["service", "resource", "resource_type", "entity", "object", "type"]).unwrap_or("");
        let short = name.len() + on.len() < 80 && !name.contains(' ') && !on.contains(' ');
        let judged = short.then(|| judge::name(&format!("{name}_{on}")))?;
        judged.sure.then_some(judged).filter(|judged| judged.act.is_some())
    }

    /// Whether a script takes what a page keeps of its user, or sends something by itself.
    pub(super) fn reads_storage(&self) -> bool {
        const TAKES: &[&str] = &[
            "document.cookie",
            "localStorage",
            "sessionStorage",
            "indexedDB",
            "fetch(",
            "XMLHttpRequest",
            "sendBeacon",
            "WebSocket",
            "cookieStore",
        ];
        self.all.values().filter_map(Value::as_str).any(|text| TAKES.iter().any(|word| text.contains(word)))
    }

    /// What the call names first, for its sentence.
    pub(super) fn target(&self) -> Option<String> {
        let names = [
            "name",
            "id",
            "path",
            "repo",
            "project_id",
            "title",
            "table",
            "database",
            "key",
            "url",
            "resource",
        ];
        names.iter().find_map(|name| self.value(name)).filter(|value| !value.is_empty()).map(Cow::into_owned)
    }

    /// Arguments that weigh by themselves: `private: false`, `role: admin`.
    pub(super) fn weigh(&self, findings: &mut Findings) {
        let mut gravest: Option<http::Grave> = None;
        self.each(&mut |name, value| {
            http::gravest(&mut gravest, name, value);
        });
        if let Some(grave) = gravest {
            findings.effect(Found {
                verb: grave.verb,
                kind: TargetKind::Tool,
                name: format!("{}/{}", self.server, self.tool),
                reversible: Reversible::Unknown,
                severity: grave.severity,
                phrase: grave.why.to_owned(),
                span: self.span,
            });
        }
    }

    pub(super) fn sounds(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.small.contains(word))
    }

    /// Reads what the arguments are. Whether that says all there is to the call.
    pub(super) fn read_inner(&self, judged: Judged, findings: &mut Findings) -> bool {
        self.commands(judged, findings)
            || self.statements(findings)
            || self.requests(judged, findings)
            || self.paths(judged, findings)
    }

    fn statements(&self, findings: &mut Findings) -> bool {
        let mut read = false;
        let is_one = |key: &str| STATEMENTS.iter().any(|name| key.eq_ignore_ascii_case(name));
        for (_, value) in self.named.iter().copied().filter(|(key, _)| is_one(key)) {
            let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for text in list.iter().take(100).filter_map(Value::as_str) {
                read |= self.statement(text, findings);
            }
        }
        read
    }

    fn statement(&self, text: &str, findings: &mut Findings) -> bool {
        let first = text
            .trim_start()
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or("")
            .to_ascii_lowercase();
        let graphql = ["mutation", "subscription", "fragment"].contains(&first.as_str())
            || (self.sounds(&["graphql", "gql"]) && (first == "query" || text.trim_start().starts_with('{')));
        if graphql {
            let variables = self.all.get("variables").cloned().unwrap_or(Value::Null);
            http::read_graphql(text, &variables, self.server, self.span, findings);
            return true;
        }
        let database = self.sounds(&[
            "sql",
            "postgres",
            "mysql",
            "sqlite",
            "database",
            "db",
            "supabase",
            "neon",
            "snowflake",
            "bigquery",
            "clickhouse",
            "duckdb",
            "motherduck",
            "query",
            "redshift",
            "maria",
            "oracle",
            "cockroach",
            "timescale",
            "trino",
            "databricks",
            "d1",
            "migration",
            "statement",
            "planetscale",
            "tidb",
            "turso",
            "athena",
            "spanner",
        ]);
        let begins = SQL.contains(&first.as_str()) || text.trim_start().starts_with(['-', '/', '(']);
        if !database || !begins || text.trim().len() < 6 || self.sounds(&["search", "find_"]) {
            return false;
        }
        crate::sql::read_text(text, None, Some(self.server), self.span, findings);
        true
    }

    fn requests(&self, judged: Judged, findings: &mut Findings) -> bool {
        let Some(url) = self.text(&["url", "uri", "endpoint", "href", "address", "request_url"]) else {
            return false;
        };
        if !(url.contains("://") || url.starts_with("localhost")) {
            return false;
        }
        let method = self.text(&["method", "http_method", "verb", "httpmethod"]);
        let sends = self.sounds(&[
            "fetch", "request", "http", "curl", "navigate", "goto", "browse", "scrape", "crawl", "open",
            "visit", "webfetch", "rest", "api",
        ]);
        if method.is_none() && !sends {
            return false;
        }
        let own = self.tool.to_ascii_lowercase();
        let by_name = ["post", "put", "patch", "delete"]
            .iter()
            .find(|name| own.split(['_', '-']).any(|part| part == **name));
        let method = method.or(by_name.copied()).unwrap_or("GET").to_ascii_uppercase();
        let headers: Vec<(String, String)> = self
            .all
            .get("headers")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        let body = ["body", "data", "payload", "json"].iter().find_map(|name| self.all.get(*name));
        let body = body.map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned));
        let request = Request { method: &method, url, headers: &headers, body: body.as_deref() };
        http::read_request(&request, self.span, findings);
        let _ = judged;
        true
    }

    /// Paths that are read or changed. They add to what the tool is, and never say all of it.
    fn paths(&self, judged: Judged, findings: &mut Findings) -> bool {
        const REMOTE: &[&str] =
            &["github", "gitlab", "bitbucket", "notion", "slack", "figma", "s3", "drive", "gmail", "jira"];
        let looks = judged.act == Some(Act::Look);
        self.each(&mut |key, value| {
            if !PATHS.iter().any(|name| key.eq_ignore_ascii_case(name))
                || value.len() > 4096
                || value.contains('\n')
            {
                return;
            }
            let path = value.strip_prefix("file://").unwrap_or(value);
            if path.contains("://") || path.is_empty() {
                return;
            }
            if looks {
                if let Some(what) = paths::secret(path, false) {
                    findings.disclosed(path.to_owned(), what, self.span);
                }
            } else if !self.sounds(REMOTE) {
                self.changed(judged, path, findings);
            } else if let Some(special) = paths::special(path) {
                let phrase = format!("Change {}", quoted(path));
                self.change(special.when_changed().min(Severity::High), Verb::Change, path, phrase, findings);
            }
        });
        let urls = self.text(&["url", "uri"]).and_then(|url| url.strip_prefix("file://"));
        if let Some(what) = urls.and_then(|path| paths::secret(path, false).map(|what| (path, what))) {
            findings.disclosed(what.0.to_owned(), what.1, self.span);
        }
        if let Some(content) =
            self.text(&["content", "contents", "text", "file_text", "new_str", "new_text"]).filter(|_| !looks)
        {
            let path = self.text(&["path", "file_path", "filepath", "filename", "file"]).unwrap_or("");
            if !path.is_empty() {
                file::read_content(path, content, self.span, findings);
            }
        }
        false
    }

    fn changed(&self, judged: Judged, path: &str, findings: &mut Findings) {
        let deletes = judged.act == Some(Act::Destroy);
        let outside = file::is_system(path);
        if !(outside || deletes || paths::special(path).is_some()) {
            return;
        }
        if judged.act == Some(Act::Run) && !outside {
            return;
        }
        let (verb, says) = if deletes { (Verb::Delete, "Delete") } else { (Verb::Change, "Change") };
        let severity = if outside || deletes { Severity::High } else { Severity::Low };
        self.change(severity, verb, path, format!("{says} {}", quoted(path)), findings);
    }

    fn change(&self, severity: Severity, verb: Verb, path: &str, phrase: String, findings: &mut Findings) {
        findings.effect(Found {
            verb,
            kind: TargetKind::Path,
            name: path.to_owned(),
            reversible: if verb == Verb::Delete { Reversible::No } else { Reversible::Unknown },
            severity,
            phrase,
            span: self.span,
        });
    }
}

fn walk(key: &str, value: &Value, depth: usize, left: &mut usize, each: &mut dyn FnMut(&str, &str)) {
    if depth > DEPTH || *left == 0 {
        return;
    }
    *left -= 1;
    match value {
        Value::String(text) => each(key, text),
        Value::Bool(truth) => each(key, if *truth { "true" } else { "false" }),
        Value::Number(number) => each(key, &number.to_string()),
        Value::Array(list) => list.iter().for_each(|value| walk(key, value, depth + 1, left, each)),
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| walk(key, value, depth + 1, left, each));
        }
        Value::Null => {}
    }
}
