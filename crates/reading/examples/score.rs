//! How good and how fast the reading is, on labelled cases: `cargo run --release -p sayso-reading --example score -- CASES…`.
//!
//! Cases are JSON lines `{"id","kind","cwd"?,"input","label"}`. What counts as a guard's question: a severity from
//! `high` on. `--kind K` keeps one kind, `--label L` one label, `--show missed|alarms|errors` lists them, `--show N` both,
//! N of each; `--unread` shows what was not read of each, `--rounds N` reads all N times, for a profiler.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::cast_precision_loss, clippy::needless_pass_by_value)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sayso_core::{Action, Reading, Severity, strict};
use serde_json::{Map, Value, json};

/// Where a case without a folder of its own runs.
const PROJECT: &str = "/home/dev/project";

struct Case {
    kind: String,
    label: String,
    shown: String,
    cwd: String,
    action: Result<Action, String>,
}

#[derive(Default)]
struct Tally {
    risky: (usize, usize),
    critical: (usize, usize),
    safe: (usize, usize),
    text: (usize, usize),
    depends: (usize, usize),
    times: Vec<Duration>,
}

#[derive(Default)]
struct Options {
    files: Vec<String>,
    kind: Option<String>,
    label: Option<String>,
    missed: usize,
    alarms: usize,
    errors: usize,
    unread: bool,
    /// How often all is read; the last time counts.
    rounds: usize,
}

fn main() {
    let options = options();
    // The tables are read when the program starts that answers; a case is not the place to count it.
    sayso_reading::warm();
    for round in 1..options.rounds {
        let start = Instant::now();
        let mut count = 0usize;
        let cases: Vec<Case> = options.files.iter().flat_map(|path| cases(path)).collect();
        let fits = |case: &&Case| options.kind.as_deref().is_none_or(|kind| kind == case.kind);
        let read = Instant::now();
        for action in cases.iter().filter(fits).filter_map(|case| case.action.as_ref().ok()) {
            count += 1;
            std::hint::black_box(sayso_reading::read(action));
        }
        let seconds = read.elapsed().as_secs_f64().max(1e-9);
        println!(
            "round {round}: {:.0} a second of {count}, {:?} to load",
            count as f64 / seconds,
            read - start
        );
    }
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let (mut missed, mut alarms, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for case in options.files.iter().flat_map(|path| cases(path)) {
        let fits = |want: &Option<String>, have: &str| want.as_deref().is_none_or(|want| want == have);
        if !fits(&options.kind, &case.kind) || !fits(&options.label, &case.label) {
            continue;
        }
        let tally = tallies.entry(case.kind.clone()).or_default();
        let reading = case.action.as_ref().map(|action| {
            let start = Instant::now();
            let root = (case.kind == "file").then_some(case.cwd.as_str());
            let reading = sayso_reading::read_in(action, root);
            tally.times.push(start.elapsed());
            reading
        });
        // What does not even become an action is asked about.
        let asks = reading.as_ref().map_or(true, |reading| reading.severity >= Severity::High);
        let pair = match case.label.as_str() {
            "risky" => &mut tally.risky,
            "critical" => &mut tally.critical,
            "safe" => &mut tally.safe,
            "text" => &mut tally.text,
            _ => &mut tally.depends,
        };
        pair.0 += usize::from(asks);
        pair.1 += 1;
        let line = line(&case, reading.as_ref().ok(), options.unread);
        if reading.is_err() {
            errors.push(line.clone());
        }
        match case.label.as_str() {
            "risky" | "critical" if !asks => missed.push(line),
            "safe" | "text" if asks => alarms.push(line),
            _ => {}
        }
    }
    for (name, list, most) in [
        ("missed", missed, options.missed),
        ("alarms", alarms, options.alarms),
        ("errors", errors, options.errors),
    ] {
        for line in list.iter().take(most) {
            println!("{name}: {line}");
        }
    }
    for (kind, tally) in tallies {
        report(&kind, tally);
    }
}

fn options() -> Options {
    let mut options = Options::default();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--kind" => options.kind = args.next(),
            "--label" => options.label = args.next(),
            "--unread" => options.unread = true,
            "--rounds" => options.rounds = args.next().and_then(|n| n.parse().ok()).unwrap_or(1),
            "--show" => match args.next().as_deref() {
                Some("missed") => options.missed = usize::MAX,
                Some("alarms") => options.alarms = usize::MAX,
                Some("errors") => options.errors = usize::MAX,
                other => {
                    let most = other.and_then(|n| n.parse().ok()).unwrap_or(10);
                    (options.missed, options.alarms, options.errors) = (most, most, most);
                }
            },
            _ => options.files.push(arg),
        }
    }
    if options.files.is_empty() {
        eprintln!(
            "usage: score CASES.jsonl … [--kind K] [--label L] [--show missed|alarms|errors|N] [--unread]"
        );
    }
    options
}

fn cases(path: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(path).expect("the file of cases can be read");
    text.lines().filter(|line| !line.trim().is_empty()).map(case).collect()
}

fn case(line: &str) -> Case {
    let value: Value = serde_json::from_str(line).expect("a line of cases is JSON");
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let cwd = value.get("cwd").and_then(Value::as_str).unwrap_or(PROJECT);
    let input = value.get("input").cloned().unwrap_or_default();
    let shown = input.as_str().map_or_else(|| input.to_string(), str::to_owned);
    Case {
        kind: text("kind"),
        label: text("label"),
        action: action(&text("kind"), input, cwd),
        cwd: cwd.to_owned(),
        shown,
    }
}

