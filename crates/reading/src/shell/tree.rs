//! The first reader: the script's tree by the grammar of bash, walked without recursion.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::ControlFlow;

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};
use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

use crate::commands::{self, Place};
use crate::findings::Found;
use crate::words::{Word, absolute, quoted};
use crate::{Findings, HEREDOC_DELIMITER_BYTES, HEREDOCS, NODES, PARSER_STEPS, PARSER_STEPS_IN_ERROR, paths};

thread_local! {
    /// A parser keeps its stacks between parses; making one costs more than a short parse.
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// The tree of `script`; `None` where the parser was given up.
fn parse(script: &str) -> Option<Tree> {
    PARSER.with(|cell| {
        let mut slot = cell.try_borrow_mut().ok()?;
        if slot.is_none() {
            let mut parser = Parser::new();
            parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
            *slot = Some(parser);
        }
        let parser = slot.as_mut()?;
        let (mut steps, mut steps_in_error) = (0, 0);
        let mut count = |state: &ParseState| {
            steps += 1;
            steps_in_error += usize::from(state.has_error());
            if steps > PARSER_STEPS || steps_in_error > PARSER_STEPS_IN_ERROR {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let bytes = only_ascii(script);
        let options = ParseOptions::new().progress_callback(&mut count);
        let tree =
            parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })
}

/// `script` as the parser gets it: what is not ASCII, and every control character but newline and tab, is a letter to
/// bash, and the parser's own tables of letters do not reach so far. Every byte keeps its place.
fn only_ascii(script: &str) -> Cow<'_, [u8]> {
    let odd = |b: u8| !matches!(b, b'\n' | b'\t' | b' '..=b'~');
    if !script.bytes().any(odd) {
        return Cow::Borrowed(script.as_bytes());
    }
    script.bytes().map(|b| if odd(b) { b'x' } else { b }).collect()
}

/// Whether `b` is one of the signs by which parts of a script can stand in one another.
pub(super) const fn is_sign(b: u8) -> bool {
    matches!(
        b,
        b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'`' | b'|' | b'<' | b'>' | b'$' | b'&' | b'=' | b'!'
    )
}

/// Whether every here-document is one that the parser can keep in its memory of fixed size.
fn heredocs_fit(script: &str) -> bool {
    let mut found = 0;
    let mut rest = script;
    while let Some(at) = rest.find("<<") {
        rest = rest[at + 2..].trim_start_matches(['-', '<']);
        let delimiter = rest.trim_start();
        let long = match delimiter.chars().next() {
            Some(quote @ ('\'' | '"')) => delimiter[1..].find([quote, '\n']).unwrap_or(delimiter.len()),
            _ => delimiter.find(char::is_whitespace).unwrap_or(delimiter.len()),
        };
        found += 1;
        let escapes = delimiter.get(..long).is_none_or(|word| word.contains('\\'));
        if found > HEREDOCS || long > HEREDOC_DELIMITER_BYTES || escapes {
            return false;
        }
    }
    true
}

/// Reads every command in the script, wherever it stands. Gives the words of each in order, if the script is built of
/// nothing but plain commands in lists and pipelines.
pub(super) fn read(script: &str, place: &Place<'_>, findings: &mut Findings) -> Option<Vec<Vec<String>>> {
    if !heredocs_fit(script) {
        let why = format!("it has more than {HEREDOCS} here-documents, or one with an odd end");
        super::given_up(script, why, findings);
        return None;
    }
    let Some(tree) = parse(script) else {
        super::given_up(script, "it takes the parser too long".to_owned(), findings);
        return None;
    };
    if tree.root_node().has_error() {
        findings.unread("the whole", "it is not a command line that the grammar of bash knows", None);
    }
    let mut walk = Walk {
        script,
        cwd: place.cwd.map(str::to_owned),
        moved: false,
        place,
        findings,
        plain: true,
        commands: Vec::new(),
        certain: Vec::new(),
    };
    walk.run(&tree);
    walk.plain.then_some(walk.commands)
}

struct Walk<'a> {
    script: &'a str,
    /// The folder that the next command runs in, where it is known.
    cwd: Option<String>,
    /// Whether a `cd` of the present statement set it.
    moved: bool,
    /// Where the script runs.
    place: &'a Place<'a>,
    findings: &'a mut Findings,
    plain: bool,
    commands: Vec<Vec<String>>,
    /// For every node around the present one: whether it and all above it run their commands one after the other and
    /// only while all goes well.
    certain: Vec<bool>,
}

impl Walk<'_> {
    fn run(&mut self, tree: &Tree) {
        let mut cursor = tree.walk();
        let mut nodes = 0_usize;
        loop {
            nodes += 1;
            if nodes > NODES {
                self.findings.unread("the rest", format!("the tree has more than {NODES} nodes"), None);
                self.plain = false;
                return;
            }
            if self.certain.len() == 1 && self.moved {
                // The `cd` before may have failed: from here on nobody knows the folder.
                (self.cwd, self.moved) = (None, false);
            }
            let node = cursor.node();
            self.node(node);
            let certain = self.certain.last().is_none_or(|above| *above) && is_certain(node);
            if cursor.goto_first_child() {
                self.certain.push(certain);
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                self.certain.pop();
            }
        }
    }

    fn node(&mut self, node: Node<'_>) {
        if !node.is_named() {
            if node.kind() == "&" {
                self.plain = false;
            }
            return;
        }
        match node.kind() {
            "command" => self.command(node),
            "file_redirect" => self.redirect(node),
            "program"
            | "list"
            | "pipeline"
            | "redirected_statement"
            | "command_name"
            | "word"
            | "string"
            | "string_content"
            | "raw_string"
            | "concatenation"
            | "number"
            | "comment"
            | "file_descriptor" => {}
            // Every command in these is met by the walk itself; they only keep the whole from being plain.
            "if_statement"
            | "elif_clause"
            | "else_clause"
            | "while_statement"
            | "for_statement"
            | "do_group"
            | "compound_statement"
            | "subshell"
            | "case_statement"
            | "case_item"
            | "negated_command"
            | "heredoc_redirect"
            | "heredoc_start"
            | "heredoc_body"
            | "heredoc_content"
            | "heredoc_end"
            | "herestring_redirect"
            | "variable_name"
            | "special_variable_name"
            | "test_command"
            | "simple_expansion" => self.plain = false,
            kind => {
                self.plain = false;
                let (what, span) = (self.text(node).to_owned(), Some(span(self.script, node)));
                self.findings.unread(&what, why_unread(kind), span);
            }
        }
    }

    fn text(&self, node: Node<'_>) -> &str {
        self.script.get(node.byte_range()).unwrap_or_default()
    }

    fn command(&mut self, node: Node<'_>) {
        let mut words = Vec::new();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "file_redirect" | "herestring_redirect" | "heredoc_redirect" | "variable_assignment" => {}
                "command_name" => {
                    let name = child.child(0).unwrap_or(child);
                    words.push(word(self.script, name));
                }
                _ => words.push(word(self.script, child)),
            }
        }
        if words.first().is_some_and(|name| name.literal && name.text == "cd") {
            self.change_folder(&words);
        } else {
            let place = Place { cwd: self.cwd.as_deref(), wrapped: 0, ..*self.place };
            commands::read(&words, Some(span(self.script, node)), &place, self.findings);
        }
        self.commands.push(words.into_iter().map(|word| word.text).collect());
    }

    /// `cd DIR`: what follows by `&&` runs there. Anything less certain leaves the folder unknown.
    fn change_folder(&mut self, words: &[Word]) {
        let [_, target] = words else {
            self.plain &= words.len() == 1;
            (self.cwd, self.moved) = (None, false);
            return;
        };
        if !target.is_known() {
            self.findings.unread(&target.text, "the folder is worked out only when it runs", target.span);
        }
        let certain =
            target.literal && !target.glob && target.text != "-" && self.certain.last() == Some(&true);
        self.cwd = certain
            .then(|| absolute(&target.text, self.cwd.as_deref()))
            .filter(|dir| dir.starts_with(['/', '~']));
        self.moved = true;
    }

    fn redirect(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let mut sign = "";
        let mut target = None;
        for child in node.children(&mut cursor) {
            match child.kind() {
                "file_descriptor" => {}
                kind if !child.is_named() && target.is_none() && sign.is_empty() => sign = kind,
                _ => target = Some(word(self.script, child)),
            }
        }
        let Some(target) = target else {
            self.plain &= false;
            return;
        };
        let to_descriptor =
            matches!(sign, ">&" | "<&") && target.text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if to_descriptor || matches!(target.text.as_str(), "/dev/null" | "/dev/stdout" | "/dev/stderr") {
            return;
        }
        let name = absolute(&target.text, self.cwd.as_deref());
        if !target.literal || target.glob {
            self.findings.unread(&target.text, "the file is worked out only when it runs", target.span);
        }
        if sign.starts_with('<') && !name.starts_with("/dev/tcp/") && !name.starts_with("/dev/udp/") {
            if let Some(what) = paths::secret(&name, target.glob) {
                self.findings.disclosed(name, what, target.span);
            }
            return;
        }
        self.plain = false;
        let shown = quoted(&target.text);
        let found = if name.starts_with("/dev/tcp/") || name.starts_with("/dev/udp/") {
            (Verb::Publish, Severity::Critical, format!("Open a connection to {shown}"))
        } else if name.starts_with("/dev/") && !name.starts_with("/dev/shm/") && name != "/dev/tty" {
            (Verb::Overwrite, Severity::Critical, format!("Write to the device {shown}"))
        } else if sign.ends_with(">>") {
            (Verb::Change, Severity::Low, format!("Append to {shown}"))
        } else {
            (Verb::Overwrite, Severity::High, format!("Overwrite {shown}"))
        };
        let (verb, severity, phrase) = found;
        let reversible = Reversible::Unknown;
        let kind = TargetKind::Path;
        self.findings.effect(Found { verb, kind, name, reversible, severity, phrase, span: target.span });
    }
}

