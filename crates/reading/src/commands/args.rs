//! Options and operands of a call, by the GNU conventions.

use crate::words::Word;

/// The words of a call, sorted. For programs that change something: whatever might be an option counts as one.
pub(super) struct Args<'a> {
    options: Vec<&'a str>,
    /// Values that stand in a word of their own, with their option's letter.
    values: Vec<(char, &'a Word)>,
    /// What is no option.
    pub(super) operands: Vec<&'a Word>,
}

impl<'a> Args<'a> {
    /// `valued` are the short options whose value is the next word.
    pub(super) fn of(words: &'a [Word], valued: &str) -> Self {
        let mut args = Self { options: Vec::new(), values: Vec::new(), operands: Vec::new() };
        let mut words = words.iter();
        let mut only_operands = false;
        while let Some(word) = words.next() {
            let option = !only_operands && word.text.len() > 1 && word.text.starts_with('-');
            if !option {
                args.operands.push(word);
            } else if word.literal && word.text == "--" {
                only_operands = true;
            } else {
                args.options.push(&word.text);
                let letter =
                    word.text.chars().last().filter(|c| !word.text.starts_with("--") && valued.contains(*c));
                if let Some((letter, value)) = letter.and_then(|letter| Some((letter, words.next()?))) {
                    args.values.push((letter, value));
                }
            }
        }
        args
    }

    /// Whether a short option stands anywhere, in a cluster too, or a long one, shortened too.
    pub(super) fn has(&self, short: &[char], long: &str) -> bool {
        self.options.iter().any(|option| match option.strip_prefix("--") {
            Some(name) => {
                let name = name.split('=').next().unwrap_or(name);
                name.len() >= 3 && long.starts_with(name)
            }
            None => option.contains(short),
        })
    }

    /// The value of an option: of its short form in the next word, of its long one behind `=`.
    pub(super) fn value(&self, short: char, long: &str) -> Option<&'a str> {
        let next =
            self.values.iter().find(|(letter, _)| *letter == short).map(|(_, word)| word.text.as_str());
        let own = |option: &&'a str| option.strip_prefix("--")?.strip_prefix(long)?.strip_prefix('=');
        next.or_else(|| self.options.iter().find_map(own))
    }
}
