//! GraphQL: every mutation of a document by the name of its field, wherever it stands.
//!
//! # Invariants
//! - The grammar is `apollo-parser`'s, with bounds on depth and tokens; a document with an error in it is unread.
//! - Aliases never count, fields do; fragments are followed; of several operations all count, unless the request
//!   names one of them.
//! - A query or a subscription reads. A mutation that no row knows is judged by its words.
//!
//! Deliberately absent: the providers' schemas. What a field returns does not matter for what it does.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use apollo_parser::cst::{self, CstNode, Definition, Selection};
use sayso_core::Severity;
use sayso_core::reading::{Reach, Reversible, Span, System, TargetKind, Verb};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::body;
use crate::Findings;
use crate::catalogue::judge::{self, Act};
use crate::catalogue::{Facts, Provider};
use crate::findings::Found;
use crate::words::quoted;

/// The longest document that is read, in bytes.
const DOCUMENT_BYTES: usize = 128 * 1024;
/// Tokens of a document.
const TOKENS: usize = 20_000;
/// How deep selections and values nest. Servers bound theirs far below.
const DEPTH: usize = 64;
/// Requests in one batch, fields in one operation.
const MANY: usize = 500;

/// Where a document goes.
pub(crate) struct Endpoint<'a> {
    pub(crate) provider: Option<&'a Provider>,
    /// How the sentence calls it.
    pub(crate) place: &'a str,
    /// One's own machine.
    pub(crate) local: bool,
    /// The URL, and the headers that get in there; `None` where the document goes through a tool.
    pub(crate) way_in: Option<WayIn<'a>>,
    pub(crate) span: Option<Span>,
}

/// Where the document is sent, and with what.
pub(crate) struct WayIn<'a> {
    pub(crate) url: &'a str,
    /// Name in small letters, and value.
    pub(crate) headers: Vec<(&'static str, &'a str)>,
}

/// Reads a body: one request or a batch of them. Whether it was GraphQL.
pub(crate) fn read_json(json: &Value, endpoint: &Endpoint<'_>, findings: &mut Findings) -> bool {
    match json {
        Value::Array(batch) if !batch.is_empty() => {
            if batch.len() > MANY {
                findings.unread("the batch", format!("it holds more than {MANY} requests"), endpoint.span);
            }
            let mut all = true;
            for one in batch.iter().take(MANY) {
                all &= one.as_object().is_some_and(|one| read_one(one, endpoint, findings));
            }
            all
        }
        Value::Object(one) => read_one(one, endpoint, findings),
        _ => false,
    }
}

fn read_one(one: &Map<String, Value>, endpoint: &Endpoint<'_>, findings: &mut Findings) -> bool {
    let operation = one.get("operationName").and_then(Value::as_str);
    let variables = one.get("variables").unwrap_or(&Value::Null);
    let document = one.get("query").or_else(|| one.get("mutation")).or_else(|| one.get("document"));
    match document.and_then(Value::as_str).filter(|text| !text.trim().is_empty()) {
        Some(text) => {
            read(text, operation, variables, endpoint, findings);
            true
        }
        None if ["extensions", "id", "doc_id", "queryId", "documentId", "hash", "operationName"]
            .iter()
            .any(|key| one.contains_key(*key)) =>
        {
            stored(operation, endpoint, findings);
            true
        }
        None => false,
    }
}

/// Only the number or the name of a document that the server has.
fn stored(operation: Option<&str>, endpoint: &Endpoint<'_>, findings: &mut Findings) {
    let what = operation.unwrap_or("a stored document");
    findings.unread(what, "the request names a document that only the server has", endpoint.span);
    if let Some(name) = operation {
        findings.raise(judge::name(name).severity);
    }
}

