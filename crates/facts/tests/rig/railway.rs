//! A stand-in of Railway's GraphQL API on 127.0.0.1, with the situation of the incident in it: one project, a production
//! volume with every backup on itself, and a staging environment beside it.
//!
//! It reads documents as Railway does (a field that the schema does not have is an error), checks the token, keeps every
//! document that it was sent, and really deletes a volume that it is told to delete. Types and fields are those of the
//! schema in the `railwayapp` crate. Standard library and `serde_json` alone, so that whoever needs it can include it.

#![allow(unreachable_pub, dead_code, reason = "whoever includes it takes what it needs")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Map, Value, json};

/// The token that this Railway takes.
pub const TOKEN: &str = "9f3c1d2e-7b64-4a51-8d0c-railway-stand-in";
/// The volume that everything is on.
pub const VOLUME: &str = "8c1f04be-52d7-4c3e-9a66-1b0f6a2d9e71";
/// Where that volume stands in production.
pub const INSTANCE: &str = "vi-production";
/// The project.
pub const PROJECT: &str = "2b7de1c4-pocketos";

/// How the stand-in behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As Railway does.
    Plain,
    /// It takes requests and never answers.
    Silent,
    /// Its answers do not end.
    Endless,
    /// It answers, but not about backups.
    NoBackups,
}

/// A running stand-in. Ends with whoever started it.
#[derive(Debug, Clone)]
pub struct Railway {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    manner: Manner,
    things: BTreeMap<String, Thing>,
    documents: Vec<String>,
}

type Thing = BTreeMap<&'static str, Part>;

#[derive(Debug, Clone)]
enum Part {
    Plain(Value),
    One(&'static str),
    Connection(Vec<&'static str>),
}

impl Railway {
    /// Starts it on a port of its own.
    ///
    /// # Errors
    /// Where no port is to be had.
    pub fn start(manner: Manner) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = State { manner, things: incident(), documents: Vec::new() };
        let railway = Self { address, state: Arc::new(Mutex::new(state)) };
        let serving = railway.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(&stream));
            }
        });
        Ok(railway)
    }

    /// The URL that takes documents.
    pub fn url(&self) -> String {
        format!("http://{}/graphql/v2", self.address)
    }

    /// Whether the production volume is still there.
    pub fn volume_is_there(&self) -> bool {
        self.state().things.contains_key(VOLUME)
    }

    /// Every document that it was sent.
    pub fn documents(&self) -> Vec<String> {
        self.state().documents.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some((headers, body)) = request(&mut reader) {
            let manner = self.state().manner;
            let answer = self.answer(&headers, &body).to_string();
            let mut stream = stream;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
            let sent = match manner {
                Manner::Silent => continue,
                Manner::Endless => endless(stream, head),
                _ => write!(stream, "{head}content-length: {}\r\n\r\n{answer}", answer.len()),
            };
            if sent.is_err() {
                return;
            }
        }
    }

    fn answer(&self, headers: &[(String, String)], body: &[u8]) -> Value {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = body["query"].as_str().unwrap_or_default();
        let mut state = self.state();
        state.documents.push(text.to_owned());
        let bearer = format!("Bearer {TOKEN}");
        if !headers.iter().any(|(name, value)| name == "authorization" && *value == bearer) {
            return json!({ "errors": [{ "message": "Not Authorized" }], "data": null });
        }
        match Parser::new(text, &body["variables"])
            .document()
            .and_then(|(kind, fields)| state.run(&kind, &fields))
        {
            Ok(data) => json!({ "data": data }),
            Err(message) => json!({ "errors": [{ "message": message }], "data": null }),
        }
    }
}

type Headers = Vec<(String, String)>;

/// Header lines and body of one request.
fn request(reader: &mut BufReader<&TcpStream>) -> Option<(Headers, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((headers, body))
}

fn endless(mut stream: &TcpStream, head: &str) -> std::io::Result<()> {
    write!(stream, "{head}transfer-encoding: chunked\r\n\r\n")?;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    loop {
        stream.write_all(chunk.as_bytes())?;
    }
}

/// A field with its arguments and what is selected of it.
#[derive(Debug)]
struct Field {
    name: String,
    arguments: Map<String, Value>,
    fields: Vec<Field>,
}

/// Enough of GraphQL's grammar for documents without fragments.
struct Parser<'a> {
    tokens: Vec<String>,
    at: usize,
    variables: &'a Value,
}

