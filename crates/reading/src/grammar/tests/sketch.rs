//! A tree as one line of text, so that a claim about it can be read.
//!
//! Words stand in a command as `name arg arg`; quoted texts in `'…'`; everything else begins with a word that names it.

use std::fmt::Write as _;

use crate::grammar::parse;
use crate::grammar::tree::*;

/// The tree of a script in which everything is understood.
pub(super) fn sketch(text: &str) -> String {
    let parsed = parse(text);
    assert!(parsed.faults.is_empty(), "{text:?} has faults: {:?}", parsed.faults);
    script(&parsed.script)
}

/// The tree of a script in which something is not understood.
pub(super) fn faulty(text: &str) -> String {
    let parsed = parse(text);
    assert!(!parsed.faults.is_empty(), "{text:?} has no fault");
    script(&parsed.script)
}

fn script(script: &Script) -> String {
    let items = script.items.iter().map(|item| {
        let mut line = pipeline(&item.first);
        for (connector, next) in &item.rest {
            let sign = if *connector == Connector::And { "&&" } else { "||" };
            let _ = write!(line, " {sign} {}", pipeline(next));
        }
        line + if item.background { " &" } else { "" }
    });
    items.collect::<Vec<_>>().join("; ")
}

fn pipeline(pipeline: &Pipeline) -> String {
    let mut line = String::new();
    for (present, word) in [(pipeline.timed, "time "), (pipeline.negated, "! ")] {
        line += if present { word } else { "" };
    }
    line + &pipeline.commands.iter().map(command).collect::<Vec<_>>().join(" | ")
}

fn command(command: &Command) -> String {
    let mut line = kind(&command.kind);
    for redirect in &command.redirects {
        let fd = match &redirect.descriptor {
            Descriptor::Usual => String::new(),
            Descriptor::Number(number) => number.to_string(),
            Descriptor::Variable(name) => format!("{{{name}}}"),
        };
        let target = redirect.word().map_or_else(|| "nothing".to_owned(), word);
        let _ = write!(line, " <{fd}{:?} {target}>", redirect.operator);
    }
    line.trim_start().to_owned()
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Simple(simple) => {
            let assignments = simple.assignments.iter().map(assignment);
            assignments.chain(simple.words.iter().map(word)).collect::<Vec<_>>().join(" ")
        }
        Kind::Group(body) => format!("group{{{}}}", script(body)),
        Kind::Subshell(body) => format!("sub({})", script(body)),
        Kind::If { branches, otherwise } => {
            let branches: Vec<_> =
                branches.iter().map(|(when, then)| format!("{} -> {}", script(when), script(then))).collect();
            let otherwise =
                otherwise.as_ref().map_or_else(String::new, |body| format!(" else {}", script(body)));
            format!("if[{}{otherwise}]", branches.join(" | "))
        }
        Kind::While { until, condition, body } => {
            format!("{}[{} -> {}]", if *until { "until" } else { "while" }, script(condition), script(body))
        }
        Kind::For { variable, words, body } => {
            format!("for[{variable} {} -> {}]", over(words.as_ref()), script(body))
        }
        Kind::Select { variable, words, body } => {
            format!("select[{variable} {} -> {}]", over(words.as_ref()), script(body))
        }
        Kind::ArithmeticFor { head, body } => format!("for[({}) -> {}]", pieces(&head.pieces), script(body)),
        Kind::Case { subject, arms } => {
            let arms = arms.iter().map(|arm| {
                let end = match arm.end {
                    ArmEnd::Done => "",
                    ArmEnd::FallThrough => " ;&",
                    ArmEnd::Continue => " ;;&",
                };
                format!("{} -> {}{end}", words_of(&arm.patterns, " or "), script(&arm.body))
            });
            format!("case[{}: {}]", word(subject), arms.collect::<Vec<_>>().join(" | "))
        }
        Kind::Function { name, body } => format!("function {name} = {}", command(body)),
        Kind::Test(words) => format!("test[{}]", words_of(words, " ")),
        Kind::Arithmetic(expression) => format!("arithmetic({})", pieces(&expression.pieces)),
        Kind::Coprocess { name, body } => format!("coproc {name:?} = {}", command(body)),
    }
}

fn over(words: Option<&Vec<Word>>) -> String {
    words.map_or_else(|| "all".to_owned(), |words| format!("in {}", words_of(words, " ")))
}

fn words_of(words: &[Word], between: &str) -> String {
    words.iter().map(word).collect::<Vec<_>>().join(between)
}

