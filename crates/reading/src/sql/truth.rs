//! Whether a condition leaves anything out, where its own words tell: `1=1`, `true`, `id = id`, `not false`.
//!
//! Invariants: linear in the condition's length, bounded in depth; a wrong answer changes a sentence and never lets a
//! change of rows pass, because rows that a condition does pick out ask too.

use super::lexer::Kind;
use super::part::Part;

/// How deep parentheses and NOTs are followed.
const DEPTH: usize = 32;
/// How many terms of an OR are held against each other.
const TERMS: usize = 8;
/// An upper end that no key reaches.
const BEYOND: f64 = 1e9;

/// What a condition comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// It is true of every row, or of nearly every row of any table.
    Always,
    Never,
    /// It depends on the row.
    Open,
}

impl Truth {
    const fn not(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Open => Self::Open,
        }
    }

    const fn from(yes: bool) -> Self {
        if yes { Self::Always } else { Self::Never }
    }
}

/// What the condition `part` of a statement on `table` comes to.
pub(super) fn of(part: Part<'_>, table: &str) -> Truth {
    let mut judge = Judge { part, at: part.from, table };
    let truth = judge.any(DEPTH);
    if judge.at >= part.to { truth } else { Truth::Open }
}

#[derive(Debug, Clone, PartialEq)]
enum Value<'t> {
    Number(f64),
    Text(String),
    Truth(bool),
    Null,
    /// A column or a call that gives the same for the same row, as written.
    Same(&'t str),
    /// What is never below zero: a length, a count.
    Positive,
    Other,
}

struct Judge<'t, 'n> {
    part: Part<'t>,
    at: usize,
    table: &'n str,
}

/// A term that only another can complete: `x IS NULL OR x IS NOT NULL`, `a = 1 OR a <> 1`.
type Half<'t> = (&'t str, bool, String);

