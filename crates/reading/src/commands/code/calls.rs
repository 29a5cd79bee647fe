//! Calls in the tokens of a source: which name is called with which constants.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

use super::tokens::{Language, Token};
use super::values::{TRANSPARENT, Value, closes, folded};

/// One call.
pub(super) struct Seen<'a> {
    /// The name as written, with what an import calls it: `os.system` for `from os import system as s; s()`.
    pub(super) name: Cow<'a, str>,
    /// What a method is called on, as far as it is known: the first argument of `Path("x")` in `Path("x").unlink()`.
    pub(super) on: Option<Value>,
    pub(super) values: Vec<Value>,
    /// Arguments with a name: `shell=True`, `method: 'POST'`.
    pub(super) named: Vec<(String, Value)>,
}

/// Modules that a call can bring: `require("fs").rm(…)`, `__import__("os").remove(…)`.
const MODULES: &[&str] = &[
    "fs",
    "fs/promises",
    "fs-extra",
    "child_process",
    "os",
    "shutil",
    "subprocess",
    "http",
    "https",
    "net",
    "vm",
    "pathlib",
    "requests",
    "axios",
    "socket",
    "pty",
    "posix",
    "pickle",
    "process",
    "rimraf",
];
/// How deep calls in arguments are looked into.
const DEPTH: usize = 8;
/// Tokens of one statement that are looked at for its arguments; keeps the time linear.
pub(super) const STATEMENT: usize = 256;
/// Bytes of a text that is put together from others, names that are remembered, arguments of a call: constants that
/// double one another stay small.
const TEXT: usize = 8 * 1024;
const CONSTANTS: usize = 256;
const ARGUMENTS: usize = 64;

/// Steps over tokens in the arguments of one source. A script of a thousand lines takes a tenth; calls that stand in one
/// another without sense end here.
const STEPS: usize = 400_000;

/// The calls of `tokens`, in order, and whether all their arguments were looked at.
pub(super) fn of<'a>(tokens: &[Token<'a>], language: Language) -> (Vec<Seen<'a>>, bool) {
    let (imports, constants, seen) = (HashMap::new(), HashMap::new(), Vec::new());
    let mut finder = Finder { tokens, language, imports, constants, seen, steps: Cell::new(STEPS) };
    finder.run();
    let whole = finder.steps.get() > 0;
    (finder.seen, whole)
}

pub(super) struct Finder<'t, 'a> {
    pub(super) tokens: &'t [Token<'a>],
    language: Language,
    /// What names stand for by an import.
    pub(super) imports: HashMap<&'a str, String>,
    constants: HashMap<&'a str, Value>,
    seen: Vec<Seen<'a>>,
    /// Steps that are left.
    steps: Cell<usize>,
}

