//! What a command prints whose input is constant: the disguises that a shell undoes itself.
//!
//! Invariant: a text is given only where every byte of it follows from the line.

use std::fmt::Write;

use super::decode;
use super::redirect::ENDLESS;
use super::source::setup_word;
use super::stream::Stream;
use crate::commands;
use crate::words::Word;

/// Programs that print what they get from another machine.
const DOWNLOADS: &[&str] = &[
    "curl", "wget", "http", "https", "xh", "curlie", "fetch", "lynx", "w3m", "links", "nc", "ncat", "netcat",
    "dig", "nslookup", "host", "telnet", "socat", "ftp", "tftp", "aria2c", "gsutil", "s3cmd", "ssh", "rsh",
];

/// What the command `words` prints when it reads `stdin`.
pub(super) fn printed(words: &[Word], stdin: &Stream, cwd: Option<&str>) -> Stream {
    let Some((program, operands)) = words.split_first().filter(|(program, _)| program.literal) else {
        return Stream::Printed("a program that is not known".to_owned());
    };
    let name = program.text.rsplit('/').next().unwrap_or(&program.text);
    let constant = operands.iter().all(|word| word.literal && !(word.glob && name != "tr" && name != "sed"));
    if name == "echo" && !constant {
        return Stream::Partly(echo(operands));
    }
    if constant && let Some(text) = own(name, operands, cwd) {
        return Stream::Text(text);
    }
    if constant && let Some(stream) = filtered(name, operands, stdin) {
        return stream;
    }
    if let Some(inner) = commands::behind(words) {
        return printed(inner, stdin, cwd);
    }
    let downloads = DOWNLOADS.contains(&name)
        && !operands.iter().any(|word| matches!(word.text.as_str(), "-I" | "--head"));
    if downloads || *stdin == Stream::Download {
        return Stream::Download;
    }
    // What reads a device without an end prints without one.
    let endless = |word: &&Word| ENDLESS.contains(&word.text.as_str());
    if let Some(device) =
        operands.iter().find(endless).filter(|_| !matches!(name, "head" | "dd" | "echo" | "printf"))
    {
        return Stream::File(device.text.clone());
    }
    match setup_word(operands.iter().map(|word| word.text.as_str())) {
        Some(word) => Stream::Printed(format!("{name} {word}")),
        None => Stream::Printed(name.to_owned()),
    }
}

/// What a program prints by its words alone.
fn own(name: &str, words: &[Word], cwd: Option<&str>) -> Option<String> {
    let operand = |at: usize| words.get(at).map(|word| word.text.as_str());
    let last = || words.iter().rfind(|word| !word.text.starts_with('-')).map(|word| word.text.as_str());
    match name {
        "echo" => Some(echo(words)),
        "printf" => printf(words),
        "true" | ":" | "false" | "sleep" | "cd" | "mkdir" | "touch" | "test" | "[" | "wait" => {
            Some(String::new())
        }
        "pwd" => cwd.map(|cwd| format!("{cwd}\n")),
        "mktemp" => Some(match words.iter().find(|word| !word.text.starts_with('-')) {
            Some(template) if template.text.starts_with('/') => format!("{}\n", template.text),
            _ => "/tmp/tmp.XXXXXXXXXX\n".to_owned(),
        }),
        "which" | "type" | "whereis" => last()
            .map(|name| if name.contains('/') { format!("{name}\n") } else { format!("/usr/bin/{name}\n") }),
        "command" if matches!(operand(0), Some("-v" | "-V")) => operand(1).map(|name| format!("{name}\n")),
        "basename" if words.len() <= 2 => {
            let base = operand(0)?.trim_end_matches('/').rsplit('/').next()?;
            Some(format!("{}\n", base.strip_suffix(operand(1).unwrap_or_default()).unwrap_or(base)))
        }
        "dirname" if words.len() == 1 => {
            let dir = operand(0)?.trim_end_matches('/').rsplit_once('/').map_or(".", |(dir, _)| dir);
            Some(format!("{}\n", if dir.is_empty() { "/" } else { dir }))
        }
        "yes" if !words.is_empty() => Some(format!("{}\n", operand(0).unwrap_or("y"))),
        _ => None,
    }
}

