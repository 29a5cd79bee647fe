//! Programs that run a command on each of what they find or read: `find -exec`, `fd -x`, `xargs`, `parallel`.
//!
//! What they run it on is known only where their input is constant; otherwise it is a word that nobody knows.

use super::super::{Call, Place, Stdin, find};
use super::{joined, script, table};
use crate::Findings;
use crate::words::Word;

/// Calls that one constant input makes. The rest is unread.
const CALLS: usize = 64;
/// Words that are put behind one call.
const ITEMS: usize = 256;
/// What stands in a script for what is not known; a shell sees a variable that nobody set.
const ITEM: &str = "$_ITEM";

/// A word for what is not known.
fn unknown(shown: &str, like: Option<&Word>) -> Word {
    Word { text: shown.to_owned(), literal: false, glob: false, span: like.and_then(|word| word.span) }
}

/// `word` with `sign` replaced. In a script for a shell what is not known becomes a variable.
fn filled(word: &Word, sign: &str, item: Option<&str>) -> Word {
    if sign.is_empty() || !word.text.contains(sign) {
        return word.clone();
    }
    match item {
        Some(item) => Word { text: word.text.replace(sign, item), ..word.clone() },
        None if word.text == sign => Word { literal: false, ..word.clone() },
        None => {
            let quoted = format!("\"{ITEM}\"");
            let script = word.text.contains(char::is_whitespace);
            let text = word.text.replace(sign, if script { &quoted } else { ITEM });
            // A script with a variable in it is a script all the same.
            Word { text, literal: script && word.literal, ..word.clone() }
        }
    }
}

/// `find … -exec CMD {} \;`. Whether it was more than a look.
pub(super) fn find(call: &Call<'_>, findings: &mut Findings) -> bool {
    let changes = find::changes(call, findings);
    let item = find::remade_item(call.words);
    let mut rest = call.words;
    let mut runs = false;
    while let Some(at) = rest.iter().position(|word| find::RUNS.contains(&word.text.as_str())) {
        runs = true;
        rest = rest.get(at + 1..).unwrap_or_default();
        let end = rest.iter().position(|word| matches!(word.text.as_str(), ";" | "+")).unwrap_or(rest.len());
        let words: Vec<Word> = rest[..end].iter().map(|word| filled(word, "{}", item.as_deref())).collect();
        super::super::read(&words, call.span, &call.place.inside(), findings);
        rest = rest.get(end..).unwrap_or_default();
    }
    changes || runs
}

/// `fd PATTERN -x CMD`.
pub(super) fn fd(call: &Call<'_>, findings: &mut Findings) {
    let runs = |word: &Word| matches!(word.text.as_str(), "-x" | "-X" | "--exec" | "--exec-batch");
    let Some(at) = call.words.iter().position(runs) else { return findings.reads(call.name) };
    let words = call.words.get(at + 1..).unwrap_or_default();
    let end = words.iter().position(|word| word.text == ";").unwrap_or(words.len());
    let mut inner: Vec<Word> = words[..end].iter().map(|word| filled(word, "{}", None)).collect();
    if !words[..end].iter().any(|word| word.text.contains('{')) {
        inner.push(unknown("{}", words.first()));
    }
    super::super::read(&inner, call.span, &call.place.inside(), findings);
}

/// `xargs CMD`, with its input where that is constant.
pub(super) fn xargs(call: &Call<'_>, findings: &mut Findings) {
    let start = table::start(call.words, &table::XARGS);
    let (options, inner) = call.words.split_at(start.min(call.words.len()));
    let Some(first) = inner.first() else { return findings.reads(call.name) };
    let sign = replaced(options);
    let one = options.iter().any(|word| matches!(word.text.as_str(), "-n1" | "--max-args=1"))
        || options
            .windows(2)
            .any(|pair| matches!(pair[0].text.as_str(), "-n" | "--max-args") && pair[1].text == "1");
    let lines = options
        .iter()
        .any(|word| word.text.starts_with("-L") || word.text.starts_with("--max-lines") || word.text == "-l");
    let place = Place { stdin: Stdin::Text(""), ..call.place.inside() };
    let run =
        |words: &[Word], findings: &mut Findings| super::super::read(words, call.span, &place, findings);
    let items = match call.place.stdin {
        Stdin::Text(text) if !options.iter().any(|word| word.text.starts_with("-a")) => {
            Some(items(text, options, sign.is_some()))
        }
        _ => None,
    };
    match (items, sign) {
        (None, Some(sign)) => {
            let words: Vec<Word> = inner.iter().map(|word| filled(word, &sign, None)).collect();
            run(&words, findings);
        }
        (None, None) => {
            let mut words = inner.to_vec();
            words.push(unknown("what it reads", Some(first)));
            run(&words, findings);
        }
        (Some(items), Some(sign)) => {
            for item in items.iter().take(CALLS) {
                let known = (!is_open(item)).then_some(item.as_str());
                let words: Vec<Word> = inner.iter().map(|word| filled(word, &sign, known)).collect();
                run(&words, findings);
            }
        }
        (Some(_), None) if lines => {
            let Stdin::Text(text) = call.place.stdin else { return };
            for line in text.lines().take(CALLS) {
                let mut words = inner.to_vec();
                let more = line.split_whitespace().take(ITEMS);
                words.extend(more.map(|item| Word {
                    literal: !is_open(item),
                    span: first.span,
                    ..Word::plain(item)
                }));
                run(&words, findings);
            }
        }
        (Some(items), None) => {
            let like = |item: &String| Word {
                text: item.clone(),
                literal: !is_open(item),
                glob: false,
                span: first.span,
            };
            let size = if one { 1 } else { ITEMS };
            for chunk in items.chunks(size).take(CALLS) {
                let mut words = inner.to_vec();
                words.extend(chunk.iter().map(like));
                run(&words, findings);
            }
            if items.is_empty() {
                run(inner, findings);
            }
        }
    }
}

