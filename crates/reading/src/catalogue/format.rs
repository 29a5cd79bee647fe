//! A provider's file: its header and its rows.
//!
//! A row is a list of texts: what it is about, how grave it is, what it does to what, its sentence, and, where there
//! is one, the condition under which it counts. Of several rows that match, the first whose condition holds counts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};
use serde_json::Value;

use super::template::{Bindings, Path, fill};
use crate::words::quoted;

/// The methods that rows name.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "LIST"];

/// What stands before the first group.
#[derive(Debug, Default)]
pub(crate) struct Header {
    /// The short name, the file's own.
    pub(crate) name: &'static str,
    /// How sentences call it.
    pub(crate) title: &'static str,
    pub(crate) hosts: Vec<&'static str>,
    /// Beginnings of paths that tell it on any host.
    pub(crate) anywhere: Vec<&'static str>,
    /// Whole paths that tell it on one's own machine, where a stand-in of it may run.
    pub(crate) stand_ins: Vec<&'static str>,
    /// Beginnings of paths that rows leave out.
    pub(crate) base: Vec<&'static str>,
    pub(crate) ports: Vec<u16>,
    /// Programs of its own, for rows about commands.
    pub(crate) programs: Vec<&'static str>,
    /// Names that its MCP servers go by.
    pub(crate) servers: Vec<&'static str>,
    /// Whether a path ends in the name of an operation, whatever the method says.
    pub(crate) calls: bool,
}

/// One provider: its header, and its rows when they are first needed.
pub(crate) struct Provider {
    pub(crate) header: Header,
    groups: &'static str,
    rows: OnceLock<Rows>,
}

/// What an operation does.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) severity: Severity,
    pub(crate) verb: Verb,
    pub(crate) kind: TargetKind,
    pub(crate) reversible: Reversible,
    name: &'static str,
    say: &'static str,
    when: Option<Condition>,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests hold every row against its own example"))]
    on: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests see to it that every row has one"))]
    source: &'static str,
}

/// The rows of a provider, by the kind of what they are about.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// By method and number of parts of the path; paths of any length stand under 0.
    requests: HashMap<(&'static str, usize), Vec<(Path, Row)>>,
    /// GraphQL mutations by name.
    mutations: HashMap<&'static str, Vec<Row>>,
    /// MCP tools by name.
    tools: HashMap<&'static str, Vec<Row>>,
    /// Operations of a service by `service Operation`.
    operations: HashMap<&'static str, Vec<Row>>,
    /// Commands, as the words behind the program, by the first of them.
    commands: HashMap<&'static str, Vec<(Path, Row)>>,
    problems: Vec<String>,
}

/// When a row counts.
#[derive(Debug)]
pub(crate) struct Condition {
    name: &'static str,
    value: Option<&'static str>,
    not: bool,
}

/// What is known of the one operation that rows are held against.
pub(crate) trait Facts {
    /// The value of an argument, a field of the body, a part of the query or an option.
    fn value(&self, name: &str) -> Option<Cow<'_, str>>;
}

/// No facts at all.
impl Facts for () {
    fn value(&self, _name: &str) -> Option<Cow<'_, str>> {
        None
    }
}

impl Condition {
    fn parse(text: &'static str) -> Self {
        let (not, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        Self { name, value, not }
    }

    fn holds(&self, facts: &dyn Facts) -> bool {
        let value = facts.value(self.name);
        let fits = match (&value, self.value) {
            (Some(have), Some(want)) => want.split('|').any(|want| have.eq_ignore_ascii_case(want)),
            (have, None) => have.is_some(),
            (None, Some(_)) => false,
        };
        fits != self.not
    }
}

impl Row {
    fn fits(&self, facts: &dyn Facts) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(facts))
    }

    /// The name of what it lands on.
    pub(crate) fn name(&self, bindings: &Bindings<'_>, facts: &dyn Facts) -> String {
        fill(self.name, bindings, facts, str::to_owned)
    }

    /// Its sentence.
    pub(crate) fn sentence(&self, bindings: &Bindings<'_>, facts: &dyn Facts) -> String {
        fill(self.say, bindings, facts, quoted)
    }
}

