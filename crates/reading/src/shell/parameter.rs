//! `$x` and `${…}`: the value, and what is done with it where it is constant.

use smol_str::{SmolStr, format_smolstr};

use super::expand::Got;
use super::pattern::Pattern;
use super::state::{Positional, Text, Value};
use super::walk::Walk;
use crate::grammar::tree::{self, Operator, Parameter, Piece, Which};

/// Bytes of a value that patterns are held against; with longer ones it would take long.
const MATCHED: usize = 1024;

/// How often a part of a pattern is tried in the time of one step.
const TRIES_A_STEP: usize = 512;
/// Parts of a pattern that is held against values.
const PATTERN: usize = 64;

impl Walk<'_> {
    /// What `parameter` is; `alone`: the word is nothing else.
    pub(super) fn parameter(&mut self, parameter: &Parameter, alone: bool) -> Got {
        if let Some(many) = self.many(parameter, alone) {
            return many;
        }
        if let Some(index) = &parameter.index {
            self.inside(index);
        }
        let value = self.value(parameter, alone);
        Got::One(self.operate(parameter, value))
    }

    /// `$@`, `$*`, `${a[@]}`, where nothing is done with them.
    fn many(&mut self, parameter: &Parameter, alone: bool) -> Option<Got> {
        if parameter.indirect {
            return None;
        }
        let sign = match parameter.name.as_str() {
            name @ ("@" | "*") => name,
            _ => match parameter.index.as_ref()?.bare()? {
                sign @ ("@" | "*") => sign,
                _ => return None,
            },
        };
        let star = sign == "*";
        let items = if matches!(parameter.name.as_str(), "@" | "*") {
            match &self.state.positional {
                Positional::Outermost if !alone => Vec::new(),
                Positional::Outermost | Positional::Unknown => {
                    vec![Text::unknown(format_smolstr!("${sign}"))]
                }
                Positional::Known(items) => items.to_vec(),
            }
        } else {
            match self.chosen(&parameter.name) {
                Some(Value::Array(items)) => items.to_vec(),
                Some(Value::Scalar(text)) => vec![text],
                Some(Value::Unset) => Vec::new(),
                None => vec![self.unknown(parameter)],
            }
        };
        let items = match &parameter.operator {
            Operator::Plain => items,
            Operator::Length => return Some(Got::One(Text::known(format_smolstr!("{}", items.len())))),
            Operator::Substring { offset, length } => self.slice(items, parameter, offset, length.as_ref()),
            _ => items.into_iter().map(|item| self.operate(parameter, Some(Value::Scalar(item)))).collect(),
        };
        Some(Got::Many { items, star })
    }

    /// `${@:2:1}`: counted from one for the positional parameters, where nought is `$0`.
    fn slice(
        &mut self,
        mut items: Vec<Text>,
        parameter: &Parameter,
        offset: &tree::Arithmetic,
        length: Option<&tree::Arithmetic>,
    ) -> Vec<Text> {
        let offset = self.number(offset).and_then(|n| usize::try_from(n).ok());
        let length = length.map(|length| self.number(length).and_then(|n| usize::try_from(n).ok()));
        if matches!(parameter.name.as_str(), "@" | "*") {
            items.insert(0, Text::known(self.state.name.clone()));
        }
        match (offset, length) {
            (Some(offset), None) => items.into_iter().skip(offset).collect(),
            (Some(offset), Some(Some(length))) => items.into_iter().skip(offset).take(length).collect(),
            _ => vec![self.unknown(parameter)],
        }
    }

    /// The variable's value in the present choice; `None` where the line does not set it.
    fn chosen(&mut self, name: &str) -> Option<Value> {
        let variable = match self.state.references.get(name) {
            Some(meant) => self.state.variable(meant)?,
            None => self.state.variable(name)?,
        };
        self.widest = self.widest.max(variable.values.len());
        let last = variable.values.len().saturating_sub(1);
        variable.values.get(self.choice.min(last)).cloned()
    }

    /// The value before anything is done with it. `None`: unknown.
    fn value(&mut self, parameter: &Parameter, alone: bool) -> Option<Value> {
        let name = if parameter.indirect && parameter.name == "#" {
            let Positional::Known(items) = &self.state.positional else { return None };
            return Some(items.last().cloned().map_or(Value::Unset, Value::Scalar));
        } else if parameter.indirect {
            match self.named(&parameter.name, alone)? {
                Value::Scalar(text) if text.literal => text.text,
                _ => return None,
            }
        } else {
            parameter.name.clone()
        };
        let value = self.named(&name, alone)?;
        let Value::Array(items) = value else { return Some(value) };
        let at = parameter
            .index
            .as_ref()
            .map_or(Some(0), |index| index.literal().and_then(|index| index.trim().parse::<usize>().ok()))?;
        Some(items.get(at).cloned().map_or(Value::Unset, Value::Scalar))
    }

    fn named(&mut self, name: &str, alone: bool) -> Option<Value> {
        let known = |text: &str| Some(Value::Scalar(Text::known(text)));
        if let Some(number) = name.bytes().all(|b| b.is_ascii_digit()).then(|| name.parse::<usize>().ok()) {
            return match (number?, &self.state.positional) {
                (0, _) => match &self.state.zero {
                    Some(zero) => Some(Value::Scalar(zero.clone())),
                    None => known(&self.state.name.clone()),
                },
                (_, Positional::Outermost) if !alone => Some(Value::Unset),
                (_, Positional::Outermost | Positional::Unknown) => None,
                (number, Positional::Known(items)) => {
                    Some(items.get(number - 1).cloned().map_or(Value::Unset, Value::Scalar))
                }
            };
        }
        if let Some(value) = self.chosen(name) {
            return Some(value);
        }
        match name {
            "HOME" => known("~"),
            "PWD" => Some(Value::Scalar(self.folder())).filter(|_| self.cwd.is_some()),
            "IFS" => known(" \t\n"),
            "SHELL" | "BASH" => known("/bin/bash"),
            // Numbers: whatever they are, a program gets no more than that.
            "$" | "!" | "?" | "#" | "RANDOM" | "UID" | "EUID" | "PPID" | "SECONDS" | "LINENO" | "BASHPID" => {
                known(&format_smolstr!("${name}"))
            }
            _ => None,
        }
    }

    /// What is shown of a value that is not known.
    fn unknown(&self, parameter: &Parameter) -> Text {
        Text::unknown(match parameter.operator {
            Operator::Plain if parameter.index.is_none() && !parameter.indirect => {
                format_smolstr!("${}", parameter.name)
            }
            _ => self.shown(parameter.span, &format_smolstr!("${{{}…}}", parameter.name)),
        })
    }

    fn operate(&mut self, parameter: &Parameter, value: Option<Value>) -> Text {
        match &parameter.operator {
            Operator::Plain => self.plain(parameter, value),
            Operator::Length => match value {
                Some(Value::Scalar(text)) if text.literal => {
                    Text::known(format_smolstr!("{}", text.text.chars().count()))
                }
                _ => Text::known(format_smolstr!("${{#{}}}", parameter.name)),
            },
            Operator::Names => self.unknown(parameter),
            Operator::Default { or_empty, word } => self.default(parameter, value, *or_empty, word, false),
            Operator::Assign { or_empty, word } => self.default(parameter, value, *or_empty, word, true),
            Operator::Demand { word, .. } => {
                self.inside(word);
                match value {
                    Some(Value::Scalar(text)) => text,
                    _ => self.unknown(parameter),
                }
            }
            Operator::Alternative { or_empty, word } => {
                let other = self.text(word);
                match is_set(value.as_ref(), *or_empty) {
                    Some(true) => other,
                    Some(false) => Text::known(""),
                    None => {
                        self.widest = self.widest.max(2);
                        if self.choice == 0 { other } else { Text::known("") }
                    }
                }
            }
            Operator::Unknown(word) => {
                self.inside(word);
                self.unknown(parameter)
            }
            _ => self.changed(parameter, value),
        }
    }

    fn plain(&self, parameter: &Parameter, value: Option<Value>) -> Text {
        match value {
            Some(Value::Scalar(text)) => text,
            Some(Value::Unset) => Text::known(""),
            Some(Value::Array(items)) => items.first().cloned().unwrap_or_else(|| Text::known("")),
            None => self.unknown(parameter),
        }
    }

    /// `${x:-word}`. Of a variable that the line does not set both are possible.
    fn default(
        &mut self,
        parameter: &Parameter,
        value: Option<Value>,
        or_empty: bool,
        word: &tree::Word,
        assigns: bool,
    ) -> Text {
        let other = self.text(word);
        let set = is_set(value.as_ref(), or_empty).unwrap_or_else(|| {
            self.widest = self.widest.max(2);
            self.choice > 0
        });
        if set {
            return self.plain(parameter, value);
        }
        if assigns && !parameter.indirect {
            self.state.set_one(&parameter.name, Value::Scalar(other.clone()));
        }
        other
    }

    /// What cuts, replaces or rewrites a value.
    fn changed(&mut self, parameter: &Parameter, value: Option<Value>) -> Text {
        let operator = &parameter.operator;
        let numbers = match operator {
            Operator::Substring { offset, length } => {
                Some((self.number(offset), length.as_ref().map(|length| self.number(length))))
            }
            _ => None,
        };
        let (pattern, with) = match operator {
            Operator::RemovePrefix { pattern, .. }
            | Operator::RemoveSuffix { pattern, .. }
            | Operator::Case { pattern, .. } => (self.pattern(pattern), Some(Text::known(""))),
            Operator::Replace { pattern, with, .. } => {
                let pattern = self.pattern(pattern);
                (pattern, Some(with.as_ref().map_or_else(|| Text::known(""), |with| self.text(with))))
            }
            _ => (Some(Pattern::default()), None),
        };
        let text = match value {
            Some(Value::Scalar(text)) if text.literal && !text.glob && text.text.len() <= MATCHED => {
                text.text
            }
            Some(Value::Unset) => SmolStr::default(),
            // Whatever it is, it begins at the root.
            None if matches!(numbers, Some((Some(0), Some(Some(1)))))
                && matches!(parameter.name.as_str(), "PATH" | "OLDPWD" | "PWD") =>
            {
                return Text::known("/");
            }
            _ => return self.unknown(parameter),
        };
        let text = if parameter.name == "HOME" && text.starts_with('~') && numbers.is_some() {
            "/home".into()
        } else {
            text
        };
        // Every place of the text is held against the pattern, as far as the text goes on.
        let cost =
            pattern.as_ref().map_or(0, |pattern| text.len() * text.len() * pattern.len() / TRIES_A_STEP);
        if !self.session.spend(cost) {
            self.give_up();
            return self.unknown(parameter);
        }
        let changed = match (operator, pattern, with) {
            (Operator::Substring { .. }, ..) => numbers.and_then(|(offset, length)| match length {
                Some(length) => part(&text, offset?, Some(length?)),
                None => part(&text, offset?, None),
            }),
            (Operator::RemovePrefix { longest, .. }, Some(pattern), _) => {
                Some(pattern.without_prefix(&text, *longest).to_owned())
            }
            (Operator::RemoveSuffix { longest, .. }, Some(pattern), _) => {
                Some(pattern.without_suffix(&text, *longest).to_owned())
            }
            (Operator::Replace { which, .. }, Some(pattern), Some(with)) if with.literal => {
                Some(match which {
                    Which::First => pattern.replaced(&text, &with.text, false),
                    Which::All => pattern.replaced(&text, &with.text, true),
                    Which::Prefix => pattern.prefix_replaced(&text, &with.text),
                    Which::Suffix => pattern.suffix_replaced(&text, &with.text),
                })
            }
            (Operator::Case { sign, all, .. }, Some(pattern), _) => Some(cased(&text, *sign, *all, &pattern)),
            (Operator::Transform(letter), ..) => transformed(&text, *letter),
            _ => None,
        };
        changed.map_or_else(|| self.unknown(parameter), Text::known)
    }

    /// `None` where it is not constant.
    pub(super) fn pattern(&mut self, word: &tree::Word) -> Option<Pattern> {
        let mut pattern = Pattern::default();
        for piece in &word.pieces {
            match piece {
                Piece::Text { text, .. } => pattern.exactly(text),
                Piece::Glob(sign) => pattern.sign(sign),
                Piece::Parameter(parameter) => match self.parameter(parameter, false) {
                    Got::One(text) if text.literal && parameter.quoted => pattern.exactly(&text.text),
                    Got::One(text) if text.literal => pattern.open(&text.text),
                    _ => return None,
                },
                other => {
                    let text = self.text_of(std::slice::from_ref(other));
                    if !text.literal || text.glob {
                        return None;
                    }
                    pattern.exactly(&text.text);
                }
            }
        }
        let pattern = pattern.done();
        (pattern.len() <= PATTERN && self.session.spend(1 + pattern.len())).then_some(pattern)
    }
}

