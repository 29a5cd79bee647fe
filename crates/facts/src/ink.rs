//! What each piece of a source text is, for its colour.
//!
//! Syntect's grammars are loaded for each file and dropped after it, in a thread of its own: loading takes two
//! milliseconds, while the compiled grammars of one language hold 10 MB that would stay with the tray for good. A
//! thread that ends gives its memory back as a whole.
//!
//! Invariant: colours are decoration. Where a grammar fails, takes too long, or the text is too large, the rest is
//! plain; the text itself never comes from here.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sayso_core::card::Ink;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use crate::limits;

/// For each line, by its number from 0, what its pieces are and how many bytes each takes.
pub(crate) type Colours = BTreeMap<usize, Vec<(Ink, usize)>>;

/// One side of a diff.
pub(crate) struct Wanted<'a> {
    pub(crate) text: &'a str,
    /// The lines to colour, in order.
    pub(crate) lines: Vec<Range<usize>>,
}

/// The language of the file `path` and the colours of both sides. `None` where the language is not known, the texts
/// are too large, or others are being coloured for too long.
pub(crate) fn colours(path: &Path, sides: [Wanted<'_>; 2]) -> Option<(String, [Colours; 2])> {
    if sides.iter().any(|side| side.text.len() > limits::COLOURED) {
        return None;
    }
    let until = Instant::now() + limits::COLOURING;
    let _turn = Turn::wait(until)?;
    let path = path.to_owned();
    let sides = sides.map(|side| (side.text.to_owned(), side.lines));
    let thread =
        std::thread::Builder::new().name("colours".to_owned()).spawn(move || coloured(&path, &sides, until));
    thread.ok()?.join().ok()?
}

/// One at a time: each holds those 10 MB.
struct Turn;

static TAKEN: Mutex<bool> = Mutex::new(false);
static FREE: Condvar = Condvar::new();

impl Turn {
    fn wait(until: Instant) -> Option<Self> {
        let time = until.saturating_duration_since(Instant::now());
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = FREE.wait_timeout_while(taken, time, |taken| *taken);
        let mut taken: MutexGuard<'_, bool> =
            waited.map_or_else(|poisoned| poisoned.into_inner().0, |(taken, _)| taken);
        if *taken {
            return None;
        }
        *taken = true;
        Some(Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = false;
        FREE.notify_one();
    }
}

fn coloured(
    path: &Path,
    sides: &[(String, Vec<Range<usize>>); 2],
    until: Instant,
) -> Option<(String, [Colours; 2])> {
    let grammars = two_face::syntax::extra_newlines();
    let grammar = sides.iter().rev().find_map(|(text, _)| grammar_of(&grammars, path, text))?;
    let reader = Reader { grammars: &grammars, grammar, inks: Inks::new(), until };
    let colours = [0, 1].map(|side: usize| reader.side(&sides[side].0, &sides[side].1));
    Some((grammar.name.clone(), colours))
}

struct Reader<'a> {
    grammars: &'a SyntaxSet,
    grammar: &'a SyntaxReference,
    inks: Inks,
    until: Instant,
}

impl Reader<'_> {
    fn side(&self, text: &str, ranges: &[Range<usize>]) -> Colours {
        let mut colours = Colours::new();
        let mut lines = text.split_inclusive('\n').enumerate().peekable();
        let mut state = ParseState::new(self.grammar);
        let mut stack = ScopeStack::new();
        for range in ranges {
            let start = range.start.saturating_sub(limits::COLOURED_BEFORE);
            if lines.peek().is_some_and(|(number, _)| *number < start) {
                while lines.next_if(|(number, _)| *number < start).is_some() {}
                (state, stack) = (ParseState::new(self.grammar), ScopeStack::new());
            }
            while let Some((number, line)) = lines.next_if(|(number, _)| *number < range.end) {
                if line.len() > limits::COLOURED_LINE || Instant::now() >= self.until {
                    return colours;
                }
                let Some(pieces) = self.line(line, &mut state, &mut stack) else { return colours };
                if number >= range.start {
                    colours.insert(number, pieces);
                }
            }
        }
        colours
    }

    fn line(&self, line: &str, state: &mut ParseState, stack: &mut ScopeStack) -> Option<Vec<(Ink, usize)>> {
        let mut pieces: Vec<(Ink, usize)> = Vec::new();
        let mut at = 0;
        for (start, change) in state.parse_line(line, self.grammars).ok()? {
            push(&mut pieces, self.inks.of(stack), start.saturating_sub(at));
            at = at.max(start);
            stack.apply(&change).ok()?;
        }
        push(&mut pieces, self.inks.of(stack), line.len().saturating_sub(at));
        Some(pieces)
    }
}

fn push(pieces: &mut Vec<(Ink, usize)>, ink: Ink, length: usize) {
    match pieces.last_mut() {
        _ if length == 0 => {}
        Some((last, taken)) if *last == ink => *taken += length,
        _ => pieces.push((ink, length)),
    }
}

