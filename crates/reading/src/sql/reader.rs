//! What is gathered while a text of SQL is read, and how it becomes findings.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Rows, Span, TargetKind, Verb};

use super::constant::{Known, Variables};
use super::part::Part;
use super::{Source, Spot};
use crate::commands::{Place, Stdin};
use crate::findings::Found;
use crate::shell::read_script;
use crate::words::quoted;
use crate::{EFFECTS, Findings, NoFiles};

/// Something that could not be read.
struct Gap {
    what: String,
    why: String,
    severity: Severity,
    span: Option<Span>,
}

/// What was found in one text.
#[derive(Default)]
pub(super) struct Gathered {
    hits: Vec<Found>,
    gaps: Vec<Gap>,
    rows: Vec<Rows>,
    /// Commands that it runs, read in their turn.
    inner: Vec<(Findings, Option<Span>)>,
    /// However little its parts weigh.
    pub(super) at_least: Option<Severity>,
    /// Whether a query stands in it, or a block: what the grammar is asked about.
    pub(super) queries: bool,
    uncounted: usize,
}

impl Gathered {
    pub(super) fn is_clean(&self) -> bool {
        self.hits.is_empty() && self.gaps.is_empty() && self.inner.is_empty()
    }

    pub(super) fn gap(&mut self, what: &str, why: impl Into<String>, severity: Severity, span: Option<Span>) {
        let why = why.into();
        if self.gaps.len() < EFFECTS && !self.gaps.iter().any(|gap| gap.what == what && gap.why == why) {
            self.gaps.push(Gap { what: what.to_owned(), why, severity, span });
        }
    }

    fn hit(&mut self, found: Found) {
        if self.hits.iter().any(|hit| hit.phrase == found.phrase && hit.severity >= found.severity) {
            return;
        }
        if self.hits.len() < EFFECTS {
            self.hits.push(found);
        } else {
            self.at_least = self.at_least.max(Some(found.severity));
            self.uncounted += 1;
        }
    }

    /// Adds what another way of reading the same text found.
    pub(super) fn merge(&mut self, other: Self) {
        for found in other.hits {
            self.hit(found);
        }
        for gap in other.gaps {
            self.gap(&gap.what, gap.why, gap.severity, gap.span);
        }
        for rows in other.rows {
            if !self.rows.contains(&rows) {
                self.rows.push(rows);
            }
        }
        self.inner.extend(other.inner);
        self.queries |= other.queries;
        self.at_least = self.at_least.max(other.at_least);
        self.uncounted = self.uncounted.max(other.uncounted);
    }

    /// All of it points at `span`.
    fn moved(&mut self, span: Option<Span>) {
        self.hits.iter_mut().for_each(|hit| hit.span = span);
        self.gaps.iter_mut().for_each(|gap| gap.span = span);
        self.inner.iter_mut().for_each(|(_, at)| *at = span);
    }

    pub(super) fn worst(&self) -> Severity {
        let hits = self.hits.iter().map(|hit| hit.severity);
        let gaps = self.gaps.iter().map(|gap| gap.severity);
        let inner = self.inner.iter().filter_map(|(inner, _)| inner.severity());
        hits.chain(gaps).chain(inner).chain(self.at_least).max().unwrap_or(Severity::None)
    }

    pub(super) fn into_findings(self, source: Source<'_>, findings: &mut Findings) {
        if let Some(severity) = self.at_least {
            findings.raise(severity);
        }
        for hit in self.hits {
            findings.effect_as_weighed(hit);
        }
        if self.uncounted > 0 {
            let more = format!("{} more effects", self.uncounted);
            findings.unread(&more, format!("of one text {EFFECTS} effects are listed"), source.span());
        }
        for gap in self.gaps {
            findings.unread_at(gap.severity, &gap.what, gap.why, gap.span);
        }
        for rows in self.rows {
            findings.rows(rows);
        }
        for (inner, span) in self.inner {
            findings.absorb(inner, span);
        }
    }
}

/// Reads the statements of one text, in one mode.
pub(super) struct Reader<'s> {
    pub(super) source: Source<'s>,
    pub(super) all: Gathered,
    /// Names of prepared statements that this text has prepared.
    pub(super) prepared: Vec<String>,
    pub(super) variables: Variables,
    /// Whether it is the body of a block, where words of a procedural language are at home.
    pub(super) block: bool,
    /// How many statements stand around the one that is read.
    pub(super) nesting: usize,
    /// What each statement does to the transaction.
    pub(super) began: bool,
    pub(super) rolled_back: bool,
}

impl<'s> Reader<'s> {
    pub(super) fn of(source: Source<'s>) -> Self {
        Self {
            source,
            all: Gathered::default(),
            prepared: Vec::new(),
            variables: Vec::new(),
            block: false,
            nesting: 0,
            began: false,
            rolled_back: false,
        }
    }

    pub(super) fn finish(self) -> Gathered {
        self.all
    }

    pub(super) fn span(&self, part: Part<'_>) -> Option<Span> {
        match self.source.spot {
            Spot::Own => part.span(),
            Spot::At(span) => span,
        }
    }

    /// The database's name for a target that names none.
    pub(super) fn database(&self) -> String {
        self.source.database.map_or_else(|| "the database".to_owned(), str::to_owned)
    }