/// Whether what follows a command in this node runs only if that command went well.
fn is_certain(node: Node<'_>) -> bool {
    match node.kind() {
        "program" => true,
        "list" => {
            let mut cursor = node.walk();
            node.children(&mut cursor).all(|child| child.is_named() || child.kind() == "&&")
        }
        _ => false,
    }
}

/// Where `node` stands, in whole characters.
fn span(script: &str, node: Node<'_>) -> Span {
    Span {
        start: script.floor_char_boundary(node.start_byte()),
        end: script.ceil_char_boundary(node.end_byte()),
    }
}

fn why_unread(kind: &str) -> &'static str {
    match kind {
        "command_substitution" | "process_substitution" => "what this prints is known only when it runs",
        "variable_assignment" | "variable_assignments" | "declaration_command" | "unset_command" => {
            "a variable that is changed can change what a program does"
        }
        "function_definition" => "a function can take the place of a program",
        "expansion" | "arithmetic_expansion" | "subscript" => "it is worked out only when it runs",
        "ERROR" => "the grammar does not know it",
        _ => "it is not read yet",
    }
}

/// The word at `node`, its quotes taken off as the shell does. Without recursion: what is nested deeper than a
/// quoted piece in a word is not literal anyway.
fn word(script: &str, node: Node<'_>) -> Word {
    let whole = span(script, node);
    let mut word = Word { text: String::new(), literal: true, glob: false, span: Some(whole) };
    if node.kind() == "concatenation" {
        let mut cursor = node.walk();
        let mut at = node.start_byte();
        for child in node.children(&mut cursor) {
            word.literal &= child.start_byte() == at;
            at = child.end_byte();
            piece(script, child, &mut word);
        }
        word.literal &= at == node.end_byte();
    } else {
        piece(script, node, &mut word);
    }
    if !word.literal {
        script.get(whole.start..whole.end).unwrap_or_default().clone_into(&mut word.text);
    }
    word
}

