//! What was found of tables, as the fact *data* and as *What changes*.

use sayso_core::card::{Change, LineMark, Outline, OutlineRow};
use sayso_core::fact::{Fact, Known, Tone};
use sayso_core::reading::Verb;

use super::{Count, Hit, How, There, Whole};
use crate::{Question, limits, words};

/// Everything that there is to tell.
pub(in crate::collect) struct Told<'a, R> {
    pub(in crate::collect) q: &'a Question<'a>,
    /// The database's name.
    pub(in crate::collect) database: &'a str,
    /// How large it is.
    pub(in crate::collect) bytes: Option<u64>,
    pub(in crate::collect) hits: &'a [Hit<R>],
    pub(in crate::collect) wholes: &'a [Whole],
    /// Who else is connected.
    pub(in crate::collect) others: &'a [(String, u64)],
    /// More to say of the server, each a sentence.
    pub(in crate::collect) asides: Vec<String>,
}

impl<R: There> Told<'_, R> {
    pub(in crate::collect) fn data(&self, source: &str) -> Fact {
        let there: Vec<&Hit<R>> = self.hits.iter().filter(|hit| hit.relation.is_some()).collect();
        let headline = match (self.wholes, &there[..]) {
            ([whole, ..], _) => whole.words(),
            ([], []) if !self.hits.is_empty() => "Nothing there".to_owned(),
            ([], []) => self.bytes.map_or_else(|| "Of unknown size".to_owned(), words::size),
            ([], [one]) => one_table(one),
            ([], many) => many_tables(many),
        };
        let detail = [self.whole_words(), self.missing(), self.around()]
            .into_iter()
            .chain(there.iter().flat_map(|hit| of_table(hit, there.len() > 1)).take(limits::NOTES))
            .chain([references(&there), self.connected()])
            .chain(self.asides.clone());
        Fact {
            headline,
            detail: words::sentences(detail),
            known: Known::Checked,
            source: source.to_owned(),
            at: Some(self.q.now),
            tone: Tone::Plain,
        }
    }

    /// What stands in the headline of one database, told of each where there are more.
    fn whole_words(&self) -> String {
        words::sentences(self.wholes.iter().flat_map(|whole| {
            let rows = whole.held.as_ref().ok().filter(|held| held.rows > 0).map(|held| {
                let rows = words::count(held.rows, "row", "rows");
                let what = whole.what();
                match held.how {
                    How::About => format!("The {what} holds about {rows}, by the server's estimate."),
                    How::Exact => format!("The {what} holds {rows}."),
                    How::AtLeast => {
                        format!("The {what} holds at least {rows}; to count them all takes too long.")
                    }
                }
            });
            let several =
                (self.wholes.len() > 1).then(|| format!("The {}: {}.", whole.what(), whole.words()));
            let trouble = whole
                .held
                .as_ref()
                .err()
                .map(|why| format!("What the {} holds could not be listed: {why}.", whole.what()));
            [several, rows, trouble].into_iter().flatten()
        }))
    }

    fn missing(&self) -> String {
        let database = words::shown(self.database);
        let missing = self.hits.iter().filter(|hit| hit.relation.is_none() && !hit.name.is_empty());
        words::sentences(
            missing.take(limits::NOTES).map(|hit| {
                format!("There is no table {} in the database {database}.", words::quoted(&hit.name))
            }),
        )
    }

    /// Where nothing is named, what there is to hit.
    fn around(&self) -> String {
        if !self.hits.is_empty() || !self.wholes.is_empty() {
            return String::new();
        }
        let database = words::shown(self.database);
        format!("That is the whole database {database}; what of it is hit could not be told.")
    }

    fn connected(&self) -> String {
        let all: u64 = self.others.iter().map(|(_, n)| n).sum();
        if all == 0 {
            return String::new();
        }
        let named: Vec<String> = self.others.iter().take(3).map(|(name, _)| name.clone()).collect();
        let more = if self.others.len() > named.len() { " and others" } else { "" };
        let is = if all == 1 { "is" } else { "are" };
        let connections = words::count(all, "other connection", "other connections");
        format!("{connections} {is} open: {}{more}.", words::list(&named))
    }

    pub(in crate::collect) fn changes(&self) -> Vec<Change> {
        let mut rows = Vec::new();
        for whole in self.wholes {
            rows.push(row(0, LineMark::Removed, whole.what(), whole.bytes, String::new()));
            let Ok(held) = &whole.held else { continue };
            let about = if held.how == How::About { "about " } else { "" };
            for table in &held.largest {
                let note = table
                    .about
                    .map_or_else(String::new, |n| format!("{about}{}", words::count(n, "row", "rows")));
                let bytes = Some(table.bytes).filter(|bytes| *bytes > 0);
                rows.push(row(1, LineMark::Removed, table.name.clone(), bytes, note));
            }
            let listed = u64::try_from(held.largest.len()).unwrap_or(u64::MAX);
            if held.tables > listed {
                let more = words::count(held.tables - listed, "more table", "more tables");
                rows.push(row(1, LineMark::Removed, more, None, String::new()));
            }
        }
        let there = self.hits.iter().filter(|hit| hit.relation.is_some());
        for hit in there.take(limits::LISTED_TARGETS) {
            table_rows(hit, &mut rows);
        }
        let left = self.hits.len().saturating_sub(limits::LISTED_TARGETS);
        let rest = if left == 0 { String::new() } else { format!("{} more", words::number(left as u64)) };
        if rows.is_empty() { Vec::new() } else { vec![Change::Outline(Outline { rows, rest })] }
    }
}