fn assignment(assignment: &Assignment) -> String {
    let index = assignment.index.as_ref().map_or_else(String::new, |index| format!("[{}]", word(index)));
    let sign = if assignment.append { "+=" } else { "=" };
    let value = match &assignment.value {
        Value::Scalar(value) if value.pieces.is_empty() => String::new(),
        Value::Scalar(value) => word(value),
        Value::Array(list) => elements(list),
    };
    format!("set({}{index}{sign}{value})", assignment.name)
}

fn elements(list: &[Element]) -> String {
    let shown = list.iter().map(|element| match &element.index {
        Some(index) => format!("[{}]={}", word(index), word(&element.value)),
        None => word(&element.value),
    });
    format!("array({})", shown.collect::<Vec<_>>().join(" "))
}

pub(super) fn word(word: &Word) -> String {
    if word.pieces.is_empty() { "nothing".to_owned() } else { pieces(&word.pieces) }
}

fn pieces(pieces: &[Piece]) -> String {
    pieces.iter().map(piece).collect::<Vec<_>>().join("~")
}

fn piece(piece: &Piece) -> String {
    let mark = |quoted: bool| if quoted { "'" } else { "" };
    match piece {
        Piece::Text { text, quoted } => format!("{0}{text}{0}", mark(*quoted)),
        Piece::Parameter(parameter) => {
            let index =
                parameter.index.as_ref().map_or_else(String::new, |index| format!("[{}]", word(index)));
            let indirect = if parameter.indirect { "!" } else { "" };
            let operator = operator(&parameter.operator);
            format!("{0}${{{indirect}{1}{index}{operator}}}{0}", mark(parameter.quoted), parameter.name)
        }
        Piece::CommandSubstitution { script: inner, quoted, .. } => {
            format!("{0}$({1}){0}", mark(*quoted), script(inner))
        }
        Piece::ProcessSubstitution { script: inner, direction, .. } => {
            format!("{}({})", if *direction == Direction::Read { "read" } else { "write" }, script(inner))
        }
        Piece::Arithmetic { expression, quoted } => {
            format!("{0}$(({1})){0}", mark(*quoted), pieces_of(expression))
        }
        Piece::Braces(braces) => match braces.as_ref() {
            Braces::Alternatives(alternatives) => {
                format!("{{{}}}", alternatives.iter().map(|one| pieces(one)).collect::<Vec<_>>().join(","))
            }
            Braces::Range { from, to, step } => format!("{{{from} to {to} by {step:?}}}"),
        },
        Piece::Glob(text) => format!("glob {text}"),
        Piece::ExtendedGlob { sign, alternatives } => {
            format!("{sign}({})", alternatives.iter().map(|one| pieces(one)).collect::<Vec<_>>().join("|"))
        }
        Piece::Tilde(user) => format!("home({user})"),
        Piece::Array(list) => elements(list),
    }
}

fn pieces_of(expression: &Arithmetic) -> String {
    pieces(&expression.pieces)
}

fn operator(operator: &Operator) -> String {
    let colon = |or_empty: bool| if or_empty { ":" } else { "" };
    match operator {
        Operator::Plain => String::new(),
        Operator::Length => " length".to_owned(),
        Operator::Names => " names".to_owned(),
        Operator::Default { or_empty, word: given } => format!(" {}- {}", colon(*or_empty), word(given)),
        Operator::Assign { or_empty, word: given } => format!(" {}= {}", colon(*or_empty), word(given)),
        Operator::Demand { or_empty, word: given } => format!(" {}? {}", colon(*or_empty), word(given)),
        Operator::Alternative { or_empty, word: given } => format!(" {}+ {}", colon(*or_empty), word(given)),
        Operator::RemovePrefix { longest, pattern } => {
            format!(" {} {}", if *longest { "##" } else { "#" }, word(pattern))
        }
        Operator::RemoveSuffix { longest, pattern } => {
            format!(" {} {}", if *longest { "%%" } else { "%" }, word(pattern))
        }
        Operator::Replace { which, pattern, with } => {
            let with = with.as_ref().map_or_else(|| "nothing".to_owned(), word);
            format!(" {which:?} {} by {with}", word(pattern))
        }
        Operator::Substring { offset, length } => {
            let length =
                length.as_ref().map_or_else(String::new, |length| format!(" for {}", pieces_of(length)));
            format!(" from {}{length}", pieces_of(offset))
        }
        Operator::Case { sign, all, pattern } => {
            format!(" {sign}{} {}", if *all { " all" } else { "" }, word(pattern))
        }
        Operator::Transform(letter) => format!(" @{letter}"),
        Operator::Unknown(given) => format!(" unknown {}", word(given)),
    }
}