fn grammar_of<'a>(grammars: &'a SyntaxSet, path: &Path, text: &str) -> Option<&'a SyntaxReference> {
    let name = path.file_name()?.to_str()?;
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let by_name = grammars.find_syntax_by_extension(name);
    let by_extension = || grammars.find_syntax_by_extension(extension).filter(|_| !extension.is_empty());
    let by_first_line = || {
        let first = text.lines().next().filter(|line| line.len() <= limits::COLOURED_LINE)?;
        grammars.find_syntax_by_first_line(first)
    };
    by_name.or_else(by_extension).or_else(by_first_line).filter(|grammar| grammar.name != "Plain Text")
}

/// Scopes by what they begin with, the first that fits.
struct Inks(Vec<(Scope, Ink)>);

impl Inks {
    fn new() -> Self {
        const TABLE: [(&str, Ink); 20] = [
            ("comment", Ink::Comment),
            ("punctuation.definition.comment", Ink::Comment),
            ("punctuation.definition.string", Ink::Text),
            ("punctuation", Ink::Punctuation),
            ("string", Ink::Text),
            ("constant.numeric", Ink::Number),
            ("constant.character", Ink::Text),
            ("constant.language", Ink::Keyword),
            ("constant", Ink::Number),
            ("keyword.operator", Ink::Punctuation),
            ("keyword", Ink::Keyword),
            ("storage", Ink::Keyword),
            ("entity.name.tag", Ink::Keyword),
            ("entity", Ink::Name),
            ("support", Ink::Name),
            ("variable.function", Ink::Name),
            ("variable.language", Ink::Keyword),
            ("markup.heading", Ink::Keyword),
            ("markup.raw", Ink::Text),
            ("invalid", Ink::Plain),
        ];
        Self(TABLE.iter().filter_map(|(name, ink)| Some((Scope::new(name).ok()?, *ink))).collect())
    }

    /// The ink of the innermost scope that has one.
    fn of(&self, stack: &ScopeStack) -> Ink {
        let of =
            |scope: &Scope| self.0.iter().find(|(start, _)| start.is_prefix_of(*scope)).map(|(_, ink)| *ink);
        stack.as_slice().iter().rev().find_map(of).unwrap_or(Ink::Plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str, lines: usize) -> [Wanted<'_>; 2] {
        let lines = std::iter::once(0..lines).collect();
        [Wanted { text: "", lines: Vec::new() }, Wanted { text, lines }]
    }

    fn pieces(name: &str, line: &str) -> Vec<(Ink, String)> {
        let (_, [_, colours]) = colours(Path::new(name), both(line, 1)).unwrap();
        let mut at = 0;
        let mut cut = |length: usize| {
            at += length;
            line[at - length..at].to_owned()
        };
        colours[&0].iter().map(|(ink, length)| (*ink, cut(*length))).collect()
    }

    #[test]
    fn a_line_comes_back_whole_and_in_its_languages_colours() {
        for (name, line) in [
            ("a.rs", "let x = \"é\"; // y\n"),
            ("a.ts", "const x: string = `a${1}`;\n"),
            ("Cargo.toml", "[a]\n"),
            ("Dockerfile", "FROM debian\n"),
        ] {
            let pieces = pieces(name, line);
            assert_eq!(pieces.iter().map(|(_, text)| text.as_str()).collect::<String>(), line);
            assert!(pieces.iter().any(|(ink, _)| *ink != Ink::Plain), "{name}: {pieces:?}");
        }
        let rust = pieces("a.rs", "let x = \"é\"; // y\n");
        assert!(rust.contains(&(Ink::Keyword, "let".to_owned())), "{rust:?}");
        assert!(rust.contains(&(Ink::Text, "\"é\"".to_owned())), "{rust:?}");
        assert!(rust.iter().any(|(ink, text)| *ink == Ink::Comment && text.contains("// y")), "{rust:?}");
    }

    #[test]
    fn what_has_no_grammar_or_is_too_large_is_plain() {
        assert_eq!(colours(Path::new("a.unheard"), both("x\n", 1)), None);
        let large = "x".repeat(limits::COLOURED + 1);
        assert_eq!(colours(Path::new("a.rs"), both(&large, 1)), None);
        let long = format!("let x = 1;\n{}\nlet y = 2;\n", "z".repeat(limits::COLOURED_LINE + 1));
        let (_, [_, colours]) = colours(Path::new("a.rs"), both(&long, 3)).unwrap();
        assert_eq!(colours.len(), 1);
    }

    #[test]
    fn far_into_a_file_only_the_lines_around_are_read() {
        let text = "let x = 1;\n".repeat(5000) + "// here\n";
        let mut sides = both(&text, 2);
        sides[1].lines.push(4999..5001);
        let (_, [_, colours]) = colours(Path::new("a.rs"), sides).unwrap();
        assert_eq!(colours.keys().copied().collect::<Vec<_>>(), [0, 1, 4999, 5000]);
        assert_eq!(colours[&5000][0].0, Ink::Comment);
    }
}