impl Provider {
    /// The header of a file. `None` where it is not of the form; a test reads every file.
    pub(super) fn parse(text: &'static str) -> Option<Self> {
        let split = text.find("[[group]]").unwrap_or(text.len());
        let table: toml::Table = toml::from_str(text.get(..split)?).ok()?;
        let list = |key: &str| -> Vec<&'static str> {
            let values = table.get(key).and_then(toml::Value::as_array).into_iter().flatten();
            values.filter_map(toml::Value::as_str).map(kept).collect()
        };
        let ports = table.get("ports").and_then(toml::Value::as_array).into_iter().flatten();
        let header = Header {
            name: kept(table.get("name")?.as_str()?),
            title: kept(table.get("title")?.as_str()?),
            hosts: list("hosts"),
            anywhere: list("anywhere"),
            stand_ins: list("stand_ins"),
            base: list("base"),
            ports: ports
                .filter_map(toml::Value::as_integer)
                .filter_map(|port| u16::try_from(port).ok())
                .collect(),
            programs: list("programs"),
            servers: list("servers"),
            calls: table.get("calls").and_then(toml::Value::as_bool).unwrap_or(false),
        };
        Some(Self { header, groups: text.get(split..)?, rows: OnceLock::new() })
    }

    fn all(&self) -> &Rows {
        self.rows.get_or_init(|| Rows::parse(self.groups))
    }

    /// The row of a request: `host` for providers with many of them, `path` without its query.
    pub(crate) fn request<'a>(
        &self,
        method: &str,
        host: &str,
        path: &'a str,
        facts: &dyn Facts,
    ) -> Option<(&Row, Bindings<'a>)> {
        let path = self.header.base.iter().find_map(|base| path.strip_prefix(base)).unwrap_or(path);
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let rows = self.all();
        let method = METHODS.iter().find(|known| **known == method).copied().unwrap_or("");
        let candidates =
            [(method, parts.len()), ("ANY", parts.len()), (method, usize::MAX), ("ANY", usize::MAX)];
        let mut candidates = candidates.iter().filter_map(|key| rows.requests.get(key)).flatten();
        candidates.find_map(|(path, row)| {
            let bindings = path.matches(host, &parts)?;
            row.fits(facts).then_some((row, bindings))
        })
    }

    /// The row of a GraphQL mutation.
    pub(crate) fn mutation(&self, field: &str, facts: &dyn Facts) -> Option<&Row> {
        self.all().mutations.get(field)?.iter().find(|row| row.fits(facts))
    }

    /// The row of an MCP tool.
    pub(crate) fn tool(&self, tool: &str, facts: &dyn Facts) -> Option<&Row> {
        self.all().tools.get(tool)?.iter().find(|row| row.fits(facts))
    }

    /// The row of a service's operation, by names such as `rds` and `DeleteDBInstance`.
    pub(crate) fn operation(&self, service: &str, operation: &str, facts: &dyn Facts) -> Option<&Row> {
        let rows = self.all().operations.get(format!("{service} {operation}").as_str())?;
        rows.iter().find(|row| row.fits(facts))
    }

    /// The row of a command of one of its programs, by the words that are no options.
    #[expect(dead_code, reason = "for the programs of providers, which come with their own room")]
    pub(crate) fn command<'a>(&self, words: &[&'a str], facts: &dyn Facts) -> Option<(&Row, Bindings<'a>)> {
        let rows = self.all().commands.get::<str>(words.first()?)?;
        rows.iter().find_map(|(path, row)| {
            let bindings = path.matches("", words)?;
            row.fits(facts).then_some((row, bindings))
        })
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        let rows = self.all();
        let paths = rows.requests.values().chain(rows.commands.values()).flatten().map(|(_, row)| row);
        let names = [&rows.mutations, &rows.tools, &rows.operations];
        paths.chain(names.into_iter().flat_map(HashMap::values).flatten())
    }

    /// Whatever is wrong with the file: rows of no known form, rows that their own example does not reach.
    #[cfg(test)]
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = self.all().problems.clone();
        problems.extend(
            self.rows().filter(|row| row.source.is_empty()).map(|row| format!("no source: {}", row.on)),
        );
        for ((method, _), rows) in &self.all().requests {
            for (path, row) in rows {
                let (host, example) = path.example();
                let met =
                    path.matches(&host, &example.split('/').filter(|p| !p.is_empty()).collect::<Vec<_>>());
                let reached = met.is_some() && (METHODS.contains(method) || *method == "ANY");
                if !reached {
                    problems.push(format!("its example is not matched: {}", row.on));
                }
            }
        }
        problems
    }
}