    /// An effect of the statement `part`.
    pub(super) fn hit(
        &mut self,
        part: Part<'_>,
        verb: Verb,
        kind: TargetKind,
        name: impl Into<String>,
        severity: Severity,
        phrase: impl Into<String>,
    ) {
        let span = self.span(part);
        let reversible = match (severity, verb) {
            (Severity::None | Severity::Low, _) | (_, Verb::Grant) => Reversible::Yes,
            (_, Verb::Delete | Verb::Disclose | Verb::Publish) | (Severity::Critical, _) => Reversible::No,
            _ => Reversible::Unknown,
        };
        let name = name.into();
        self.all.hit(Found { verb, kind, name, reversible, severity, phrase: phrase.into(), span });
    }

    /// What only changes something that can be had back.
    pub(super) fn low(&mut self, part: Part<'_>, verb: Verb, kind: TargetKind, name: &str, phrase: &str) {
        self.on(part, verb, kind, name, Severity::Low, phrase);
    }

    /// What a person should be asked about.
    pub(super) fn high(&mut self, part: Part<'_>, verb: Verb, kind: TargetKind, name: &str, phrase: &str) {
        self.on(part, verb, kind, name, Severity::High, phrase);
    }

    /// What destroys at large or for good.
    pub(super) fn critical(
        &mut self,
        part: Part<'_>,
        verb: Verb,
        kind: TargetKind,
        name: &str,
        phrase: &str,
    ) {
        self.on(part, verb, kind, name, Severity::Critical, phrase);
    }

    fn on(
        &mut self,
        part: Part<'_>,
        verb: Verb,
        kind: TargetKind,
        name: &str,
        severity: Severity,
        phrase: &str,
    ) {
        let (name, shown) = match (name, self.source.database) {
            ("", None) => (self.database(), self.database()),
            ("", Some(database)) => (database.to_owned(), quoted(database)),
            (name, _) => (name.to_owned(), quoted(name)),
        };
        self.hit(part, verb, kind, name, severity, format!("{phrase} {shown}"));
    }

    pub(super) fn unread(&mut self, part: Part<'_>, what: &str, why: impl Into<String>, severity: Severity) {
        let span = self.span(part);
        self.all.gap(what, why, severity, span);
    }

    pub(super) fn rows(&mut self, rows: Rows) {
        if self.all.rows.len() < EFFECTS && !self.all.rows.contains(&rows) {
            self.all.rows.push(rows);
        }
    }

    /// SQL that the statement `part` runs out of a text.
    pub(super) fn runs(&mut self, part: Part<'_>, sql: &str) {
        let mut inner = self.inside(sql, part);
        inner.moved(self.span(part));
        self.all.merge(inner);
    }

    /// What a text of SQL inside of `part` would do.
    fn inside(&self, sql: &str, part: Part<'_>) -> Gathered {
        let spot = Spot::At(self.span(part));
        super::gathered(sql, Source { depth: self.source.depth + 1, spot, ..self.source })
    }

    /// A block of statements in a text (`DO $$ … $$`) that runs now.
    pub(super) fn runs_block(&mut self, part: Part<'_>, body: &str) {
        let inner = self.block_in(body, part);
        self.all.merge(inner);
    }

    /// What a block in a text would do.
    pub(super) fn block_in(&self, body: &str, part: Part<'_>) -> Gathered {
        let spot = Spot::At(self.span(part));
        let source = Source { depth: self.source.depth + 1, spot, ..self.source };
        if source.depth > super::TEXT_DEPTH {
            return super::gathered(body, source);
        }
        let mut all = Gathered::default();
        for mode in super::lexer::modes(body, source.dialect) {
            let tokens = super::lexer::Tokens::of(body, mode);
            if !tokens.closed && !all.is_clean() {
                continue;
            }
            let mut reader = Reader::of(source);
            reader.block = true;
            reader.script(&tokens);
            all.merge(reader.finish());
        }
        all
    }

    /// A text that the statement puts together and runs.
    pub(super) fn runs_known(&mut self, part: Part<'_>, known: &Known) {
        if known.any {
            self.runs(part, &known.text);
        }
        if !known.whole {
            let why = "it runs a text that is put together only when it runs";
            self.unread(part, "dynamic SQL", why, Severity::High);
        }
    }

    /// A command that the database's server runs.
    pub(super) fn command(&mut self, part: Part<'_>, command: Option<&str>) {
        let phrase = "Run a command on the server of";
        self.high(part, Verb::ExecuteUnread, TargetKind::Database, "", phrase);
        let Some(command) = command else {
            return self.unread(
                part,
                "a command",
                "which command it is shows only when it runs",
                Severity::High,
            );
        };
        let mut inner = Findings::default();
        let place = Place {
            cwd: None,
            start: "/",
            depth: self.source.scripts + 1,
            wrapped: 0,
            stdin: Stdin::Inherited,
            files: &NoFiles,
            shell: None,
        };
        read_script(command, &place, &mut inner);
        let span = self.span(part);
        self.all.inner.push((inner, span));
    }

    /// Everything so far that a rollback takes back weighs little.
    pub(super) fn take_back(&mut self, from: usize) {
        for hit in self.all.hits.iter_mut().skip(from) {
            let rows = hit.kind == TargetKind::Table
                && matches!(hit.verb, Verb::Create | Verb::Change | Verb::Delete);
            if rows {
                hit.severity = Severity::Low;
                hit.reversible = Reversible::Yes;
                hit.phrase.push_str(", and take it back");
            }
        }
        self.all.rows.clear();
    }

    pub(super) fn hits(&self) -> usize {
        self.all.hits.len()
    }
}