/// Reads one document.
pub(crate) fn read(
    text: &str,
    operation: Option<&str>,
    variables: &Value,
    endpoint: &Endpoint<'_>,
    findings: &mut Findings,
) {
    if text.len() > DOCUMENT_BYTES {
        findings.unread("the document", format!("it is longer than {DOCUMENT_BYTES} bytes"), endpoint.span);
        return;
    }
    let tree = apollo_parser::Parser::new(text).recursion_limit(DEPTH).token_limit(TOKENS).parse();
    if tree.errors().len() > 0 {
        findings.unread("the document", "it is no GraphQL that can be read", endpoint.span);
        if text.contains("mutation") {
            raise_by_words(text, findings);
        }
        return;
    }
    let mut operations = Vec::new();
    let mut fragments = HashMap::new();
    for definition in tree.document().definitions() {
        match definition {
            Definition::OperationDefinition(operation) => operations.push(operation),
            Definition::FragmentDefinition(fragment) => {
                let name = fragment.fragment_name().and_then(|name| name_of(name.name()));
                if let Some((name, set)) = name.zip(fragment.selection_set()) {
                    fragments.insert(name, set);
                }
            }
            _ => findings.unread(
                "a definition",
                "a request holds operations and fragments only",
                endpoint.span,
            ),
        }
    }
    if operations.is_empty() {
        findings.unread("the document", "it holds no operation", endpoint.span);
    }
    let named =
        |one: &cst::OperationDefinition| operation.is_some() && name_of(one.name()).as_deref() == operation;
    let chosen: Vec<_> = operations.iter().filter(|one| named(one)).collect();
    let all = operations.iter().collect();
    let counted: Vec<&cst::OperationDefinition> = if chosen.len() == 1 { chosen } else { all };
    let mut reader = Reader { fragments, variables, endpoint, fields: 0, seen: Vec::new() };
    for operation in counted {
        let kind = operation.operation_type();
        let writes = kind.as_ref().is_some_and(|kind| kind.mutation_token().is_some());
        let Some(set) = operation.selection_set() else { continue };
        let defaults = defaults(operation);
        reader.seen.clear();
        if writes { reader.mutations(&set, &defaults, 0, findings) } else { reader.queries(&set, findings) }
    }
}

/// A document that is not read is as grave as its gravest word says.
fn raise_by_words(text: &str, findings: &mut Findings) {
    let names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.len() > 5);
    if names.take(MANY).any(|name| judge::name(name).severity == Severity::Critical) {
        findings.raise(Severity::Critical);
    }
}

struct Reader<'a> {
    fragments: HashMap<String, cst::SelectionSet>,
    variables: &'a Value,
    endpoint: &'a Endpoint<'a>,
    fields: usize,
    /// Fragments that were followed: each once, so that none runs in a circle.
    seen: Vec<String>,
}

type Defaults = HashMap<String, cst::Value>;