/// Whether `${x-…}` takes the value; `None` where nobody knows.
fn is_set(value: Option<&Value>, or_empty: bool) -> Option<bool> {
    match value? {
        Value::Unset => Some(false),
        Value::Scalar(text) if !text.literal => None,
        Value::Scalar(text) => Some(!(or_empty && text.text.is_empty())),
        Value::Array(items) => Some(!items.is_empty()),
    }
}

/// `${x:offset:length}`; negative ones count from the end.
fn part(text: &str, offset: i64, length: Option<i64>) -> Option<String> {
    let count = i64::try_from(text.chars().count()).ok()?;
    let start = if offset < 0 { count.checked_add(offset)? } else { offset.min(count) };
    let end = match length {
        None => count,
        Some(length) if length < 0 => count.checked_add(length)?,
        Some(length) => start.checked_add(length)?.min(count),
    };
    if start < 0 || end < start {
        return Some(String::new());
    }
    let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
    Some(text.chars().skip(start).take(end - start).collect())
}

fn cased(text: &str, sign: char, all: bool, pattern: &Pattern) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        let fits = (all || at == 0) && (pattern.is_empty() || pattern.fits(c.encode_utf8(&mut [0; 4])));
        match sign {
            _ if !fits => out.push(c),
            '^' => out.extend(c.to_uppercase()),
            ',' => out.extend(c.to_lowercase()),
            _ if c.is_uppercase() => out.extend(c.to_lowercase()),
            _ => out.extend(c.to_uppercase()),
        }
    }
    out
}

fn transformed(text: &str, letter: char) -> Option<String> {
    match letter {
        'U' => Some(text.to_uppercase()),
        'L' => Some(text.to_lowercase()),
        'u' => Some(cased(text, '^', false, &Pattern::default())),
        'Q' => Some(text.to_owned()),
        'E' => Some(super::printed::escapes(text, super::printed::Escapes::Ansi).0),
        _ => None,
    }
}
