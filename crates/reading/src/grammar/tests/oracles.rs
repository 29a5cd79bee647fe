//! Two parsers of others, and what they make of the same scripts.
//!
//! tree-sitter-bash sees into words; its trees are compared by the names of all commands. brush-parser keeps words as
//! they are written; its trees are compared by all words of the commands outside of words.

use brush_parser::ast;

use crate::grammar::parse;
use crate::grammar::tree::*;

/// Each simple command's words as they are written, in the order of the text. `inside`: those in words too.
pub(super) fn ours(text: &str, inside: bool) -> Vec<Vec<String>> {
    let mut seen = Seen { text, inside, commands: Vec::new() };
    seen.script(&parse(text).script);
    seen.commands.sort_by_key(|(start, _)| *start);
    seen.commands.into_iter().map(|(_, words)| words).collect()
}

struct Seen<'t> {
    text: &'t str,
    inside: bool,
    commands: Vec<(usize, Vec<String>)>,
}

impl Seen<'_> {
    fn script(&mut self, script: &Script) {
        for item in &script.items {
            for pipeline in std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline))
            {
                pipeline.commands.iter().for_each(|command| self.command(command));
            }
        }
    }

    fn command(&mut self, command: &Command) {
        command.redirects.iter().filter_map(Redirect::word).for_each(|word| self.word(word));
        match &command.kind {
            Kind::Simple(simple) => {
                for assignment in &simple.assignments {
                    assignment.index.iter().for_each(|word| self.word(word));
                    match &assignment.value {
                        Value::Scalar(word) => self.word(word),
                        Value::Array(elements) => self.elements(elements),
                    }
                }
                simple.words.iter().for_each(|word| self.word(word));
                if let Some(first) = simple.words.first() {
                    let words =
                        simple.words.iter().map(|word| self.text[word.span.start..word.span.end].to_owned());
                    self.commands.push((first.span.start, words.collect()));
                }
            }
            Kind::Group(body) | Kind::Subshell(body) => self.script(body),
            Kind::If { branches, otherwise } => {
                branches
                    .iter()
                    .flat_map(|(when, then)| [when, then])
                    .chain(otherwise)
                    .for_each(|one| self.script(one));
            }
            Kind::While { condition, body, .. } => {
                self.script(condition);
                self.script(body);
            }
            Kind::For { words, body, .. } | Kind::Select { words, body, .. } => {
                words.iter().flatten().for_each(|word| self.word(word));
                self.script(body);
            }
            Kind::ArithmeticFor { head, body } => {
                self.pieces(&head.pieces);
                self.script(body);
            }
            Kind::Case { subject, arms } => {
                self.word(subject);
                for arm in arms {
                    arm.patterns.iter().for_each(|word| self.word(word));
                    self.script(&arm.body);
                }
            }
            Kind::Function { body, .. } => self.command(body),
            Kind::Test(words) => words.iter().for_each(|word| self.word(word)),
            Kind::Arithmetic(expression) => self.pieces(&expression.pieces),
            Kind::Coprocess { body, .. } => self.command(body),
        }
    }

    fn elements(&mut self, elements: &[Element]) {
        for element in elements {
            element.index.iter().for_each(|word| self.word(word));
            self.word(&element.value);
        }
    }

    fn word(&mut self, word: &Word) {
        self.pieces(&word.pieces);
    }

    fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::ProcessSubstitution { script, .. } => self.script(script),
                _ if !self.inside => {}
                Piece::CommandSubstitution { script, .. } => self.script(script),
                Piece::Arithmetic { expression, .. } => self.pieces(&expression.pieces),
                Piece::Braces(braces) => {
                    if let Braces::Alternatives(alternatives) = braces.as_ref() {
                        alternatives.iter().for_each(|one| self.pieces(one));
                    }
                }
                Piece::ExtendedGlob { alternatives, .. } => {
                    alternatives.iter().for_each(|one| self.pieces(one));
                }
                Piece::Array(elements) => self.elements(elements),
                Piece::Parameter(parameter) => self.parameter(parameter),
                Piece::Text { .. } | Piece::Glob(_) | Piece::Tilde(_) => {}
            }
        }
    }

    fn parameter(&mut self, parameter: &Parameter) {
        parameter.index.iter().for_each(|word| self.word(word));
        match &parameter.operator {
            Operator::Plain | Operator::Length | Operator::Names | Operator::Transform(_) => {}
            Operator::Default { word, .. }
            | Operator::Assign { word, .. }
            | Operator::Demand { word, .. }
            | Operator::Alternative { word, .. }
            | Operator::RemovePrefix { pattern: word, .. }
            | Operator::RemoveSuffix { pattern: word, .. }
            | Operator::Case { pattern: word, .. }
            | Operator::Unknown(word) => self.word(word),
            Operator::Replace { pattern, with, .. } => {
                self.word(pattern);
                with.iter().for_each(|word| self.word(word));
            }
            Operator::Substring { offset, length } => {
                self.pieces(&offset.pieces);
                length.iter().for_each(|length| self.pieces(&length.pieces));
            }
        }
    }
}