impl<'a> Parser<'a> {
    fn new(text: &str, variables: &'a Value) -> Self {
        let mut tokens: Vec<String> = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let mut token = String::from(c);
            if c == '"' {
                while let Some(next) = chars.next_if(|next| *next != '"') {
                    token.push(next);
                }
                chars.next();
            } else if c.is_alphanumeric() || "_-$.".contains(c) {
                while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || "_-.".contains(*next)) {
                    token.push(next);
                }
            } else if c.is_whitespace() || c == ',' {
                continue;
            }
            tokens.push(token);
        }
        Self { tokens, at: 0, variables }
    }

    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        let token = self.peek().to_owned();
        self.at += 1;
        token
    }

    fn takes(&mut self, token: &str) -> bool {
        let is = self.peek() == token;
        self.at += usize::from(is);
        is
    }

    fn document(mut self) -> Result<(String, Vec<Field>), String> {
        let kind = if self.peek() == "{" { "query".to_owned() } else { self.next() };
        while !self.peek().is_empty() && self.peek() != "{" {
            self.next();
        }
        Ok((kind, self.selection()?))
    }

    fn selection(&mut self) -> Result<Vec<Field>, String> {
        if !self.takes("{") {
            return Err("Syntax Error: Expected \"{\".".to_owned());
        }
        let mut fields = Vec::new();
        while !self.takes("}") {
            let name = self.next();
            if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                return Err(format!("Syntax Error: Unexpected \"{name}\"."));
            }
            let mut arguments = Map::new();
            if self.takes("(") {
                while !self.takes(")") && !self.peek().is_empty() {
                    let key = self.next();
                    self.takes(":");
                    let value = self.next();
                    let value = match (value.strip_prefix('$'), value.strip_prefix('"')) {
                        (Some(name), _) => self.variables[name].clone(),
                        (_, Some(text)) => json!(text),
                        _ => serde_json::from_str(&value).unwrap_or(json!(value)),
                    };
                    arguments.insert(key, value);
                }
            }
            let fields_of = if self.peek() == "{" { self.selection()? } else { Vec::new() };
            fields.push(Field { name, arguments, fields: fields_of });
        }
        Ok(fields)
    }
}

impl State {
    fn run(&mut self, kind: &str, fields: &[Field]) -> Result<Value, String> {
        let mut data = Map::new();
        for field in fields {
            let argument = |name: &str| field.arguments.get(name).and_then(Value::as_str).unwrap_or_default();
            let value = match (kind, field.name.as_str()) {
                ("query", "projects") => self.connection(&[PROJECT], field)?,
                ("query", "project" | "environment" | "service" | "volumeInstance") => {
                    self.one(argument("id"), field)?
                }
                ("query", "volumeInstanceBackupList" | "volumeInstanceBackupScheduleList") => {
                    if self.manner == Manner::NoBackups {
                        return Err("Problem processing request".to_owned());
                    }
                    let instance = self.things.get(argument("volumeInstanceId")).ok_or("Not Authorized")?;
                    let list = match instance.get(field.name.as_str()) {
                        Some(Part::Connection(list)) => list.clone(),
                        _ => Vec::new(),
                    };
                    let list: Result<Vec<Value>, String> =
                        list.iter().map(|id| self.one(id, field)).collect();
                    Value::Array(list?)
                }
                // The token is a workspace's: it has neither a project of its own nor a person behind it.
                ("query", "projectToken" | "me") => return Err("Not Authorized".to_owned()),
                ("mutation", "volumeDelete") => {
                    let gone = self.things.remove(argument("volumeId")).ok_or("Volume not found")?;
                    drop(gone);
                    json!(true)
                }
                (_, name) => return Err(format!("Cannot query field \"{name}\" on this type.")),
            };
            data.insert(field.name.clone(), value);
        }
        Ok(Value::Object(data))
    }

    fn connection(&self, ids: &[&str], field: &Field) -> Result<Value, String> {
        let mut whole = Map::new();
        for part in &field.fields {
            let value = match part.name.as_str() {
                "edges" => {
                    let node = part.fields.iter().find(|node| node.name == "node").ok_or("no node")?;
                    let there = ids.iter().filter(|id| self.things.contains_key(**id));
                    let nodes: Result<Vec<Value>, String> =
                        there.map(|id| Ok(json!({ "node": self.one(id, node)? }))).collect();
                    Value::Array(nodes?)
                }
                "pageInfo" => json!({ "hasNextPage": false, "endCursor": null }),
                name => return Err(format!("Cannot query field \"{name}\" on a connection.")),
            };
            whole.insert(part.name.clone(), value);
        }
        Ok(Value::Object(whole))
    }