impl Reader<'_> {
    fn mutations(
        &mut self,
        set: &cst::SelectionSet,
        defaults: &Defaults,
        depth: usize,
        findings: &mut Findings,
    ) {
        if depth > DEPTH {
            findings.unread("a fragment", "fragments stand in one another too deep", self.endpoint.span);
            return;
        }
        for selection in set.selections() {
            match selection {
                Selection::Field(field) => {
                    self.fields += 1;
                    if self.fields > MANY {
                        findings.unread(
                            "the document",
                            format!("it has more than {MANY} fields"),
                            self.endpoint.span,
                        );
                        return;
                    }
                    self.mutation(&field, defaults, findings);
                }
                Selection::InlineFragment(fragment) => {
                    if let Some(set) = fragment.selection_set() {
                        self.mutations(&set, defaults, depth + 1, findings);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let name =
                        spread.fragment_name().and_then(|name| name_of(name.name())).unwrap_or_default();
                    match self.fragments.get(&name).cloned() {
                        Some(_) if self.seen.contains(&name) => {}
                        Some(set) => {
                            self.seen.push(name);
                            self.mutations(&set, defaults, depth + 1, findings);
                        }
                        None => {
                            findings.unread(&name, "this fragment is nowhere defined", self.endpoint.span);
                        }
                    }
                }
            }
        }
    }

    /// A query reads. Fields at its top that are named like secrets disclose them.
    fn queries(&self, set: &cst::SelectionSet, findings: &mut Findings) {
        for selection in set.selections().take(MANY) {
            let Selection::Field(field) = selection else { continue };
            let Some(name) = name_of(field.name()) else { continue };
            let facts = Arguments { field: &field, defaults: &Defaults::new(), variables: self.variables };
            let row = self
                .endpoint
                .provider
                .and_then(|provider| provider.mutation(&format!("query {name}"), &facts));
            if let Some(row) = row {
                self.by_row(row, &facts, findings);
            }
        }
        findings.reads("GraphQL");
    }

    fn by_row(&self, row: &crate::catalogue::Row, facts: &Arguments<'_>, findings: &mut Findings) {
        findings.effect(Found {
            verb: row.verb,
            kind: row.kind,
            name: row.name(&super::no_bindings(), facts),
            reversible: row.reversible,
            severity: row.severity,
            phrase: row.sentence(&super::no_bindings(), facts),
            span: self.endpoint.span,
        });
    }

    fn mutation(&self, field: &cst::Field, defaults: &Defaults, findings: &mut Findings) {
        let Some(name) = name_of(field.name()) else { return };
        if name == "__typename" {
            return;
        }
        let facts = Arguments { field, defaults, variables: self.variables };
        let row = self.endpoint.provider.and_then(|provider| provider.mutation(&name, &facts));
        match row {
            Some(row) => {
                self.reach(&name, &facts, findings);
                self.by_row(row, &facts, findings);
            }
            None => self.by_words(&name, &facts, findings),
        }
        self.weigh(&facts, findings);
        if let Some(command) = facts.value("command").filter(|_| name.ends_with("Exec")) {
            findings.unread(&command, "it runs on a machine of the provider", self.endpoint.span);
        }
    }

    /// The provider's interface, for whoever asks it what this mutation would hit.
    fn reach(&self, name: &str, facts: &Arguments<'_>, findings: &mut Findings) {
        let Some((way_in, provider)) = self.endpoint.way_in.as_ref().zip(self.endpoint.provider) else {
            return;
        };
        let mut settings = BTreeMap::new();
        facts.each(&mut |name, value| {
            if settings.len() < MANY {
                settings.insert(name.to_owned(), Zeroizing::new(value.to_owned()));
            }
        });
        let own = [("operation", name), ("provider", provider.header.name)];
        for (name, value) in way_in.headers.iter().copied().chain(own) {
            settings.insert(name.to_owned(), Zeroizing::new(value.to_owned()));
        }
        let address = Zeroizing::new(way_in.url.to_owned());
        findings.reach(Reach { system: System::Http, address, settings });
    }

    fn by_words(&self, name: &str, facts: &Arguments<'_>, findings: &mut Findings) {
        let judged = judge::name(name);
        let looks = judged.act == Some(Act::Look);
        // An article on a page of one's own is no message to others; only who knows the place knows better.
        let article = self.endpoint.provider.is_none()
            && judged.act == Some(Act::Make)
            && judged.verb == Verb::Publish
            && judge::words(name).iter().any(|word| matches!(word.text(), "post" | "posts" | "reply"));
        // Hasura's way to change every row that a filter fits.
        let rows = name.starts_with("update_")
            && !name.ends_with("_by_pk")
            && facts.has(&["_set", "_inc", "_append"]);
        let severity = match judged.severity {
            _ if self.endpoint.local && !article => judged.severity.min(Severity::Low),
            _ if article => Severity::Low,
            Severity::None | Severity::Low if rows => Severity::High,
            _ if self.endpoint.local => judged.severity.min(Severity::Low),
            Severity::None => Severity::Low,
            other => other,
        };
        let verb = if looks { Verb::Change } else { judged.verb };
        let target = ["id", "name", "slug"].iter().find_map(|key| facts.value(key)).unwrap_or_default();
        let title = self.endpoint.provider.map_or(self.endpoint.place, |provider| provider.header.title);
        findings.effect(Found {
            verb,
            kind: judged.kind,
            name: if target.is_empty() { name.to_owned() } else { target.into_owned() },
            reversible: crate::catalogue::reversible(verb),
            severity,
            phrase: format!("Call the mutation {} of {}", quoted(name), quoted(title)),
            span: self.endpoint.span,
        });
        if judged.act.is_none() {
            findings.unread_at(severity, name, "what this mutation does is not known", self.endpoint.span);
        }
    }

    /// Arguments that weigh by themselves: `visibility: PUBLIC`, `role: ADMIN`.
    fn weigh(&self, facts: &Arguments<'_>, findings: &mut Findings) {
        let mut gravest: Option<body::Grave> = None;
        facts.each(&mut |name, value| {
            body::gravest(&mut gravest, name, value);
        });
        if let Some(grave) = gravest.filter(|_| !self.endpoint.local) {
            findings.effect(Found {
                verb: grave.verb,
                kind: TargetKind::Other,
                name: self.endpoint.place.to_owned(),
                reversible: Reversible::Unknown,
                severity: grave.severity,
                phrase: grave.why.to_owned(),
                span: self.endpoint.span,
            });
        }
    }
}