fn echo(words: &[Word]) -> String {
    let is_option = |text: &str| {
        text.strip_prefix('-')
            .is_some_and(|letters| !letters.is_empty() && letters.chars().all(|c| "neE".contains(c)))
    };
    let options = words.iter().take_while(|word| is_option(&word.text)).count();
    let has = |letter: char| words.iter().take(options).any(|word| word.text.contains(letter));
    let texts: Vec<&str> = words.iter().skip(options).map(|word| word.text.as_str()).collect();
    let text = texts.join(" ");
    let (mut text, ended) = if has('e') { escapes(&text, Escapes::Echo) } else { (text, false) };
    if !has('n') && !ended {
        text.push('\n');
    }
    text
}

/// Which escapes a backslash begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// `echo -e`, `printf %b`: an octal number begins with `0`.
    Echo,
    /// The format of printf, `$'…'`.
    Ansi,
}

/// `text` with its escapes undone, and whether `\c` ended it.
pub(super) fn escapes(text: &str, which: Escapes) -> (String, bool) {
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, most: usize| {
        let mut value: Option<u32> = None;
        for _ in 0..most {
            let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else { break };
            value = Some(value.unwrap_or(0) * radix + digit);
            chars.next();
        }
        value
    };
    while let Some(c) = chars.next() {
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let low = |value: u32| u8::try_from(value & 0xff).unwrap_or(b'?');
        match chars.next() {
            Some('n') => bytes.push(b'\n'),
            Some('t') => bytes.push(b'\t'),
            Some('r') => bytes.push(b'\r'),
            Some('a') => bytes.push(7),
            Some('b') => bytes.push(8),
            Some('f') => bytes.push(12),
            Some('v') => bytes.push(11),
            Some('e' | 'E') => bytes.push(27),
            Some('\\') | None => bytes.push(b'\\'),
            Some('c') if which == Escapes::Echo => {
                return (String::from_utf8_lossy(&bytes).into_owned(), true);
            }
            Some('x') => match number(&mut chars, 16, 2) {
                Some(value) => bytes.push(low(value)),
                None => bytes.extend_from_slice(b"\\x"),
            },
            Some(letter @ ('u' | 'U')) => {
                let value = number(&mut chars, 16, if letter == 'u' { 4 } else { 8 });
                let c = value.and_then(char::from_u32).unwrap_or('?');
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Some('0') => bytes.push(low(number(&mut chars, 8, 3).unwrap_or(0))),
            Some(digit @ '1'..='7') => {
                let first = digit.to_digit(8).unwrap_or(0);
                let mut value = first;
                for _ in 0..2 {
                    let Some(more) = chars.peek().and_then(|c| c.to_digit(8)) else { break };
                    value = value * 8 + more;
                    chars.next();
                }
                bytes.push(low(value));
            }
            Some(quote @ ('\'' | '"' | '?')) if which == Escapes::Ansi => {
                bytes.extend_from_slice(quote.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Some(other) => {
                bytes.push(b'\\');
                bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    (String::from_utf8_lossy(&bytes).into_owned(), false)
}

/// printf with constant words. `None` where its format holds what is not known here.
pub(super) fn printf(words: &[Word]) -> Option<String> {
    let words = match words.first()?.text.as_str() {
        "--" => words.get(1..)?,
        option if option.starts_with('-') => return None,
        _ => words,
    };
    let (format, words) = words.split_first()?;
    let text: fn(&Word) -> &str = |word| word.text.as_str();
    let mut words = words.iter().map(text);
    let mut out = String::new();
    loop {
        let before = words.len();
        once(&format.text, &mut words, &mut out)?;
        let taken = before - words.len();
        if words.len() == 0 || taken == 0 || out.len() > decode::LONGEST {
            return Some(out);
        }
    }
}

type Words<'w> = std::iter::Map<std::slice::Iter<'w, Word>, fn(&Word) -> &str>;

/// The format from its beginning to its end.
fn once(format: &str, words: &mut Words<'_>, out: &mut String) -> Option<()> {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&escapes(&rest[..at], Escapes::Ansi).0);
        rest = &rest[at + 1..];
        let wide = rest.len() - rest.trim_start_matches(|c: char| "-+ #0.123456789".contains(c)).len();
        let letter = rest[wide..].chars().next()?;
        let number = |text: &str| -> Option<u64> {
            if let Some(quoted) = text.strip_prefix(['\'', '"']) {
                return quoted.chars().next().map(|c| u64::from(u32::from(c)));
            }
            match (text.strip_prefix("0x"), text.strip_prefix('0').filter(|rest| !rest.is_empty())) {
                (Some(hex), _) => u64::from_str_radix(hex, 16).ok(),
                (None, Some(octal)) => u64::from_str_radix(octal, 8).ok(),
                _ => text.parse().ok(),
            }
        };
        match letter {
            '%' => out.push('%'),
            's' | 'q' => {
                let text = words.next().unwrap_or_default();
                let most = rest[..wide].strip_prefix('.').and_then(|most| most.parse::<usize>().ok());
                out.extend(text.chars().take(most.unwrap_or(usize::MAX)));
            }
            'b' => out.push_str(&escapes(words.next().unwrap_or_default(), Escapes::Echo).0),
            'c' => out.extend(words.next().unwrap_or_default().chars().next()),
            'd' | 'i' | 'u' => out.push_str(&number(words.next().unwrap_or("0"))?.to_string()),
            'x' => _ = write!(out, "{:x}", number(words.next().unwrap_or("0"))?),
            'X' => _ = write!(out, "{:X}", number(words.next().unwrap_or("0"))?),
            'o' => {
                let value = number(words.next().unwrap_or("0"))?;
                let width = rest[..wide].trim_start_matches('0').parse::<usize>().unwrap_or(0).min(16);
                _ = write!(out, "{value:0width$o}");
            }
            _ => return None,
        }
        rest = &rest[wide + letter.len_utf8()..];
    }
    out.push_str(&escapes(rest, Escapes::Ansi).0);
    Some(())
}

/// What a filter makes of what it reads. `None`: it is no filter that is known here, or not with these words.
fn filtered(name: &str, words: &[Word], stdin: &Stream) -> Option<Stream> {
    let has = |options: &[&str]| words.iter().any(|word| options.contains(&word.text.as_str()));
    let text = |change: &dyn Fn(&str) -> Option<String>| match stdin {
        Stream::Text(text) => change(text).map(Stream::Text),
        Stream::Partly(text) if matches!(name, "head" | "sed") => change(text).map(Stream::Partly),
        _ => None,
    };
    let operands: Vec<&str> = words
        .iter()
        .map(|word| word.text.as_str())
        .filter(|text| !text.starts_with('-') || *text == "-")
        .collect();
    let from_stdin = operands.iter().all(|operand| matches!(*operand, "-" | "/dev/stdin"));
    match name {
        "cat" | "tac" | "tee" | "pv" | "sponge" | "unbuffer" | "sort" | "uniq" | "zcat" | "dos2unix"
            if name == "tee" || from_stdin =>
        {
            match stdin {
                Stream::Text(text) if name == "tac" => Some(Stream::Text(decode::lines_reversed(text))),
                Stream::Text(_) if matches!(name, "sort" | "uniq" | "zcat") => None,
                other => Some(other.clone()),
            }
        }
        "cat" if operands == ["/dev/null"] => Some(Stream::nothing()),
        "cat" | "bat" | "batcat" if operands.len() == 1 => {
            operands.first().map(|name| Stream::File((*name).to_owned()))
        }
        "base64" | "gbase64"
            if from_stdin && has(&["-d", "-D", "--decode", "-di", "-id", "--d", "--dec"]) =>
        {
            text(&decode::base64)
        }
        "base32" if from_stdin && has(&["-d", "-D", "--decode"]) => text(&decode::base32),
        "openssl" if has(&["-d"]) && (has(&["base64", "-base64", "-a"])) => text(&decode::base64),
        "rev" if from_stdin => text(&|text| Some(text.split_inclusive('\n').map(decode::reversed).collect())),
        "tr" => text(&|text| decode::tr(text, words)),
        "sed" => text(&|text| decode::sed(text, words)),
        "xxd" if from_stdin && has(&["-r", "-rp", "-pr", "-ps"]) => text(&decode::hex),
        "head" | "tail" | "cut" | "awk" | "gawk" | "mawk" => text(&|text| decode::part(name, text, words)),
        "xargs" if words.is_empty() || operands == ["echo"] => {
            text(&|text| Some(format!("{}\n", text.split_whitespace().collect::<Vec<_>>().join(" "))))
        }
        _ => None,
    }
}