impl<'a> Finder<'_, 'a> {
    fn run(&mut self) {
        let closes = closes(self.tokens);
        let mut before: Option<(usize, Value)> = None;
        for at in 0..self.tokens.len() {
            match &self.tokens[at] {
                Token::Name("import" | "from") if self.language == Language::Python => self.import(at),
                Token::Name("const" | "let" | "var") if self.language == Language::JavaScript => {
                    self.requires(at);
                }
                Token::Name(name) => {
                    if self.tokens.get(at + 1) == Some(&Token::Sign('='))
                        && !matches!(self.tokens.get(at + 2), Some(Token::Sign('=' | '~' | '>')))
                    {
                        let value = self.value_until_end(at + 2, &closes, DEPTH);
                        if self.constants.len() < CONSTANTS || self.constants.contains_key(name) {
                            self.constants.insert(name, value);
                        }
                    }
                    before = self.call(at, name, &closes, before.as_ref()).or(before);
                }
                // `(getattr(os, "system"))("x")`, `x["eval"]("y")`: what is called is a value.
                Token::Sign(']' | ')') if self.tokens.get(at + 1) == Some(&Token::Sign('(')) => {
                    let on = before.take().filter(|(end, _)| *end == at).map(|(_, value)| value);
                    let name = match (&on, self.tokens.get(at.wrapping_sub(1))) {
                        (Some(Value::Text { text, whole: true }), _)
                        | (_, Some(Token::Text { text, whole: true })) => text.clone(),
                        _ => "()".to_owned(),
                    };
                    let (values, named) = self.arguments(at + 1, &closes, DEPTH);
                    self.seen.push(Seen { name: Cow::Owned(name), on: None, values, named });
                }
                _ => {}
            }
        }
    }

    /// A call of `name` at `at`; gives where it ends and what stands for its value.
    fn call(
        &mut self,
        at: usize,
        name: &'a str,
        closes: &[usize],
        before: Option<&(usize, Value)>,
    ) -> Option<(usize, Value)> {
        let method =
            at.checked_sub(1).is_some_and(|dot| matches!(self.tokens.get(dot), Some(Token::Sign('.' | '>'))));
        let on = if method {
            before.filter(|(end, _)| *end + 3 >= at).map(|(_, value)| value.clone())
        } else {
            let head = name.rsplit_once(['.', '>']).map(|(head, _)| head.trim_end_matches('-'));
            head.and_then(|head| self.constants.get(head)).cloned()
        };
        let (open, bare) = match self.tokens.get(at + 1) {
            Some(Token::Sign('(')) => (at + 1, false),
            // `unlink "x"`, `system 'x'`, `FileUtils.rm_rf %w[x]`.
            Some(Token::Text { .. } | Token::Shell { .. } | Token::Sign('[')) if self.takes_bare() => {
                (at, true)
            }
            Some(Token::Name(next))
                if self.takes_bare() && !matches!(*next, "if" | "unless" | "and" | "or" | "do") =>
            {
                (at, true)
            }
            // JavaScript's tagged texts: $`rm x`.
            Some(Token::Text { .. }) if self.language == Language::JavaScript && name.ends_with('$') => {
                (at, true)
            }
            _ => {
                // A method without brackets: `Pathname.new("x").rmtree`.
                if method && matches!(self.language, Language::Ruby) {
                    self.seen.push(Seen {
                        name: self.resolved(name),
                        on: on.clone(),
                        values: Vec::new(),
                        named: Vec::new(),
                    });
                    return on.map(|value| (at, value));
                }
                // Perl works on `$_` where nothing is named: `unlink if /x/`.
                if self.language == Language::Perl && matches!(name, "unlink" | "rmdir" | "system" | "exec") {
                    self.seen.push(Seen {
                        name: Cow::Borrowed(name),
                        on: None,
                        values: vec![Value::Open],
                        named: Vec::new(),
                    });
                }
                return None;
            }
        };
        let (values, named) =
            if bare { self.bare_arguments(at + 1, closes) } else { self.arguments(open, closes, DEPTH) };
        let last = name.rsplit(['.', ':', '>']).next().unwrap_or(name);
        let mut values = values;
        if last == "Command"
            && let Some(words) = self.options_words(open, closes)
        {
            values.truncate(1);
            values.push(Value::List(words));
        }
        let end = if bare { at + 1 } else { closes.get(open).copied().unwrap_or(open) };
        let stands = if last == "getattr" {
            self.attribute(at, values.get(1))
        } else if values.is_empty() {
            on.clone()
        } else {
            Some(folded(last, &values))
        };
        // JavaScript's tagged texts are handed to a shell.
        let tagged = bare && self.language == Language::JavaScript;
        let name = match on.as_ref().and_then(Value::text).filter(|_| method) {
            Some(module) if MODULES.contains(&module.trim_start_matches("node:")) => {
                Cow::Owned(format!("{}.{name}", module.trim_start_matches("node:").replace('/', ".")))
            }
            _ if tagged => Cow::Borrowed("shell_exec"),
            _ => self.resolved(name),
        };
        self.seen.push(Seen { name, on, values, named });
        stands.map(|value| (end, value))
    }

    /// `new Deno.Command("rm", { args: ["-r", "x"] })`: the words behind the program.
    fn options_words(&self, open: usize, closes: &[usize]) -> Option<Vec<Value>> {
        let end = closes.get(open).copied()?.min(open + STATEMENT);
        let signs = |at: usize| {
            self.tokens.get(at + 1) == Some(&Token::Sign(':'))
                && self.tokens.get(at + 2) == Some(&Token::Sign('['))
        };
        let at = (open..end).find(|at| self.tokens.get(*at) == Some(&Token::Name("args")) && signs(*at))?;
        let stop = closes.get(at + 2).copied()?.min(end);
        Some(self.listed(at + 3, stop, closes, DEPTH).0)
    }

    /// What `getattr(os, "remove")` stands for: `os.remove`.
    fn attribute(&self, at: usize, name: Option<&Value>) -> Option<Value> {
        let name = name?.text()?;
        let text = match self.tokens.get(at + 2) {
            Some(Token::Name(of)) => format!("{}.{name}", self.resolved(of)),
            _ => name.to_owned(),
        };
        Some(Value::Text { text, whole: true })
    }

    /// Takes one of the steps that are left.
    fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    fn takes_bare(&self) -> bool {
        matches!(self.language, Language::Perl | Language::Ruby | Language::Php | Language::Lua)
    }

    /// The name with what an import says its head is.
    fn resolved(&self, name: &'a str) -> Cow<'a, str> {
        let (head, rest) = match name.find(['.', ':']) {
            Some(at) => name.split_at(at),
            None => (name, ""),
        };
        match self.imports.get(head) {
            Some(real) => Cow::Owned(format!("{real}{rest}")),
            None => Cow::Borrowed(name),
        }
    }

    /// The arguments of a call whose bracket opens at `open`.
    fn arguments(&self, open: usize, closes: &[usize], depth: usize) -> (Vec<Value>, Vec<(String, Value)>) {
        let end = closes.get(open).copied().unwrap_or(self.tokens.len()).min(open + STATEMENT);
        self.listed(open + 1, end.min(self.tokens.len()), closes, depth)
    }

    fn bare_arguments(&self, from: usize, closes: &[usize]) -> (Vec<Value>, Vec<(String, Value)>) {
        let end = self.end_of_statement(from, closes);
        self.listed(from, end, closes, DEPTH)
    }

    fn end_of_statement(&self, from: usize, closes: &[usize]) -> usize {
        let mut at = from;
        while let Some(token) = self.tokens.get(at).filter(|_| at < from + STATEMENT && self.step()) {
            match token {
                Token::Line | Token::Sign(';' | ')' | '}' | ']') => return at,
                Token::Name("if" | "unless" | "or" | "and" | "do") if self.takes_bare() => return at,
                Token::Sign('(' | '[' | '{') => at = closes.get(at).copied().unwrap_or(at).max(at) + 1,
                _ => at += 1,
            }
        }
        at.min(self.tokens.len())
    }

    fn value_until_end(&self, from: usize, closes: &[usize], depth: usize) -> Value {
        let end = self.end_of_statement(from, closes).min(from + 200);
        let end = self.tokens[from.min(end)..end].iter().position(|token| *token == Token::Sign(',')).map_or(
            end,
            |comma| {
                if matches!(self.tokens.get(from), Some(Token::Sign('[' | '('))) { end } else { from + comma }
            },
        );
        self.value(from, end, closes, depth)
    }

    /// Values with commas between.
    fn listed(
        &self,
        from: usize,
        end: usize,
        closes: &[usize],
        depth: usize,
    ) -> (Vec<Value>, Vec<(String, Value)>) {
        let (mut values, mut named) = (Vec::new(), Vec::new());
        let (mut start, mut at) = (from, from);
        while start < end && values.len() + named.len() < ARGUMENTS && self.step() {
            let here = self.tokens.get(at).filter(|_| at < end);
            match here {
                Some(Token::Sign(',')) | None => {
                    self.argument(start, at.min(end), closes, depth, &mut values, &mut named);
                    start = at + 1;
                    at = start;
                }
                Some(Token::Sign('(' | '[' | '{')) => {
                    at = closes.get(at).copied().unwrap_or(at).max(at) + 1;
                }
                Some(_) => at += 1,
            }
        }
        (values, named)
    }

    fn argument(
        &self,
        from: usize,
        end: usize,
        closes: &[usize],
        depth: usize,
        values: &mut Vec<Value>,
        named: &mut Vec<(String, Value)>,
    ) {
        let tokens = self.tokens.get(from..end).unwrap_or_default();
        let skip = tokens.iter().take_while(|token| **token == Token::Line).count();
        let (from, tokens) = (from + skip, &tokens[skip.min(tokens.len())..]);
        match tokens {
            [] => {}
            [Token::Name(name), Token::Sign('=' | ':'), after, ..]
                if *after != Token::Sign('=') && *after != Token::Sign(':') =>
            {
                named.push(((*name).to_owned(), self.value(from + 2, end, closes, depth)));
            }
            [Token::Text { text, .. }, Token::Sign(':'), ..] => {
                named.push((text.clone(), self.value(from + 2, end, closes, depth)));
            }
            [Token::Sign('{'), ..] => {
                let close = closes.get(from).copied().unwrap_or(end).min(end);
                let (_, inner) = self.listed(from + 1, close, closes, depth.saturating_sub(1));
                named.extend(inner);
                values.push(Value::Open);
            }
            _ => values.push(self.value(from, end, closes, depth)),
        }
    }

    /// What is known of the value that the tokens from `from` to `end` make.
    fn value(&self, from: usize, end: usize, closes: &[usize], depth: usize) -> Value {
        let Some(depth) = depth.checked_sub(1) else { return Value::Open };
        let tokens = self.tokens.get(from..end).unwrap_or_default();
        if let [Token::Sign('['), ..] = tokens
            && closes.get(from) == Some(&(end.saturating_sub(1)))
        {
            let mut values = self.listed(from + 1, end - 1, closes, depth).0;
            for value in &mut values {
                if matches!(value, Value::List(_)) {
                    *value = Value::Open;
                }
            }
            return Value::List(values);
        }
        match tokens {
            [Token::Number(number)] => return Value::Number(*number),
            [Token::Sign('-'), Token::Number(number)] => {
                return Value::Text { text: format!("-{number}"), whole: true };
            }
            _ => {}
        }
        let mut out = String::new();
        let mut whole = true;
        let mut any = false;
        let mut at = from;
        while at < end {
            if out.len() > TEXT || !self.step() {
                return Value::Open;
            }
            match &self.tokens[at] {
                Token::Text { text, whole: known } => {
                    out.push_str(text);
                    (any, whole) = (true, whole && *known);
                }
                Token::Line
                | Token::Sign('+' | '.' | '(' | ')' | '~' | '&')
                | Token::Name("await" | "new" | "return" | "my" | "our") => {}
                Token::Name(name) => {
                    let last = name.rsplit(['.', ':', '>']).next().unwrap_or(name);
                    if self.tokens.get(at + 1) == Some(&Token::Sign('(')) && TRANSPARENT.contains(&last) {
                        let close = closes.get(at + 1).copied().unwrap_or(end).min(end);
                        let (values, _) = self.listed(at + 2, close, closes, depth);
                        if values.is_empty() {
                            if last == "homedir" {
                                out.push('~');
                                any = true;
                            }
                        } else {
                            match folded(last, &values) {
                                Value::Text { text, whole: known } => {
                                    out.push_str(&text);
                                    (any, whole) = (true, whole && known);
                                }
                                value if values.len() == 1 && out.is_empty() && close + 1 >= end => {
                                    return value;
                                }
                                _ => (whole, any) = (false, any),
                            }
                        }
                        at = close;
                    } else if let Some(value) = self.constants.get(name) {
                        match value {
                            Value::Text { text, whole: known } => {
                                out.push_str(text);
                                (any, whole) = (true, whole && *known);
                            }
                            value if tokens.len() == 1 => return value.clone(),
                            _ => whole = false,
                        }
                    } else if TRANSPARENT.contains(&last) {
                    } else {
                        out.push_str("$_");
                        whole = false;
                    }
                }
                _ => whole = false,
            }
            at += 1;
        }
        if any { Value::Text { text: out, whole } } else { Value::Open }
    }
}
