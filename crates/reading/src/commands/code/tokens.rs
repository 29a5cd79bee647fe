//! One tokenizer for the languages of interpreters: names, texts, signs. No grammar: calls are found in the tokens.
//!
//! Invariant: total and linear; a text that does not end runs to the end of the source.

/// The languages, by how they quote and comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Language {
    Python,
    JavaScript,
    Perl,
    Ruby,
    Php,
    Lua,
    Awk,
    Tcl,
    /// R, Julia, Elixir, Groovy and whatever else has calls with brackets.
    Other,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// `a`, `a.b.c`, `A::b`, `$x`, `x->y`.
    Name(&'a str),
    /// A text, with its escapes taken off. `whole` is false where a value is put into it when it runs; that value
    /// stands in it as `$_`.
    Text {
        text: String,
        whole: bool,
    },
    /// A text in backticks that a shell runs.
    Shell {
        text: String,
        whole: bool,
    },
    Number(u32),
    Sign(char),
    /// A line's end.
    Line,
}

/// How many tokens of one source are looked at. Ten for a line of a script of a thousand lines would do.
const TOKENS: usize = 60_000;

struct Scanner<'a> {
    language: Language,
    source: &'a str,
    at: usize,
    tokens: Vec<Token<'a>>,
}

/// The tokens of `source`, and whether it was looked at to its end.
pub(super) fn of(source: &str, language: Language) -> (Vec<Token<'_>>, bool) {
    let mut scanner = Scanner { language, source, at: 0, tokens: Vec::new() };
    while scanner.at < source.len() && scanner.tokens.len() < TOKENS {
        scanner.step();
    }
    let whole = scanner.at >= source.len();
    (scanner.tokens, whole)
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return };
        if self.comment(rest) {
            return;
        }
        match c {
            '\n' => {
                self.at += 1;
                self.tokens.push(Token::Line);
            }
            c if c.is_whitespace() => self.at += c.len_utf8(),
            '\\' if rest[1..].starts_with('\n') => self.at += 2,
            '"' | '\'' | '`' => self.quoted(c, Prefix::default()),
            '0'..='9' => self.number(rest),
            c if is_start(c, self.language) => self.name(rest),
            '%' if self.language == Language::Ruby
                && rest[1..].starts_with(['x', 'q', 'Q', 'w', '(', '{', '[']) =>
            {
                self.percent(rest);
            }
            '<' if rest.starts_with("<<") && matches!(self.language, Language::Ruby | Language::Perl) => {
                self.heredoc(rest);
            }
            c => {
                self.at += c.len_utf8();
                self.tokens.push(Token::Sign(c));
            }
        }
    }

    fn comment(&mut self, rest: &str) -> bool {
        use Language::{Awk, JavaScript, Lua, Other, Perl, Php, Python, Ruby, Tcl};
        let hash =
            matches!(self.language, Python | Perl | Ruby | Php | Awk | Tcl | Other) && rest.starts_with('#');
        let slashes = matches!(self.language, JavaScript | Php) && rest.starts_with("//");
        let dashes = self.language == Lua && rest.starts_with("--");
        if hash || slashes || dashes {
            self.at += rest.find('\n').unwrap_or(rest.len());
            return true;
        }
        if matches!(self.language, JavaScript | Php) && rest.starts_with("/*") {
            self.at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            return true;
        }
        false
    }

    fn number(&mut self, rest: &str) {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let text = &rest[..end];
        let value = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
            (Some(hex), _) => u32::from_str_radix(hex, 16),
            (_, Some(octal)) => u32::from_str_radix(octal, 8),
            _ => text.parse(),
        };
        self.at += end;
        self.tokens.push(Token::Number(value.unwrap_or(u32::MAX)));
    }

    fn name(&mut self, rest: &'a str) {
        let bytes = rest.as_bytes();
        let mut end = 0;
        loop {
            end += rest[end..].find(|c: char| !is_part(c)).unwrap_or(rest.len() - end);
            let next = |at: usize| {
                bytes.get(at).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b == b'$')
            };
            if bytes.get(end) == Some(&b'.')
                && next(end + 1)
                && !(self.language == Language::Php || self.language == Language::Perl)
            {
                end += 1;
            } else if (rest[end..].starts_with("::")
                || rest[end..].starts_with("->")
                || rest[end..].starts_with("?."))
                && next(end + 2)
            {
                end += 2;
            } else {
                break;
            }
        }
        let end = end.max(rest.chars().next().map_or(1, char::len_utf8));
        let name = &rest[..end];
        let follows = rest[end..].chars().next();
        if self.language == Language::Python
            && name.len() <= 2
            && matches!(follows, Some('"' | '\''))
            && name.bytes().all(|b| b"rRbBuUfF".contains(&b))
        {
            self.at += end;
            let lower = name.to_ascii_lowercase();
            let prefix = Prefix { raw: lower.contains('r'), formatted: lower.contains('f') };
            return self.quoted(follows.unwrap_or('"'), prefix);
        }
        if self.language == Language::Perl
            && matches!(name, "q" | "qq" | "qx" | "qw")
            && follows.is_some_and(|c| !c.is_alphanumeric() && c != ',' && c != '=' && c != ';')
        {
            let open = rest[end..].trim_start();
            self.at += rest.len() - open.len();
            return self.delimited(name == "qx", name != "q");
        }
        self.at += end;
        self.tokens.push(Token::Name(name));
    }

    /// `%x(…)`, `%q{…}`.
    fn percent(&mut self, rest: &str) {
        let kind = rest.as_bytes().get(1).copied().unwrap_or(b'(');
        let letters = usize::from(kind.is_ascii_alphabetic());
        let open = rest[1 + letters..].chars().next();
        if !open.is_some_and(|c| c.is_ascii_punctuation() && c != '=') {
            self.at += 1;
            return self.tokens.push(Token::Sign('%'));
        }
        self.at += 1 + letters;
        self.delimited(kind == b'x', kind != b'q');
    }

    /// A text between any two signs that belong together, from the present place.
    fn delimited(&mut self, shell: bool, expands: bool) {
        let rest = self.rest();
        let Some(open) = rest.chars().next() else { return };
        let close = match open {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            '<' => '>',
            c => c,
        };
        let mut depth = 0_usize;
        let mut text = String::new();
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            if c == close && depth == 1 {
                end = at + c.len_utf8();
                break;
            }
            if c == open {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            } else if c == close {
                depth = depth.saturating_sub(1);
            }
            text.push(c);
        }
        self.at += end;
        let whole = !expands
            || !(text.contains("#{") || self.language == Language::Perl && text.contains(['$', '@']));
        let text = if whole { text } else { filled(&text, self.language) };
        self.tokens.push(if shell { Token::Shell { text, whole } } else { Token::Text { text, whole } });
    }

    /// `<<~EOS` … `EOS`.
    fn heredoc(&mut self, rest: &'a str) {
        let after = rest[2..].trim_start_matches(['~', '-']);
        let word = after.trim_start_matches(['"', '\'', '`']);
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
        let name = &word[..end];
        let Some(line) = rest
            .find('\n')
            .filter(|_| name.len() > 1 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        else {
            self.at += 2;
            return self.tokens.push(Token::Sign('<'));
        };
        let body = &rest[line + 1..];
        let mut text = String::new();
        let mut used = body.len();
        let mut from = 0;
        for row in body.split_inclusive('\n') {
            from += row.len();
            if row.trim() == name {
                used = from;
                break;
            }
            text.push_str(row);
        }
        let shell = after.starts_with('`');
        let whole = after.starts_with('\'') || !text.contains("#{");
        let text = if whole { text } else { filled(&text, self.language) };
        self.tokens.push(if shell { Token::Shell { text, whole } } else { Token::Text { text, whole } });
        self.at += line + 1 + used;
    }

    fn quoted(&mut self, quote: char, prefix: Prefix) {
        let rest = self.rest();
        let triple =
            ["\"\"\"", "'''"].iter().any(|open| rest.starts_with(open)) && self.language == Language::Python;
        let width = if triple { 3 } else { 1 };
        let close = &rest[..width];
        let mut text = String::new();
        let mut at = width;
        let mut raw = prefix.raw;
        raw |= quote == '\'' && matches!(self.language, Language::Perl | Language::Ruby | Language::Php);
        loop {
            let here = rest.get(at..).unwrap_or_default();
            let Some(c) = here.chars().next() else { break };
            if here.starts_with(close) {
                at += width;
                break;
            }
            if c == '\\' {
                let next = here[1..].chars().next();
                at += 1;
                at += escape(next, here.get(1..).unwrap_or_default(), raw, &mut text);
                continue;
            }
            text.push(c);
            at += c.len_utf8();
        }
        self.at += at.min(rest.len());
        let whole = match (self.language, quote) {
            (Language::Python, _) => !prefix.formatted || !text.contains('{'),
            (Language::JavaScript, '`') => !text.contains("${"),
            (Language::Ruby, '"' | '`') => !text.contains("#{"),
            (Language::Perl | Language::Php, '"' | '`') => !text.contains('$') && !text.contains("@{"),
            (Language::Tcl, '"') => !text.contains(['$', '[']),
            _ => true,
        };
        let text = if whole { text } else { filled(&text, self.language) };
        let shell = quote == '`' && matches!(self.language, Language::Perl | Language::Ruby | Language::Php);
        self.tokens.push(if shell { Token::Shell { text, whole } } else { Token::Text { text, whole } });
    }
}

