//! The second reader: takes a script apart that is nothing but plain words, and gives up on everything else.
//!
//! It knows blanks, the three quotes, `&&`, `||`, `;`, `|`, newlines, comments and three redirections. A script that
//! holds any other sign with a meaning is not plain, whatever it means there.

/// The words of every command in order, quotes taken off; `None` where the script is more than plain words.
pub(super) fn plain(script: &str) -> Option<Vec<Vec<String>>> {
    let mut lexer =
        Lexer { bytes: script.as_bytes(), text: script, at: 0, commands: Vec::new(), words: Vec::new() };
    lexer.run()?;
    Some(lexer.commands)
}

struct Lexer<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    commands: Vec<Vec<String>>,
    words: Vec<String>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Option<()> {
        while let Some(&b) = self.bytes.get(self.at) {
            match b {
                b' ' | b'\t' => self.at += 1,
                b'#' => self.at += self.rest().iter().take_while(|b| **b != b'\n').count(),
                b'&' | b'|' if self.rest().get(1) == Some(&b) => self.end(2),
                b'\n' | b';' | b'|' => self.end(1),
                b'<' | b'>' => self.redirection()?,
                b'0'..=b'2' if self.is_descriptor() => {
                    self.at += 1;
                    self.redirection()?;
                }
                _ => {
                    let word = self.word()?;
                    self.words.push(word);
                }
            }
        }
        self.end(0);
        Some(())
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Ends a command, and steps over what ended it.
    fn end(&mut self, sign: usize) {
        self.at += sign;
        let words = std::mem::take(&mut self.words);
        if !words.is_empty() {
            self.commands.push(words);
        }
    }

    fn is_descriptor(&self) -> bool {
        matches!(self.rest().get(1), Some(b'<' | b'>'))
    }

    /// `>/dev/null`, `>&1`, `</dev/null`, `< file`; nothing else.
    fn redirection(&mut self) -> Option<()> {
        let rest = self.rest();
        let input = rest.first() == Some(&b'<');
        if !input && rest.get(1) == Some(&b'&') && matches!(rest.get(2), Some(b'1' | b'2')) {
            let ends = rest.get(3).is_none_or(|b| matches!(b, b' ' | b'\t' | b'\n' | b';' | b'|' | b'&'));
            self.at += 3;
            return ends.then_some(());
        }
        self.at += 1;
        self.at += self.rest().iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let target = self.word()?;
        (input || target == "/dev/null").then_some(())
    }

    fn word(&mut self) -> Option<String> {
        let mut word = String::new();
        let start = self.at;
        while let Some(&b) = self.bytes.get(self.at) {
            match b {
                b' ' | b'\t' | b'\n' | b';' | b'|' | b'<' | b'>' | b'&' => break,
                b'\'' => {
                    let inner = self.quoted(b'\'')?;
                    word.push_str(inner);
                }
                b'"' => {
                    let inner = self.quoted(b'"')?;
                    // An escape in double quotes would have to be taken off as the shell does; none is plain.
                    if inner.contains(['$', '`', '\\', '!']) {
                        return None;
                    }
                    word.push_str(inner);
                }
                // Variables, substitutions, groups, escapes, braces, history, and any control character.
                b'$' | b'`' | b'(' | b')' | b'{' | b'}' | b'\\' | b'!' | 0..=31 | 127 => return None,
                _ => {
                    let long = self.rest().iter().take_while(|b| is_plain(**b)).count().max(1);
                    word.push_str(self.text.get(self.at..self.at + long)?);
                    self.at += long;
                }
            }
        }
        (self.at > start).then_some(word)
    }

    /// The text up to the next `quote`, and steps over both.
    fn quoted(&mut self, quote: u8) -> Option<&str> {
        let start = self.at + 1;
        let long = self.bytes.get(start..)?.iter().position(|b| *b == quote)?;
        self.at = start + long + 1;
        self.text.get(start..start + long)
    }
}

/// Bytes that mean themselves in a word; of other scripts all.
const fn is_plain(b: u8) -> bool {
    b >= 128
        || b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'_' | b'-'
                | b'.'
                | b'/'
                | b','
                | b':'
                | b'='
                | b'+'
                | b'@'
                | b'%'
                | b'^'
                | b'*'
                | b'?'
                | b'['
                | b']'
                | b'~'
                | b'#'
        )
}