    fn one(&self, id: &str, field: &Field) -> Result<Value, String> {
        let thing = self.things.get(id).ok_or("Not Authorized")?;
        let mut whole = Map::new();
        for part in &field.fields {
            let value = match thing.get(part.name.as_str()) {
                Some(Part::Plain(value)) => value.clone(),
                Some(Part::One(id)) => self.one(id, part)?,
                Some(Part::Connection(ids)) => self.connection(ids, part)?,
                None => return Err(format!("Cannot query field \"{}\" here.", part.name)),
            };
            whole.insert(part.name.clone(), value);
        }
        Ok(Value::Object(whole))
    }
}

/// The situation of the incident.
fn incident() -> BTreeMap<String, Thing> {
    use Part::{Connection, One};
    fn plain(value: impl Into<Value>) -> Part {
        Part::Plain(value.into())
    }
    const BACKUPS: [(&str, &str, u64); 6] = [
        ("b1", "2026-04-24T03:00:00.000Z", 41_200),
        ("b2", "2026-04-23T03:00:00.000Z", 41_100),
        ("b3", "2026-04-22T03:00:00.000Z", 40_900),
        ("b4", "2026-04-21T03:00:00.000Z", 40_800),
        ("b5", "2026-04-20T03:00:00.000Z", 40_700),
        ("b6", "2026-04-19T03:00:00.000Z", 40_500),
    ];
    let mut things: BTreeMap<String, Thing> = BTreeMap::new();
    let mut add = |id: &str, parts: Vec<(&'static str, Part)>| {
        let mut thing: Thing = parts.into_iter().collect();
        thing.insert("id", Part::Plain(json!(id)));
        things.insert(id.to_owned(), thing);
    };
    add(
        PROJECT,
        vec![
            ("name", plain("pocketos")),
            ("environments", Connection(vec!["env-production", "env-staging"])),
            ("services", Connection(vec!["svc-api"])),
            ("volumes", Connection(vec![VOLUME, "vol-staging"])),
        ],
    );
    for (id, name, instance) in
        [("env-production", "production", INSTANCE), ("env-staging", "staging", "vi-staging")]
    {
        let parts = vec![
            ("name", plain(name)),
            ("isEphemeral", plain(false)),
            ("projectId", plain(PROJECT)),
            ("volumeInstances", Connection(vec![instance])),
        ];
        add(id, parts);
    }
    add("svc-api", vec![("name", plain("api")), ("projectId", plain(PROJECT))]);
    for (id, name, instance) in
        [(VOLUME, "postgres-data", INSTANCE), ("vol-staging", "postgres-staging", "vi-staging")]
    {
        let parts = vec![
            ("name", plain(name)),
            ("projectId", plain(PROJECT)),
            ("volumeInstances", Connection(vec![instance])),
        ];
        add(id, parts);
    }
    for (id, volume, environment, size) in
        [(INSTANCE, VOLUME, "env-production", 41_300.0), ("vi-staging", "vol-staging", "env-staging", 210.0)]
    {
        let backups = if id == INSTANCE { BACKUPS.iter().map(|(id, ..)| *id).collect() } else { Vec::new() };
        let schedules = if id == INSTANCE { vec!["schedule"] } else { Vec::new() };
        let parts = vec![
            ("currentSizeMB", plain(size)),
            ("sizeMB", plain(50_000)),
            ("state", plain("READY")),
            ("isPendingDeletion", plain(false)),
            ("mountPath", plain("/var/lib/postgresql/data")),
            ("environmentId", plain(environment)),
            ("environment", One(environment)),
            ("serviceId", plain("svc-api")),
            ("service", One("svc-api")),
            ("volumeId", plain(volume)),
            ("volume", One(volume)),
            ("volumeInstanceBackupList", Connection(backups)),
            ("volumeInstanceBackupScheduleList", Connection(schedules)),
        ];
        add(id, parts);
    }
    for (id, taken, size) in BACKUPS {
        let parts = vec![
            ("name", Part::Plain(Value::Null)),
            ("createdAt", plain(taken)),
            ("expiresAt", Part::Plain(Value::Null)),
            ("usedMB", plain(900)),
            ("referencedMB", plain(size)),
        ];
        add(id, parts);
    }
    add("schedule", vec![("name", plain("DAILY")), ("kind", plain("DAILY")), ("cron", plain("0 3 * * *"))]);
    things
}