#[derive(Default, Clone, Copy)]
struct Prefix {
    raw: bool,
    formatted: bool,
}

/// Takes one escape off and gives how many bytes it has behind the backslash.
fn escape(next: Option<char>, rest: &str, raw: bool, text: &mut String) -> usize {
    let Some(next) = next else { return 0 };
    if raw {
        if !matches!(next, '\\' | '\'' | '"') {
            text.push('\\');
        }
        text.push(next);
        return next.len_utf8();
    }
    let code = |from: usize, most: usize| {
        let digits: String = rest[from..].chars().take(most).take_while(char::is_ascii_hexdigit).collect();
        let value = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        (digits.len(), value)
    };
    match next {
        'n' => text.push('\n'),
        't' => text.push('\t'),
        'r' => text.push('\r'),
        '\n' => {}
        'x' => {
            let (used, value) = code(1, 2);
            text.extend(value);
            return 1 + used;
        }
        'u' => {
            let (used, value) = code(1, 4);
            text.extend(value);
            return 1 + used;
        }
        '0'..='7' => {
            let digits: String = rest.chars().take(3).take_while(|c| ('0'..='7').contains(c)).collect();
            text.extend(u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32));
            return digits.len();
        }
        c => text.push(c),
    }
    next.len_utf8()
}

/// A text into which values are put when it runs: each stands as `$_`.
fn filled(text: &str, language: Language) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let open = match language {
            Language::Python => rest.find('{').map(|at| (at, at + 1)),
            Language::JavaScript => rest.find("${").map(|at| (at, at + 2)),
            Language::Ruby => rest.find("#{").map(|at| (at, at + 2)),
            _ => {
                out.push_str(rest);
                return out;
            }
        };
        let Some((at, inside)) = open else { break };
        out.push_str(&rest[..at]);
        out.push_str("$_");
        let Some(close) = rest[inside..].find('}') else { return out };
        rest = &rest[inside + close + 1..];
    }
    out.push_str(rest);
    out
}

fn is_start(c: char, language: Language) -> bool {
    c.is_alphabetic()
        || c == '_'
        || c == '$'
        || c == '@' && matches!(language, Language::Perl | Language::Ruby)
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}