/// What there is to say of one table beyond the headline.
fn of_table<R: There>(hit: &Hit<R>, several: bool) -> Vec<String> {
    let name = &hit.name;
    let count = hit.count();
    let mut all = Vec::new();
    if several {
        let size = hit.size().map_or_else(String::new, |bytes| format!(", {}", words::size(bytes)));
        all.push(format!("{name}: {}{size}.", count.words()));
    } else if !hit.is_whole() {
        all.extend(hit.size().map(|bytes| format!("The whole of {name} is {}.", words::size(bytes))));
    }
    match &count {
        Count::Exact(_) => {}
        Count::About(_, why) => {
            all.push(format!("That is the server's estimate of {name}: {why}."));
        }
        Count::Unknown(why) => all.push(format!("The rows of {name} were not counted: {why}.")),
    }
    if let Some(Err(why)) = &hit.bytes
        && count.why() != Some(why)
    {
        all.push(format!("How large {name} is could not be checked: {why}."));
    }
    if hit.is_taken_along && !several {
        all.push(format!("{name} goes too, because it refers to what is emptied."));
    }
    all
}

/// Who refers to what is hit.
fn references<R: There>(there: &[&Hit<R>]) -> String {
    let hit = |key: &str| there.iter().any(|hit| hit.is(key));
    let deleted = there.iter().filter(|hit| hit.verb == Verb::Delete);
    let (mut with, mut only) = (Vec::new(), Vec::new());
    for referrer in deleted.flat_map(|hit| &hit.referrers).filter(|referrer| !hit(&referrer.quoted)) {
        let list = if referrer.deletes { &mut with } else { &mut only };
        let rows = referrer
            .about
            .map_or_else(String::new, |n| format!(" (about {})", words::count(n, "row", "rows")));
        let named = format!("{}{rows}", referrer.name);
        if !list.contains(&named) {
            list.push(named);
        }
    }
    let taken: Vec<String> =
        there.iter().filter(|hit| hit.is_taken_along).map(|hit| hit.name.clone()).collect();
    let mut views: Vec<String> = there.iter().flat_map(|hit| hit.views.clone()).collect();
    views.sort();
    views.dedup();
    let is = |list: &[String], one: &str, many: &str| (if list.len() == 1 { one } else { many }).to_owned();
    words::sentences([
        sentence(&taken, |l| format!("CASCADE also empties {}.", words::list(l))),
        sentence(&with, |l| {
            let go = is(l, "goes", "go");
            format!("What refers to deleted rows {go} with them (ON DELETE CASCADE): {}.", words::list(l))
        }),
        sentence(&only, |l| format!("{} {} to it.", words::list(l), is(l, "refers", "refer"))),
        sentence(&views, |l| {
            format!("{} {} it.", words::list(l), is(l, "is a view that reads", "are views that read"))
        }),
    ])
}

