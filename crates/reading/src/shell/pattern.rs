//! Patterns of the shell (`*`, `?`, `[a-z]`), held against constant texts.

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Char(char),
    Any,
    One,
    Set { parts: Vec<(char, char)>, not: bool },
}

/// A pattern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    /// What stands since a `[`.
    bracket: Option<String>,
}

impl Pattern {
    /// Characters that mean themselves.
    pub(super) fn exactly(&mut self, text: &str) {
        match &mut self.bracket {
            Some(bracket) => bracket.push_str(text),
            None => self.parts.extend(text.chars().map(Part::Char)),
        }
    }

    /// `*`, `?`, `[` or `]`.
    pub(super) fn sign(&mut self, sign: &str) {
        for c in sign.chars() {
            match (&mut self.bracket, c) {
                (Some(bracket), ']') if !matches!(bracket.as_str(), "" | "!" | "^") => {
                    let set = set(bracket);
                    self.bracket = None;
                    self.parts.push(set);
                }
                (Some(bracket), c) => bracket.push(c),
                (None, '*') => self.parts.push(Part::Any),
                (None, '?') => self.parts.push(Part::One),
                (None, '[') => self.bracket = Some(String::new()),
                (None, c) => self.parts.push(Part::Char(c)),
            }
        }
    }

    /// A text whose signs mean what they mean.
    pub(super) fn open(&mut self, text: &str) {
        for c in text.chars() {
            if matches!(c, '*' | '?' | '[' | ']') {
                self.sign(c.encode_utf8(&mut [0; 4]));
            } else {
                self.exactly(c.encode_utf8(&mut [0; 4]));
            }
        }
    }

    /// Whole: a `[` that nothing closed means itself.
    pub(super) fn done(mut self) -> Self {
        if let Some(bracket) = self.bracket.take() {
            self.parts.push(Part::Char('['));
            self.parts.extend(bracket.chars().map(Part::Char));
        }
        self
    }

    /// The pattern that `text` is.
    pub(super) fn of(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.open(text);
        pattern.done()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) const fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether all of `text` fits.
    pub(super) fn fits(&self, text: &str) -> bool {
        self.ends(text).last() == Some(&text.len())
    }

    /// Where the beginnings of `text` end that fit, in order. In time of the product of both.
    fn ends(&self, text: &str) -> Vec<usize> {
        let mut states = vec![false; self.parts.len() + 1];
        states[0] = true;
        self.skip_any(&mut states);
        let mut ends = Vec::new();
        if states[self.parts.len()] {
            ends.push(0);
        }
        for (at, c) in text.char_indices() {
            let mut next = vec![false; self.parts.len() + 1];
            for (number, part) in self.parts.iter().enumerate().filter(|(number, _)| states[*number]) {
                match part {
                    Part::Any => next[number] = true,
                    part => next[number + 1] |= takes(part, c),
                }
            }
            self.skip_any(&mut next);
            if next[self.parts.len()] {
                ends.push(at + c.len_utf8());
            }
            if !next.contains(&true) {
                break;
            }
            states = next;
        }
        ends
    }

    fn skip_any(&self, states: &mut [bool]) {
        for (number, part) in self.parts.iter().enumerate() {
            states[number + 1] |= states[number] && *part == Part::Any;
        }
    }

    pub(super) fn without_prefix<'t>(&self, text: &'t str, longest: bool) -> &'t str {
        let ends = self.ends(text);
        let end = if longest { ends.last() } else { ends.first() };
        end.and_then(|end| text.get(*end..)).unwrap_or(text)
    }

    pub(super) fn without_suffix<'t>(&self, text: &'t str, longest: bool) -> &'t str {
        let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let fits = |at: &usize| text.get(*at..).is_some_and(|rest| self.fits(rest));
        let start = if longest { starts.find(fits) } else { starts.rev_find(fits) };
        start.and_then(|start| text.get(..start)).unwrap_or(text)
    }

    pub(super) fn replaced(&self, text: &str, with: &str, all: bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let end = self.ends(&text[at..]).last().copied().filter(|end| *end > 0);
            if let Some(end) = end {
                out.push_str(with);
                at += end;
                if !all {
                    break;
                }
            } else {
                out.push(c);
                at += c.len_utf8();
            }
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    pub(super) fn prefix_replaced(&self, text: &str, with: &str) -> String {
        match self.ends(text).last() {
            Some(end) => format!("{with}{}", text.get(*end..).unwrap_or_default()),
            None => text.to_owned(),
        }
    }

    pub(super) fn suffix_replaced(&self, text: &str, with: &str) -> String {
        let rest = self.without_suffix(text, true);
        if rest.len() < text.len() { format!("{rest}{with}") } else { text.to_owned() }
    }
}

/// `rev().find` for an iterator that is not its own reverse.
trait RevFind: Iterator {
    fn rev_find(self, fits: impl Fn(&Self::Item) -> bool) -> Option<Self::Item>;
}

impl<I: Iterator<Item = usize>> RevFind for I {
    fn rev_find(self, fits: impl Fn(&usize) -> bool) -> Option<usize> {
        self.collect::<Vec<_>>().into_iter().rev().find(fits)
    }
}

fn takes(part: &Part, c: char) -> bool {
    match part {
        Part::Char(own) => *own == c,
        Part::One => true,
        Part::Any => false,
        Part::Set { parts, not } => parts.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *not,
    }
}

/// What stands between `[` and `]`.
fn set(text: &str) -> Part {
    let (not, text) = match text.strip_prefix(['!', '^']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut parts = Vec::new();
    for (name, from, to) in [(":digit:", '0', '9'), (":lower:", 'a', 'z'), (":upper:", 'A', 'Z')] {
        if text.contains(name) {
            parts.push((from, to));
        }
    }
    if text.contains(":alpha:") || text.contains(":alnum:") {
        parts.extend([('a', 'z'), ('A', 'Z')]);
        parts.extend(text.contains(":alnum:").then_some(('0', '9')));
    }
    if text.contains(":space:") || text.contains(":blank:") {
        parts.extend([(' ', ' '), ('\t', '\n')]);
    }
    let chars: Vec<char> = if text.contains("[:") { Vec::new() } else { text.chars().collect() };
    let mut at = 0;
    while let Some(&from) = chars.get(at) {
        if let (Some('-'), Some(&to)) = (chars.get(at + 1), chars.get(at + 2)) {
            parts.push((from, to));
            at += 3;
        } else {
            parts.push((from, from));
            at += 1;
        }
    }
    Part::Set { parts, not }
}