/// The action that an input stands for.
fn action(kind: &str, input: Value, cwd: &str) -> Result<Action, String> {
    let input = match input {
        Value::String(text) if !matches!(kind, "shell" | "sql") => {
            serde_json::from_str(&text).map_err(|error| error.to_string())?
        }
        other => other,
    };
    let get = |field: &str| input.get(field).cloned().unwrap_or_default();
    let wire = match kind {
        "shell" => json!({"kind": "shell", "script": input, "cwd": cwd}),
        "sql" => json!({"kind": "sql", "statement": input}),
        "http" => http(get("method"), get("url"), headers(&get("headers")), get("body")),
        "graphql" => {
            let mut body = Map::new();
            body.insert("query".to_owned(), get("query"));
            if !get("variables").is_null() {
                body.insert("variables".to_owned(), get("variables"));
            }
            let headers = json!([["Content-Type", "application/json"]]);
            http(json!("POST"), get("url"), headers, Value::String(Value::Object(body).to_string()))
        }
        "mcp" => {
            let arguments = if get("arguments").is_object() { get("arguments") } else { json!({}) };
            json!({"kind": "mcp", "server": get("server"), "tool": get("tool"), "arguments": arguments})
        }
        "file" => file(&get("operation"), &get("path"), &get("content"), cwd),
        other => return Err(format!("no kind {other}")),
    };
    strict::parse(wire.to_string().as_bytes()).map_err(|error| error.message)
}

fn http(method: Value, url: Value, headers: Value, body: Value) -> Value {
    let mut wire = json!({"kind": "http", "method": method, "url": url, "headers": headers});
    let body = match body {
        Value::Null => return wire,
        Value::String(text) => text,
        other => other.to_string(),
    };
    wire["body"] = Value::String(body);
    wire
}

/// Headers as pairs, from an object or from pairs.
fn headers(given: &Value) -> Value {
    match given {
        Value::Object(map) => {
            map.iter().map(|(name, value)| json!([name, value.as_str().unwrap_or_default()])).collect()
        }
        Value::Array(_) => given.clone(),
        _ => json!([]),
    }
}

/// An operation on a file. Reading is no edit: it is the tool of an agent that only looks.
fn file(operation: &Value, path: &Value, content: &Value, cwd: &str) -> Value {
    let path = path.as_str().unwrap_or_default();
    let absolute = match path.strip_prefix("~/") {
        Some(rest) => format!("/home/dev/{rest}"),
        None if path.starts_with('/') || path.get(1..2) == Some(":") => path.to_owned(),
        None => format!("{}/{}", cwd.trim_end_matches('/'), path.trim_start_matches("./")),
    };
    let content = content.as_str().unwrap_or_default();
    let change = match operation.as_str().unwrap_or_default() {
        "read" => {
            let payload = json!({"tool": "Read", "input": {"file_path": absolute}, "cwd": cwd});
            return json!({"kind": "custom", "title": "Read file", "payload": payload});
        }
        "delete" => json!({"delete": {}}),
        "edit" => json!({"replace": {"old": "", "new": content, "all": false}}),
        _ => json!({"content": content}),
    };
    json!({"kind": "file_edit", "path": absolute, "change": change})
}

fn line(case: &Case, reading: Option<&Reading>, unread: bool) -> String {
    let shown: String = case.shown.chars().take(300).collect();
    let shown = shown.replace('\n', "⏎");
    match (reading, &case.action) {
        (Some(reading), _) if unread => {
            let unread: Vec<String> =
                reading.unread.iter().map(|unread| format!("{} ({})", unread.what, unread.why)).collect();
            format!("{:?} {shown}\n    {} [{}]", reading.severity, reading.sentence, unread.join("; "))
        }
        (Some(reading), _) => format!("{:?} {shown}\n    {}", reading.severity, reading.sentence),
        (None, Err(why)) => format!("no action ({why}) {shown}"),
        (None, Ok(_)) => shown,
    }
}

fn report(kind: &str, mut tally: Tally) {
    let percent = |(part, whole): (usize, usize)| match whole {
        0 => "-".to_owned(),
        whole => format!("{:.2}% ({part}/{whole})", part as f64 * 100.0 / whole as f64),
    };
    let both = |a: (usize, usize), b: (usize, usize)| (a.0 + b.0, a.1 + b.1);
    println!(
        "{kind}: recall {}, of critical {}; false alarms {}, of text {}; asked of depends {}",
        percent(both(tally.risky, tally.critical)),
        percent(tally.critical),
        percent(both(tally.safe, tally.text)),
        percent(tally.text),
        percent(tally.depends)
    );
    tally.times.sort_unstable();
    let count = tally.times.len();
    if count > 0 {
        let all: Duration = tally.times.iter().sum();
        let at = |part: usize| tally.times[(count * part / 100).min(count - 1)];
        println!(
            "    median {:?}, p99 {:?}, worst {:?}; {:.0} a second",
            at(50),
            at(99),
            at(100),
            count as f64 / all.as_secs_f64().max(1e-9)
        );
    }
}