impl<'t> Judge<'t, '_> {
    fn word(&self) -> &'t str {
        self.part.word(self.at)
    }

    fn sign(&self) -> u8 {
        self.part.sign(self.at)
    }

    fn any(&mut self, depth: usize) -> Truth {
        let mut halves: Vec<Half<'t>> = Vec::new();
        let mut truth = self.all(depth, &mut halves);
        while matches!(self.word(), "OR" | "XOR") || (self.sign() == b'|' && self.part.tokens.mode.backslash)
        {
            self.at += 1;
            let next = self.all(depth, &mut halves);
            truth = match (truth, next) {
                (Truth::Always, _) | (_, Truth::Always) => Truth::Always,
                (Truth::Never, Truth::Never) => Truth::Never,
                _ => Truth::Open,
            };
        }
        let whole = halves.iter().enumerate().any(|(at, (subject, yes, other))| {
            halves[..at].iter().any(|(s, y, o)| s.eq_ignore_ascii_case(subject) && y != yes && o == other)
        });
        if whole { Truth::Always } else { truth }
    }

    fn all(&mut self, depth: usize, halves: &mut Vec<Half<'t>>) -> Truth {
        let start = self.at;
        let mut half = None;
        let mut truth = self.not(depth, &mut half);
        let alone = |at: usize, part: Part<'t>| !matches!(part.word(at), "AND") && part.sign(at) != b'&';
        if let Some(half) = half.filter(|_| alone(self.at, self.part) && halves.len() < TERMS) {
            halves.push(half);
        }
        while self.at > start && (self.word() == "AND" || self.sign() == b'&') {
            self.at += 1;
            let next = self.not(depth, &mut None);
            truth = match (truth, next) {
                (Truth::Never, _) | (_, Truth::Never) => Truth::Never,
                (Truth::Always, Truth::Always) => Truth::Always,
                _ => Truth::Open,
            };
        }
        truth
    }

    fn not(&mut self, depth: usize, half: &mut Option<Half<'t>>) -> Truth {
        let mut negated = false;
        while self.word() == "NOT" || self.sign() == b'!' {
            negated = !negated;
            self.at += 1;
        }
        let truth = if let Some(depth) = depth.checked_sub(1) {
            self.test(depth, half)
        } else {
            self.over();
            Truth::Open
        };
        if negated { truth.not() } else { truth }
    }

    /// Over what is not read, to the next AND or OR.
    fn over(&mut self) {
        while self.at < self.part.to && !matches!(self.word(), "AND" | "OR" | "XOR") && self.sign() != b')' {
            self.at = if self.sign() == b'(' { self.part.pair(self.at) + 1 } else { self.at + 1 };
        }
        self.at = self.at.min(self.part.to);
    }

    /// Whether a term ends at `at`.
    fn ends(&self, at: usize) -> bool {
        at >= self.part.to
            || matches!(self.part.word(at), "AND" | "OR" | "XOR")
            || matches!(self.part.sign(at), b')' | b'&' | b',')
            || (self.part.sign(at) == b'|' && self.part.tokens.mode.backslash)
    }

    fn test(&mut self, depth: usize, half: &mut Option<Half<'t>>) -> Truth {
        if self.word() == "EXISTS" {
            return self.exists();
        }
        if self.sign() == b'(' && self.ends(self.part.pair(self.at) + 1) {
            let close = self.part.pair(self.at);
            let inner = self.part.of(self.at + 1, close);
            self.at = (close + 1).min(self.part.to);
            let mut judge = Judge { part: inner, at: inner.from, table: self.table };
            let truth = judge.any(depth);
            return if judge.at >= inner.to { truth } else { Truth::Open };
        }
        let start = self.at;
        let left = self.operand(depth);
        let subject = self.part.of(start, self.at).all();
        let truth = self.comparison(depth, &left, subject, half);
        if !self.ends(self.at) {
            self.over();
            return Truth::Open;
        }
        truth
    }

    fn exists(&mut self) -> Truth {
        self.at += 1;
        let close = self.part.pair(self.at);
        let inner = self.part.of(self.at + 1, close);
        self.at = (close + 1).min(self.part.to);
        Truth::from(inner.word(inner.from) == "SELECT" && !inner.has(&["FROM", "WHERE", "HAVING", "LIMIT"]))
            .max_open()
    }

    fn comparison(
        &mut self,
        depth: usize,
        left: &Value<'t>,
        subject: &'t str,
        half: &mut Option<Half<'t>>,
    ) -> Truth {
        if self.ends(self.at) {
            return alone(left);
        }
        match self.word() {
            "IS" => return self.is(left, subject, half),
            "NOT" => {
                self.at += 1;
                return self.comparison(depth, left, subject, &mut None).not();
            }
            "LIKE" | "ILIKE" | "GLOB" | "RLIKE" | "REGEXP" | "SIMILAR" => {
                self.at = self.part.skip(self.at + 1, &["TO", "BINARY"]);
                return self.pattern(depth, left);
            }
            "BETWEEN" => return self.between(depth, left, subject),
            "IN" => return self.within(depth, left, subject),
            _ => {}
        }
        let sign = self.sign();
        if sign == b'~' {
            self.at += 1;
            return self.pattern(depth, left);
        }
        if !matches!(sign, b'=' | b'<' | b'>' | b'L' | b'G' | b'N') {
            return Truth::Open;
        }
        self.at += 1;
        let start = self.at;
        let right = self.operand(depth);
        let other = self.part.of(start, self.at).all();
        if matches!(sign, b'=' | b'N') && !matches!(right, Value::Null | Value::Other) {
            *half = Some((subject, sign == b'=', other.to_ascii_lowercase()));
        }
        compared(sign, left, &right, subject)
    }

    fn is(&mut self, left: &Value<'t>, subject: &'t str, half: &mut Option<Half<'t>>) -> Truth {
        self.at += 1;
        let negated = self.word() == "NOT";
        self.at += usize::from(negated);
        let what = self.word();
        self.at += 1;
        let known = match (what, left) {
            ("NULL", Value::Null) => Truth::Always,
            ("NULL", Value::Same(_)) => {
                *half = Some((subject, negated, "null".to_owned()));
                if is_key(subject) { Truth::Never } else { Truth::Open }
            }
            ("NULL", Value::Other) => Truth::Open,
            ("NULL", _) => Truth::Never,
            ("TRUE", value) => alone(value),
            ("FALSE", value) => alone(value).not(),
            _ => Truth::Open,
        };
        if negated { known.not() } else { known }
    }

    fn pattern(&mut self, depth: usize, left: &Value<'t>) -> Truth {
        let pattern = self.operand(depth);
        match (left, &pattern) {
            (_, Value::Text(pattern))
                if !pattern.is_empty()
                    && (pattern.bytes().all(|b| b == b'%')
                        || matches!(pattern.as_str(), ".*" | "*" | "." | "^.*$" | "^" | "")) =>
            {
                Truth::Always
            }
            (Value::Text(left), Value::Text(right)) if left == right => Truth::Always,
            (Value::Same(left), Value::Same(right)) if left.eq_ignore_ascii_case(right) => Truth::Always,
            _ => Truth::Open,
        }
    }

    fn between(&mut self, depth: usize, left: &Value<'t>, subject: &str) -> Truth {
        self.at += 1;
        let low = self.operand(depth);
        if self.word() != "AND" {
            return Truth::Open;
        }
        self.at += 1;
        let high = self.operand(depth);
        match (left, low, high) {
            (Value::Number(x), Value::Number(low), Value::Number(high)) => {
                Truth::from(*x >= low && *x <= high)
            }
            (Value::Same(_), Value::Number(low), Value::Number(high))
                if is_key(subject) && low <= 1.0 && high >= BEYOND =>
            {
                Truth::Always
            }
            _ => Truth::Open,
        }
    }

    fn within(&mut self, depth: usize, left: &Value<'t>, subject: &str) -> Truth {
        let open = self.at + 1;
        if self.part.sign(open) != b'(' {
            self.over();
            return Truth::Open;
        }
        let close = self.part.pair(open);
        let inner = self.part.of(open + 1, close);
        self.at = (close + 1).min(self.part.to);
        if inner.word(inner.from) == "SELECT" {
            // `id IN (SELECT id FROM the_same_table)`.
            let (from, rest) = (inner.from + 2, inner.name(inner.from + 3));
            let same = inner.word(from) == "FROM"
                && inner.written(inner.from + 1).eq_ignore_ascii_case(subject)
                && rest.0.eq_ignore_ascii_case(self.table)
                && rest.1 >= inner.to;
            return if same { Truth::Always } else { Truth::Open };
        }
        let mut items = Judge { part: inner, at: inner.from, table: self.table };
        let mut met = false;
        while items.at < inner.to {
            let item = items.operand(depth);
            met |= matches!(compared(b'=', left, &item, ""), Truth::Always);
            if items.sign() != b',' {
                break;
            }
            items.at += 1;
        }
        if met { Truth::Always } else { Truth::Open }
    }

    fn operand(&mut self, depth: usize) -> Value<'t> {
        let start = self.at;
        let mut value = self.single(depth);
        loop {
            // A cast, a sort order.
            if self.sign() == b':' || self.word() == "COLLATE" {
                let (_, next) = self.part.name(self.at + 1);
                self.at = if self.part.sign(next) == b'(' { self.part.pair(next) + 1 } else { next };
                self.at = self.at.min(self.part.to);
                continue;
            }
            let sign = self.sign();
            let join = sign == b'|' && !self.part.tokens.mode.backslash;
            if !join && !matches!(sign, b'+' | b'-' | b'*' | b'/' | b'%') {
                break;
            }
            self.at += 1;
            let right = self.single(depth);
            value = match (value, sign, right) {
                (Value::Number(a), b'+', Value::Number(b)) => Value::Number(a + b),
                (Value::Number(a), b'-', Value::Number(b)) => Value::Number(a - b),
                (Value::Number(a), b'*', Value::Number(b)) => Value::Number(a * b),
                (Value::Text(a), b'|' | b'+', Value::Text(b)) => Value::Text(a + &b),
                (Value::Same(_), _, Value::Number(_) | Value::Same(_)) => {
                    Value::Same(self.part.of(start, self.at).all())
                }
                _ => Value::Other,
            };
        }
        value
    }

    fn single(&mut self, depth: usize) -> Value<'t> {
        let start = self.at;
        let Some(kind) = self.part.kind(self.at) else { return Value::Other };
        match kind {
            Kind::Number => {
                self.at += 1;
                let written: String = self.part.written(start).chars().filter(|c| *c != '_').collect();
                written.parse().map_or(Value::Other, Value::Number)
            }
            Kind::Text => {
                self.at += 1;
                self.part.text(start).map_or(Value::Other, |text| Value::Text(text.into_owned()))
            }
            Kind::Sign(b'-' | b'+') => {
                self.at += 1;
                let minus = kind == Kind::Sign(b'-');
                match depth.checked_sub(1).map(|depth| self.single(depth)) {
                    Some(Value::Number(n)) => Value::Number(if minus { -n } else { n }),
                    _ => Value::Other,
                }
            }
            Kind::Sign(b'(') => {
                let close = self.part.pair(self.at);
                let inner = self.part.of(self.at + 1, close);
                self.at = (close + 1).min(self.part.to);
                let Some(depth) = depth.checked_sub(1) else { return Value::Other };
                let mut judge = Judge { part: inner, at: inner.from, table: self.table };
                let value = judge.operand(depth);
                if judge.at >= inner.to { value } else { Value::Other }
            }
            Kind::Word | Kind::Quoted | Kind::Param => self.path(depth),
            Kind::Sign(_) => Value::Other,
        }
    }

    fn path(&mut self, depth: usize) -> Value<'t> {
        let start = self.at;
        match self.word() {
            "TRUE" => return self.step(Value::Truth(true)),
            "FALSE" => return self.step(Value::Truth(false)),
            "NULL" => return self.step(Value::Null),
            "AND" | "OR" | "NOT" | "IN" | "IS" | "LIKE" | "BETWEEN" => return Value::Other,
            _ => {}
        }
        let name = self.word();
        let (_, next) = self.part.name(self.at);
        self.at = next.max(self.at + 1);
        if self.sign() != b'(' {
            return Value::Same(self.part.of(start, self.at).all());
        }
        let close = self.part.pair(self.at);
        let inner = self.part.of(self.at + 1, close);
        self.at = (close + 1).min(self.part.to);
        match name {
            "LENGTH" | "LEN" | "CHAR_LENGTH" | "CHARACTER_LENGTH" | "OCTET_LENGTH" | "ABS" | "DATALENGTH"
            | "COUNT" => Value::Positive,
            "COALESCE" | "IFNULL" | "NVL" | "ISNULL" => {
                let Some(depth) = depth.checked_sub(1) else { return Value::Other };
                let mut judge = Judge { part: inner, at: inner.from, table: self.table };
                let mut value = judge.operand(depth);
                while value == Value::Null && judge.sign() == b',' {
                    judge.at += 1;
                    value = judge.operand(depth);
                }
                if matches!(value, Value::Same(_)) { Value::Other } else { value }
            }
            "RANDOM" | "RAND" | "UUID" | "NEWID" | "GEN_RANDOM_UUID" | "NEXTVAL" | "" => Value::Other,
            _ => Value::Same(self.part.of(start, self.at).all()),
        }
    }

    const fn step(&mut self, value: Value<'t>) -> Value<'t> {
        self.at += 1;
        value
    }
}

