//! One pass over a text that finds what is a secret by its form.

use super::{Seen, names, note, tokens};

/// `text` with its secrets replaced by notes.
pub(super) fn hide(text: &str, seen: Seen<'_>) -> String {
    let mut scan = Scan::of(text);
    scan.run();
    if scan.found.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in scan.found {
        // Every span starts and ends beside an ASCII character or at an end; `get` keeps this total all the same.
        let (Some(before), Some(secret)) = (text.get(at..start), text.get(start..end)) else { continue };
        out.push_str(before);
        out.push_str(&note(secret, seen));
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    found: Vec<(usize, usize)>,
    /// Whether the text speaks of AWS: only then are 40 characters of base64 taken for a secret.
    aws: bool,
    /// The program whose words follow, for its short flags.
    program: &'a str,
    /// The word before the one that ends now.
    before: &'a str,
    jwt: tokens::Jwt,
    /// Where the unquoted value that was looked at last ends: whoever begins inside it ends there too.
    value_end: usize,
}

/// Characters that end an unquoted value: what a shell acts upon, quotes, and what parts fields.
const fn ends_value(b: u8) -> bool {
    b.is_ascii_whitespace()
        || b.is_ascii_control()
        || matches!(b, b',' | b'{' | b'}' | b'[' | b']')
        || ends_quoted(b)
}

/// Characters that end a quoted value, its closing quote among them.
const fn ends_quoted(b: u8) -> bool {
    matches!(
        b,
        b'"' | b'\''
            | b'`'
            | b';'
            | b'&'
            | b'|'
            | b'<'
            | b'>'
            | b'('
            | b')'
            | b'$'
            | b'\\'
            | b'\n'
            | b'\r'
            | 0
    )
}

const fn in_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

impl<'a> Scan<'a> {
    fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let aws = bytes.windows(4).any(|w| matches!(w, b"AKIA" | b"ASIA" | b"aws_" | b"AWS_"));
        Self {
            text,
            bytes,
            found: Vec::new(),
            aws,
            program: "",
            before: "",
            jwt: tokens::Jwt::default(),
            value_end: 0,
        }
    }

    fn run(&mut self) {
        let mut at = 0;
        while let Some(&b) = self.bytes.get(at) {
            let inside = at > 0 && (self.bytes[at - 1].is_ascii_alphanumeric() || self.bytes[at - 1] == b'_');
            let found = match b {
                b'-' => self.private_key(at).map(|end| (end, end)),
                b':' => self.user_info(at).or_else(|| self.named(at)),
                b'=' => self.named(at),
                b' ' | b'\t' => self.after_name(at),
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'+' => self.token(at, inside),
                _ => None,
            };
            if found.is_none() {
                self.word(at, b);
            }
            at = match found {
                Some((start, end)) => {
                    if start < end {
                        self.found.push((start, end));
                    }
                    end
                }
                None => at + 1,
            };
        }
    }

    fn token(&mut self, at: usize, inside: bool) -> Option<(usize, usize)> {
        if let Some(end) = if inside { None } else { self.jwt.at(self.bytes, at) } {
            return Some((at, end));
        }
        let end = tokens::token(self.bytes, at, inside).or_else(|| {
            let begins = at == 0 || !matches!(self.bytes[at - 1], b'/' | b'+' | b'.' | b'-') && !inside;
            (self.aws && begins).then(|| tokens::aws_secret(self.bytes, at)).flatten()
        })?;
        Some((at, end))
    }

    /// Keeps in mind which program's words these are and which word stood before.
    fn word(&mut self, at: usize, b: u8) {
        if ends_value(b) && !matches!(b, b' ' | b'\t' | b'"' | b'\'') {
            (self.program, self.before) = ("", "");
        } else if matches!(b, b' ' | b'\t') {
            let start = self.bytes[..at]
                .iter()
                .rev()
                .take(names::NAME_BYTES)
                .take_while(|b| !ends_value(**b))
                .count();
            let word = self.text.get(at - start..at).unwrap_or_default();
            if self.program.is_empty() || (!word.starts_with('-') && known_program(word)) {
                self.program = word.rsplit('/').next().unwrap_or(word);
            }
            if !word.is_empty() {
                self.before = word;
            }
        }
    }

    /// `-----BEGIN … PRIVATE KEY-----`: hides the lines of base64 behind it and gives the end of the last. Nothing
    /// else is hidden up to the end's dashes: a here-document may end in between and a command begin.
    fn private_key(&mut self, at: usize) -> Option<usize> {
        const BEGIN: &[u8] = b"-----BEGIN ";
        const END: &[u8] = b"-----END ";
        /// PEM's lines have 64 characters, OpenSSH's 70.
        const LINE: usize = 60;
        if !self.bytes[at..].starts_with(BEGIN) {
            return None;
        }
        let label = at + BEGIN.len();
        let dashes =
            self.bytes[label..].windows(5).take(names::NAME_BYTES).position(|five| five == b"-----")?;
        if !self.text.get(label..label + dashes)?.contains("PRIVATE KEY") {
            return None;
        }
        let mut end = label + dashes + 5;
        loop {
            let start = self.line_break(end)?;
            let long = self.bytes[start..].iter().take_while(|b| is_base64(**b)).count();
            let line = &self.bytes[start..start + long];
            let last = self.line_break(start + long).is_some_and(|next| self.bytes[next..].starts_with(END));
            let mixed = line.iter().any(u8::is_ascii_lowercase) && line.iter().any(u8::is_ascii_uppercase);
            if mixed && (long >= LINE || last) {
                self.found.push((start, start + long));
                end = start + long;
            } else {
                return Some(end);
            }
        }
    }

    /// Where the next line begins, if a line ends at `at`: by a newline, or by one written `\\n` in a string.
    fn line_break(&self, at: usize) -> Option<usize> {
        let rest = &self.bytes[at..];
        [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"]
            .iter()
            .find(|end| rest.starts_with(end))
            .map(|end| at + end.len())
    }

    /// `://user:password@` or `://token@`: the password or the token.
    fn user_info(&self, at: usize) -> Option<(usize, usize)> {
        if !self.bytes[at..].starts_with(b"://") {
            return None;
        }
        let start = at + 3;
        let ends = |b: &u8| ends_quoted(*b) || b.is_ascii_whitespace() || matches!(b, b'/' | b'?' | b'#');
        let authority = &self.bytes[start..];
        let authority = &authority[..authority.iter().position(ends).unwrap_or(authority.len())];
        let user_info = &authority[..authority.iter().rposition(|b| *b == b'@')?];
        let from = match user_info.iter().position(|b| *b == b':') {
            Some(colon) => colon + 1,
            None if user_info.len() >= 20 => 0,
            None => return None,
        };
        (from < user_info.len()).then_some((start + from, start + user_info.len()))
    }

    /// The value behind `=` or `:` at `at`, where the name before it says that it is a secret.
    fn named(&mut self, at: usize) -> Option<(usize, usize)> {
        let name = self.name_before(at)?;
        if !names::is_secret(name.trim_start_matches('-')) || name.starts_with("--no-") {
            return None;
        }
        let mut start = at + 1;
        while matches!(self.bytes.get(start), Some(b'=' | b'>')) {
            start += 1;
        }
        let tight = self.bytes.get(at.wrapping_sub(1)).is_some_and(|b| *b != b' ');
        let spaces = self.bytes[start..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        start += spaces;
        if let Some(found) = self.behind_scheme(name, start) {
            return Some(found);
        }
        let (start, end, quoted) = self.value(start)?;
        let value = self.text.get(start..end)?;
        let parameter = self.bytes.get(end).is_some_and(|b| matches!(b, b'(' | b'['));
        let is_value = if quoted {
            true
        } else if tight && spaces == 0 {
            // In this order: whatever begins inside this value is cut off by the first test at once.
            let code = value.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'.' | b'_'))
                && value.contains('.');
            let is_code = code && name.bytes().any(|b| b.is_ascii_lowercase()) && !name.starts_with('-');
            !parameter && !is_code
        } else {
            !parameter && value.len() >= 6 && value.bytes().any(|b| b.is_ascii_digit())
        };
        (is_value && !names::is_plain_value(value) && value != name).then_some((start, end))
    }

    /// `Authorization: Bearer xyz`: what stands behind the scheme.
    fn behind_scheme(&mut self, name: &str, at: usize) -> Option<(usize, usize)> {
        let name = name.to_ascii_lowercase();
        if !name.ends_with("authorization") && !name.ends_with("token") && !name.ends_with("auth") {
            return None;
        }
        let at = at + usize::from(matches!(self.bytes.get(at), Some(b'"' | b'\'')));
        let long = self.bytes[at..].iter().take(16).take_while(|b| b.is_ascii_alphabetic()).count();
        if !names::is_scheme(self.text.get(at..at + long)?) || self.bytes.get(at + long) != Some(&b' ') {
            return None;
        }
        let (start, end, _) = self.value(at + long + 1)?;
        (!names::is_plain_value(self.text.get(start..end)?)).then_some((start, end))
    }

    /// The word behind a space at `at`, where the word before says that it is a secret: `--password X`,
    /// `Bearer X`, `PASSWORD 'x'`, `IDENTIFIED BY 'x'`, and the short flags of some programs.
    fn after_name(&mut self, at: usize) -> Option<(usize, usize)> {
        let name = self.name_before(at)?;
        let start = at + self.bytes[at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let (value_start, end, quoted) = self.value(start)?;
        let value = self.text.get(value_start..end)?;
        if names::is_plain_value(value) {
            return None;
        }
        let (lower, found) = (name.to_ascii_lowercase(), Some((value_start, end)));
        if names::is_flag_of_secret(name) && !value.starts_with('-') {
            return found;
        }
        let sql_quoted = quoted && self.bytes.get(start) == Some(&b'\'');
        if sql_quoted
            && (lower == "password" || lower == "by" && self.before.eq_ignore_ascii_case("identified"))
        {
            return found;
        }
        let long = value.len() >= 16 && value.bytes().any(|b| b.is_ascii_digit());
        if matches!(lower.as_str(), "bearer" | "basic") && long {
            return found;
        }
        let program = if self.program.is_empty() { return None } else { self.program };
        let from = names::after_short_flag(program, name, value)?;
        (from < value.len()).then_some((value_start + from, end))
    }

    /// The name that ends before `at`, past spaces and the closing of a quote or an index.
    fn name_before(&self, at: usize) -> Option<&'a str> {
        let mut end = at;
        for _ in 0..4 {
            match self.bytes.get(end.wrapping_sub(1)) {
                Some(b' ' | b'"' | b'\'' | b'\\' | b']') if end > 0 => end -= 1,
                _ => break,
            }
        }
        let long =
            self.bytes[..end].iter().rev().take(names::NAME_BYTES + 1).take_while(|b| in_name(**b)).count();
        self.text.get(end - long..end).filter(|name| !name.is_empty())
    }

    /// The value at `at`: its start, its end, and whether it was quoted. `None` where there is none.
    fn value(&mut self, at: usize) -> Option<(usize, usize, bool)> {
        let escaped = self.bytes.get(at) == Some(&b'\\');
        let open = at + usize::from(escaped);
        let quoted = matches!(self.bytes.get(open), Some(b'"' | b'\'' | b'`'));
        let start = if quoted { open + 1 } else { at };
        let ends = if quoted { ends_quoted } else { ends_value };
        if quoted || self.value_end <= start {
            let long = self.bytes[start..].iter().take_while(|b| !ends(**b)).count();
            // A note of our own is no value.
            let mark = self.text.get(start..start + long).and_then(|value| value.find('⟨'));
            let end = start + mark.unwrap_or(long);
            if quoted {
                return (end > start).then_some((start, end, true));
            }
            self.value_end = end;
        }
        let end = self.value_end;
        (end > start).then_some((start, end, quoted))
    }
}

fn known_program(word: &str) -> bool {
    matches!(
        word.rsplit('/').next().unwrap_or(word),
        "curl"
            | "sshpass"
            | "mysql"
            | "mysqldump"
            | "mysqladmin"
            | "mariadb"
            | "redis-cli"
            | "mongosh"
            | "mongo"
            | "mongodump"
    )
}

const fn is_base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')
}