/// Catalogue texts are the program's own, parsed once; what is kept of them lives as long as it does.
fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

impl Rows {
    fn parse(groups: &'static str) -> Self {
        let mut rows = Self::default();
        let table: toml::Table = match toml::from_str(groups) {
            Ok(table) => table,
            Err(error) => {
                rows.problems.push(error.to_string());
                return rows;
            }
        };
        for group in table.get("group").and_then(toml::Value::as_array).into_iter().flatten() {
            let source = group.get("source").and_then(toml::Value::as_str).map_or("", kept);
            for (kind, list) in group.as_table().into_iter().flatten().filter(|(key, _)| *key != "source") {
                for row in list.as_array().into_iter().flatten() {
                    if rows.add(kind, row, source).is_none() {
                        rows.problems.push(format!("{kind}: {row}"));
                    }
                }
            }
        }
        rows
    }

    fn add(&mut self, kind: &str, row: &toml::Value, source: &'static str) -> Option<()> {
        let texts: Option<Vec<&'static str>> =
            row.as_array()?.iter().map(|text| text.as_str().map(kept)).collect();
        let (on, row) = parse_row(&texts?, source)?;
        match kind {
            "http" => {
                let (method, path) = on.split_once(' ')?;
                let path = Path::parse(path, true);
                self.requests.entry((method, path.length())).or_default().push((path, row));
            }
            "graphql" => self.mutations.entry(on).or_default().push(row),
            "mcp" => self.tools.entry(on).or_default().push(row),
            "operations" => self.operations.entry(on).or_default().push(row),
            "commands" => {
                let first = on.split(' ').next()?;
                self.commands.entry(first).or_default().push((Path::parse(on, false), row));
            }
            _ => return None,
        }
        Some(())
    }
}

fn parse_row(texts: &[&'static str], source: &'static str) -> Option<(&'static str, Row)> {
    let (on, severity, effect, say) = (*texts.first()?, texts.get(1)?, texts.get(2)?, *texts.get(3)?);
    let severity = match *severity {
        "none" => Severity::None,
        "low" => Severity::Low,
        "high" => Severity::High,
        "critical" => Severity::Critical,
        _ => return None,
    };
    let mut effect = effect.splitn(3, ' ');
    let first = effect.next()?;
    let (verb, back) = first.split_once(':').map_or((first, None), |(verb, back)| (verb, Some(back)));
    let verb = word::<Verb>(verb)?;
    let reversible = match back {
        Some(back) => word::<Reversible>(back)?,
        None => reversible(verb),
    };
    let kind = word::<TargetKind>(effect.next()?)?;
    let name = effect.next().unwrap_or("");
    let row = Row {
        severity,
        verb,
        kind,
        reversible,
        name,
        say,
        when: texts.get(4).map(|text| Condition::parse(text)),
        on,
        source,
    };
    Some((on, row))
}

/// A word of the wire's, such as `stop-service`.
fn word<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(Value::String(text.to_owned())).ok()
}

/// Whether what a verb does can be had back, where a row says nothing of it.
pub(crate) const fn reversible(verb: Verb) -> Reversible {
    match verb {
        Verb::Delete | Verb::Overwrite | Verb::Disclose | Verb::Publish | Verb::Spend => Reversible::No,
        Verb::Create | Verb::Grant | Verb::StopService | Verb::Read => Reversible::Yes,
        Verb::Change | Verb::ExecuteUnread => Reversible::Unknown,
    }
}