impl Truth {
    /// A "no" that is only "nothing known".
    const fn max_open(self) -> Self {
        match self {
            Self::Never => Self::Open,
            other => other,
        }
    }
}

/// A value that stands alone as a condition.
fn alone(value: &Value<'_>) -> Truth {
    match value {
        Value::Truth(yes) => Truth::from(*yes),
        Value::Number(n) => Truth::from(*n != 0.0),
        Value::Null => Truth::Never,
        Value::Text(text) => match text.as_str() {
            "t" | "true" | "TRUE" | "1" | "yes" | "on" => Truth::Always,
            _ => Truth::Open,
        },
        _ => Truth::Open,
    }
}

/// Whether a column is called like one that every row has.
fn is_key(column: &str) -> bool {
    let last = column.rsplit('.').next().unwrap_or(column);
    let last = last.trim_matches(['"', '`', '[', ']']).to_ascii_lowercase();
    matches!(last.as_str(), "id" | "rowid" | "_id" | "pk" | "uuid" | "ctid" | "_rowid_" | "oid" | "guid")
        || last.ends_with("_id")
}

fn compared(sign: u8, left: &Value<'_>, right: &Value<'_>, subject: &str) -> Truth {
    let by = |order: std::cmp::Ordering| {
        Truth::from(match sign {
            b'=' => order.is_eq(),
            b'N' => order.is_ne(),
            b'<' => order.is_lt(),
            b'>' => order.is_gt(),
            b'L' => order.is_le(),
            _ => order.is_ge(),
        })
    };
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b).map_or(Truth::Open, by),
        (Value::Text(a), Value::Text(b)) => by(a.cmp(b)),
        (Value::Text(a), Value::Number(b)) | (Value::Number(b), Value::Text(a))
            if matches!(sign, b'=' | b'N') =>
        {
            a.parse::<f64>().ok().and_then(|a| a.partial_cmp(b)).map_or(Truth::Open, by)
        }
        (Value::Truth(a), Value::Truth(b)) => by(a.cmp(b)),
        (Value::Truth(a), Value::Number(b)) | (Value::Number(b), Value::Truth(a))
            if matches!(sign, b'=' | b'N') =>
        {
            Truth::from((*a == (*b != 0.0)) == (sign == b'='))
        }
        (Value::Null, _) | (_, Value::Null) => Truth::Never,
        (Value::Same(a), Value::Same(b)) if a.eq_ignore_ascii_case(b) => by(std::cmp::Ordering::Equal),
        (Value::Positive, Value::Number(n)) => match sign {
            b'>' => Truth::from(*n < 0.0).max_open(),
            b'G' => Truth::from(*n <= 0.0).max_open(),
            _ => Truth::Open,
        },
        (Value::Same(_), Value::Number(n)) if is_key(subject) => match sign {
            b'G' => Truth::from(*n <= 1.0).max_open(),
            b'>' | b'N' => Truth::from(*n <= 0.0).max_open(),
            b'<' | b'L' => Truth::from(*n >= BEYOND).max_open(),
            _ => Truth::Open,
        },
        _ => Truth::Open,
    }
}