fn piece(script: &str, node: Node<'_>, word: &mut Word) {
    let Some(raw) = script.get(node.byte_range()) else {
        word.literal = false;
        return;
    };
    let inner = || raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    match node.kind() {
        "raw_string" => word.text.push_str(inner()),
        "string" => {
            let mut cursor = node.walk();
            word.literal &= node.named_children(&mut cursor).all(|child| child.kind() == "string_content");
            unescape(inner(), |c| matches!(c, '"' | '\\' | '$' | '`'), &mut word.text);
        }
        "number" if node.named_child_count() > 0 => word.literal = false,
        // Anonymous words (`==`, `$` by itself) and words proper.
        "word" | "number" | "==" | "=~" => {
            let braces = raw.contains('{') && (raw.contains(',') || raw.contains(".."));
            word.literal &= !braces && !raw.contains(['$', '`']);
            word.glob |= raw.contains(['*', '?', '[']);
            unescape(raw, |_| true, &mut word.text);
        }
        _ => word.literal = false,
    }
}

/// Takes the backslashes off before characters that `special` names; a backslash at a line's end joins the lines.
fn unescape(raw: &str, special: fn(char) -> bool, out: &mut String) {
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('\n') => {}
            Some(next) if special(next) => out.push(next),
            Some(next) => out.extend(['\\', next]),
            None => out.push('\\'),
        }
    }
}