fn name_of(name: Option<cst::Name>) -> Option<String> {
    let token =
        name?.syntax().descendants_with_tokens().filter_map(apollo_parser::SyntaxElement::into_token).find(
            |token| token.text().bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_'),
        )?;
    Some(token.text().to_owned())
}

fn defaults(operation: &cst::OperationDefinition) -> Defaults {
    let definitions = operation.variable_definitions();
    let definitions = definitions.iter().flat_map(cst::VariableDefinitions::variable_definitions);
    definitions
        .filter_map(|one| {
            let name = name_of(one.variable()?.name())?;
            Some((name, one.default_value()?.value()?))
        })
        .collect()
}

/// The arguments of one field, with what variables stand for.
struct Arguments<'a> {
    field: &'a cst::Field,
    defaults: &'a Defaults,
    variables: &'a Value,
}

impl Facts for Arguments<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut found: Option<String> = None;
        self.each(&mut |key, value| {
            if found.is_none() && key.eq_ignore_ascii_case(name) {
                found = Some(value.to_owned());
            }
        });
        found.map(Cow::Owned)
    }
}

impl Arguments<'_> {
    /// Whether the field has an argument of one of these names.
    fn has(&self, names: &[&str]) -> bool {
        let arguments = self.field.arguments();
        let mut all = arguments.iter().flat_map(cst::Arguments::arguments);
        all.any(|argument| name_of(argument.name()).is_some_and(|name| names.contains(&name.as_str())))
    }

    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        let arguments = self.field.arguments();
        for argument in arguments.iter().flat_map(cst::Arguments::arguments) {
            if let Some((name, value)) = name_of(argument.name()).zip(argument.value()) {
                self.walk(&name, &value, 0, each);
            }
        }
    }

    fn walk(&self, key: &str, value: &cst::Value, depth: usize, each: &mut dyn FnMut(&str, &str)) {
        if depth > DEPTH {
            return;
        }
        match value {
            cst::Value::ObjectValue(object) => {
                for field in object.object_fields() {
                    if let Some((name, value)) = name_of(field.name()).zip(field.value()) {
                        self.walk(&name, &value, depth + 1, each);
                    }
                }
            }
            cst::Value::ListValue(list) => {
                list.values().for_each(|value| self.walk(key, &value, depth + 1, each));
            }
            cst::Value::Variable(variable) => {
                let Some(name) = name_of(variable.name()) else { return };
                match (self.variables.get(&name), self.defaults.get(&name)) {
                    (Some(value), _) => super::body::each_field(key, value, each),
                    // A default may not be a variable again, so this goes one level deeper at most.
                    (None, Some(value)) => self.walk(key, value, depth + 1, each),
                    (None, None) => {}
                }
            }
            plain => {
                let text = plain.syntax().text().to_string();
                each(key, text.trim().trim_matches('"'));
            }
        }
    }
}