/// A table and a few of the rows that are hit.
fn table_rows<R: There>(hit: &Hit<R>, rows: &mut Vec<OutlineRow>) {
    let goes = hit.verb == Verb::Delete;
    let mark = |whole: bool| if goes && whole { LineMark::Removed } else { LineMark::Same };
    let count = hit.count();
    let cascade = if hit.is_taken_along { "by CASCADE, " } else { "" };
    let changed = if goes { "" } else { " changed" };
    let note = format!("{cascade}{}{changed}", count.words());
    rows.push(row(0, mark(hit.is_whole()), hit.name.clone(), hit.size(), note));
    for shown in &hit.sample {
        rows.push(row(1, mark(true), shown.clone(), None, String::new()));
    }
    let listed = hit.sample.len() as u64;
    if let Some(more) = count.number().and_then(|n| n.checked_sub(listed)).filter(|n| *n > 0 && listed > 0) {
        let more = words::count(more, "more row", "more rows");
        rows.push(row(1, mark(true), more, None, String::new()));
    }
}

fn row(depth: u8, mark: LineMark, name: String, bytes: Option<u64>, note: String) -> OutlineRow {
    OutlineRow { depth, mark, name, size: bytes.map(words::size).unwrap_or_default(), note }
}

fn sentence(list: &[String], say: impl FnOnce(&[String]) -> String) -> String {
    if list.is_empty() { String::new() } else { say(list) }
}

/// "1,204 rows, 41.3 MB", "37 of 1,204 rows".
fn one_table<R: There>(hit: &Hit<R>) -> String {
    let count = hit.count();
    if !hit.is_whole() {
        return match (count.number(), hit.about()) {
            (Some(n), Some(all)) if all > n => {
                let about = if count.why().is_some() { "About " } else { "" };
                let of = if hit.relation.as_ref().is_some_and(There::is_exact) { "of" } else { "of about" };
                format!("{about}{} {of} {}", words::number(n), words::count(all, "row", "rows"))
            }
            (Some(_), _) => capital(&count.words()),
            (None, Some(all)) => format!("Some of about {}", words::count(all, "row", "rows")),
            (None, None) => "Some of its rows".to_owned(),
        };
    }
    match (count.number(), hit.size()) {
        (None, Some(size)) => words::size(size),
        (_, Some(size)) => format!("{}, {}", capital(&count.words()), words::size(size)),
        (_, None) => capital(&count.words()),
    }
}

/// "3 tables, 1,204 rows, 41.3 MB".
fn many_tables<R: There>(hits: &[&Hit<R>]) -> String {
    let counts: Vec<Count> = hits.iter().map(|hit| hit.count()).collect();
    let rows = counts.iter().filter_map(Count::number).fold(0, u64::saturating_add);
    let least = if counts.iter().any(|count| count.number().is_none()) { "at least " } else { "" };
    let about = if counts.iter().any(|count| matches!(count, Count::About(..))) { "about " } else { "" };
    let tables = words::count(hits.len() as u64, "table", "tables");
    let rows = format!("{least}{about}{}", words::count(rows, "row", "rows"));
    if hits.iter().any(|hit| !hit.is_whole()) {
        return format!("{} in {tables}", capital(&rows));
    }
    let bytes = hits.iter().filter_map(|hit| hit.size()).fold(0, u64::saturating_add);
    format!("{tables}, {rows}, {}", words::size(bytes))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