/// Whether an item holds what is not known.
fn is_open(item: &str) -> bool {
    item.contains(['$', '`'])
}

/// The text that stands for the input.
fn replaced(options: &[Word]) -> Option<String> {
    let mut words = options.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if let Some(value) = text.strip_prefix("--replace") {
            return Some(
                value.strip_prefix('=').filter(|value| !value.is_empty()).unwrap_or("{}").to_owned(),
            );
        }
        if text.starts_with("--") {
            continue;
        }
        let Some(letters) = text.strip_prefix('-') else { continue };
        if let Some((_, value)) = letters.split_once(['I', 'J']) {
            return if value.is_empty() {
                words.next().map(|word| word.text.clone())
            } else {
                Some(value.to_owned())
            };
        }
        if let Some((before, value)) = letters.split_once('i')
            && before.chars().all(|c| "0rtpx".contains(c))
        {
            return Some(if value.is_empty() { "{}".to_owned() } else { value.to_owned() });
        }
    }
    None
}

/// What xargs makes of a text: words, or lines where it replaces or has a separator of its own.
fn items(text: &str, options: &[Word], lines: bool) -> Vec<String> {
    let mut separator = None;
    let mut words = options.iter();
    while let Some(word) = words.next() {
        let value = match word.text.as_str() {
            "-0" | "--null" => Some("\0".to_owned()),
            "-d" | "--delimiter" => words.next().map(|word| word.text.clone()),
            other => {
                other.strip_prefix("-d").or_else(|| other.strip_prefix("--delimiter=")).map(str::to_owned)
            }
        };
        separator = value.or(separator);
    }
    let separator = separator.map(|value| match value.as_str() {
        "\\n" => "\n".to_owned(),
        "\\0" => "\0".to_owned(),
        "\\t" => "\t".to_owned(),
        _ => value,
    });
    match separator {
        Some(separator) if !separator.is_empty() => text
            .split(&separator)
            .map(|item| item.trim_end_matches('\n').to_owned())
            .filter(|item| !item.is_empty())
            .collect(),
        _ if lines => {
            text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
        }
        _ => fields(text),
    }
}

/// Words in quotes and with backslashes, as xargs takes them.
fn fields(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut open = false;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (quote, open) = (Some(c), true),
            (None, '\\') => {
                word.extend(chars.next());
                open = true;
            }
            (None, c) if c.is_whitespace() => {
                if open {
                    out.push(std::mem::take(&mut word));
                }
                open = false;
            }
            (None, c) => {
                word.push(c);
                open = true;
            }
        }
    }
    if open {
        out.push(word);
    }
    out
}

/// `parallel CMD ::: a b`: CMD is a line for a shell; without one each input is.
pub(super) fn parallel(call: &Call<'_>, findings: &mut Findings) {
    let start = table::start(call.words, &table::PARALLEL);
    let words = call.words.get(start..).unwrap_or_default();
    let is_source = |word: &Word| matches!(word.text.as_str(), ":::" | ":::+" | "::::" | "::::+");
    let end = words.iter().position(is_source).unwrap_or(words.len());
    let (command, sources) = words.split_at(end);
    let from_words =
        sources.first().is_some_and(|word| word.text.starts_with(":::") && !word.text.starts_with("::::"));
    let given: Vec<String> = match call.place.stdin {
        _ if from_words => {
            sources.iter().filter(|word| !is_source(word)).map(|word| word.text.clone()).collect()
        }
        Stdin::Text(text) if sources.is_empty() => text.lines().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let line = joined(command);
    let run = |text: &str, findings: &mut Findings| script(text, call.span, call.place, findings);
    if line.is_empty() {
        given.iter().take(CALLS).for_each(|text| run(text, findings));
        if given.is_empty() {
            super::shells::from_stdin(call, findings);
        }
        return;
    }
    let with = |item: &str| {
        let signs = ["{}", "{.}", "{/}", "{//}", "{/.}", "{1}", "{2}"];
        if signs.iter().any(|sign| line.contains(sign)) {
            signs.iter().fold(line.clone(), |line, sign| line.replace(sign, item))
        } else {
            format!("{line} {item}")
        }
    };
    if given.is_empty() {
        return run(&with(ITEM), findings);
    }
    given.iter().take(CALLS).for_each(|item| run(&with(item), findings));
}