/// The names of all commands in tree-sitter's tree, in the order of the text; `None` where it met an error.
pub(super) fn tree_sitter_names(text: &str) -> Option<Vec<String>> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).expect("the grammar fits");
    let tree = parser.parse(text, None).expect("it has no limit");
    if tree.root_node().has_error() {
        return None;
    }
    let mut names = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let name = match node.kind() {
            "command" => node.child_by_field_name("name"),
            "declaration_command" | "unset_command" => node.child(0),
            "test_command" => node.child(0).filter(|sign| sign.kind() == "["),
            _ => None,
        };
        if let Some(name) = name {
            names.push((name.start_byte(), text[name.byte_range()].to_owned()));
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                names.sort();
                return Some(names.into_iter().map(|(_, name)| name).collect());
            }
        }
    }
}

/// The words of all commands in brush's tree, but for those inside of words; `None` where it met an error.
pub(super) fn brush_words(text: &str) -> Option<Vec<Vec<String>>> {
    let options = brush_parser::ParserOptions::default();
    let mut parser = brush_parser::Parser::new(text.as_bytes(), &options);
    let program = parser.parse_program().ok()?;
    let mut commands = Vec::new();
    program.complete_commands.iter().for_each(|list| brush_list(list, &mut commands));
    Some(commands)
}

type Commands = Vec<Vec<String>>;

fn brush_list(list: &ast::CompoundList, into: &mut Commands) {
    for ast::CompoundListItem(list, _) in &list.0 {
        let others =
            list.additional.iter().map(|(ast::AndOr::And(pipeline) | ast::AndOr::Or(pipeline))| pipeline);
        for command in std::iter::once(&list.first).chain(others).flat_map(|pipeline| &pipeline.seq) {
            brush_command(command, into);
        }
    }
}

fn brush_command(command: &ast::Command, into: &mut Commands) {
    match command {
        ast::Command::Simple(simple) => brush_simple(simple, into),
        ast::Command::Compound(compound, redirects) => {
            brush_compound(compound, into);
            redirects.iter().flat_map(|list| &list.0).for_each(|one| brush_redirect(one, into));
        }
        ast::Command::Function(function) => {
            brush_compound(&function.body.0, into);
            function.body.1.iter().flat_map(|list| &list.0).for_each(|one| brush_redirect(one, into));
        }
        ast::Command::ExtendedTest(_, redirects) => {
            redirects.iter().flat_map(|list| &list.0).for_each(|one| brush_redirect(one, into));
        }
    }
}

fn brush_simple(simple: &ast::SimpleCommand, into: &mut Commands) {
    let mut words: Vec<String> = Vec::new();
    let place = into.len();
    let prefix = simple.prefix.iter().flat_map(|prefix| &prefix.0);
    let suffix = simple.suffix.iter().flat_map(|suffix| &suffix.0);
    let before = prefix.map(|item| (item, true));
    words.extend(simple.word_or_name.iter().map(|word| word.value.clone()));
    for (item, before) in before.chain(suffix.map(|item| (item, false))) {
        match item {
            ast::CommandPrefixOrSuffixItem::IoRedirect(redirect) => brush_redirect(redirect, into),
            ast::CommandPrefixOrSuffixItem::Word(word) => words.push(word.value.clone()),
            ast::CommandPrefixOrSuffixItem::AssignmentWord(_, word) if !before => {
                words.push(word.value.clone());
            }
            ast::CommandPrefixOrSuffixItem::AssignmentWord(..) => {}
            ast::CommandPrefixOrSuffixItem::ProcessSubstitution(_, inner) => {
                // It has no text of its own there.
                words.push(String::new());
                brush_list(&inner.list, into);
            }
        }
    }
    if !words.is_empty() {
        into.insert(place, words);
    }
}

fn brush_redirect(redirect: &ast::IoRedirect, into: &mut Commands) {
    if let ast::IoRedirect::File(_, _, ast::IoFileRedirectTarget::ProcessSubstitution(_, inner)) = redirect {
        brush_list(&inner.list, into);
    }
}

fn brush_compound(compound: &ast::CompoundCommand, into: &mut Commands) {
    use ast::CompoundCommand as C;
    match compound {
        C::Arithmetic(_) => {}
        C::ArithmeticForClause(clause) => brush_list(&clause.body.list, into),
        C::BraceGroup(group) => brush_list(&group.list, into),
        C::Subshell(subshell) => brush_list(&subshell.list, into),
        C::ForClause(clause) => brush_list(&clause.body.list, into),
        C::CaseClause(clause) => {
            clause.cases.iter().filter_map(|arm| arm.cmd.as_ref()).for_each(|list| brush_list(list, into));
        }
        C::IfClause(clause) => {
            brush_list(&clause.condition, into);
            brush_list(&clause.then, into);
            for other in clause.elses.iter().flatten() {
                other.condition.iter().for_each(|list| brush_list(list, into));
                brush_list(&other.body, into);
            }
        }
        C::WhileClause(clause) | C::UntilClause(clause) => {
            brush_list(&clause.0, into);
            brush_list(&clause.1.list, into);
        }
        C::Coprocess(coprocess) => brush_command(&coprocess.body, into),
    }
}
