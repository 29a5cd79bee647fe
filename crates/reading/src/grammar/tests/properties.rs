//! What holds for any text: no panic, spans that lie in the text, work that grows with the length and no faster, a
//! stack that the depth bounds.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::differential::scripts;
use super::oracles::ours;
use crate::grammar::cursor::Cursor;
use crate::grammar::tree::*;
use crate::grammar::{DEPTH, parse};

/// Signs that mean something, and some letters.
const SIGNS: &[&str] = &[
    "$(",
    "$((",
    "((",
    "))",
    ")",
    "(",
    "`",
    "\\`",
    "\"",
    "'",
    "\\",
    "\\\n",
    "\n",
    " ",
    "\t",
    "\r\n",
    ";",
    ";;",
    ";&",
    "&",
    "&&",
    "|",
    "||",
    "|&",
    "<",
    ">",
    "<<A\n",
    "<<-'A'\n",
    "\nA\n",
    "<<<",
    "<(",
    ">(",
    ">&",
    "&>",
    "2>",
    "{a}>",
    "{",
    "}",
    ",",
    "..",
    "{1..2}",
    "${",
    "${a",
    ":-",
    "//",
    "%",
    "^",
    "@Q",
    "[",
    "]",
    "[[ ",
    " ]]",
    "=~ ",
    "=",
    "+=",
    "a=(",
    "a[",
    "!",
    "*",
    "?",
    "@(",
    "!(",
    "~",
    "#",
    "if ",
    "then ",
    "elif ",
    "else ",
    "fi ",
    "while ",
    "until ",
    "do ",
    "done ",
    "for ",
    "in ",
    "case ",
    "esac ",
    "select ",
    "function ",
    "f() ",
    "coproc ",
    "time ",
    "declare ",
    "a",
    "b ",
    "1",
    "é",
    "日",
    "\u{a0}",
    "\u{feff}",
    "\0",
    "$'",
    "$\"",
    "\\x41",
    "\\u00e9",
    "$a",
    "$1",
    "$@",
    "-",
];

/// How many steps a byte may take: each nesting may look at what it holds twice, for its end and for itself.
const STEPS: usize = 2 * DEPTH + 16;

fn steps(text: &str) -> usize {
    let mut cursor = Cursor::new(text);
    cursor.whole();
    cursor.steps
}

/// All commands of a script and of what stands in their words lie in the text.
fn is_sound(text: &str) {
    let parsed = parse(text);
    for fault in &parsed.faults {
        assert!(text.get(fault.span.start..fault.span.end).is_some(), "{text:?}: {fault:?}");
        assert!(!fault.why.is_empty());
    }
    for item in &parsed.script.items {
        for pipeline in std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline)) {
            for command in &pipeline.commands {
                let span = command.span;
                assert!(
                    text.get(span.start..span.end).is_some_and(|part| !part.is_empty()),
                    "{text:?}: {span:?}"
                );
            }
        }
    }
    // It slices the text by every word's span.
    ours(text, true);
    assert!(
        steps(text) <= STEPS * (text.len() + 1),
        "{} steps for {} bytes: {text:?}",
        steps(text),
        text.len()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_mix_of_signs_is_read(signs in vec(select(SIGNS), 0..60)) {
        is_sound(&signs.concat());
    }

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        is_sound(&text);
    }

    #[test]
    fn any_bytes_are_read(bytes in vec(any::<u8>(), 0..200)) {
        is_sound(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn signs_within_scripts_are_read(at in any::<prop::sample::Index>(), script in select(scripts()), sign in select(SIGNS)) {
        let place = at.index(script.len() + 1);
        if script.is_char_boundary(place) {
            is_sound(&format!("{}{sign}{}", &script[..place], &script[place..]));
        }
    }

    #[test]
    fn plain_words_are_what_lies_between_blanks(line in "[a-z0-9/._:@%^-]{1,9}( {1,3}[a-z0-9/._:@%^=-]{1,9}){0,9} ?") {
        prop_assume!(!["if", "do", "fi", "in"].contains(&line.split(' ').next().unwrap_or_default()));
        prop_assume!(!line.starts_with("time ") && !line.starts_with("case ") && !line.starts_with("for "));
        let naive: Vec<&str> = line.split_ascii_whitespace().collect();
        prop_assert_eq!(&ours(&line, true), &vec![naive]);
    }

    #[test]
    fn a_word_is_the_same_in_any_quotes(letters in vec((select(vec!['r', 'm', '-', '/', ' ', '*', '$', '"', '\'', 'é', '~', '{', ',', '}', '\\']), 0..4_u8), 1..12)) {
        let plain: String = letters.iter().map(|(letter, _)| *letter).collect();
        let mut written = String::new();
        for (letter, how) in letters {
            let part = match how {
                0 if letter != '\'' => format!("'{letter}'"),
                1 => format!("\\{letter}"),
                2 => format!("$'\\u{:04x}'", u32::from(letter)),
                _ if matches!(letter, '"' | '$' | '\\') => format!("\"\\{letter}\""),
                _ => format!("\"{letter}\""),
            };
            written.push_str(&part);
        }
        let parsed = parse(&written);
        prop_assert!(parsed.faults.is_empty());
        let Kind::Simple(simple) = &parsed.script.items[0].first.commands[0].kind else { panic!("{written}") };
        let read = simple.words[0].literal();
        prop_assert_eq!(read.as_deref(), Some(plain.as_str()));
    }

    #[test]
    fn a_command_is_found_in_any_nesting(around in vec(select(AROUND), 0..12)) {
        // One delimiter would end both of two here-documents.
        prop_assume!(around.iter().filter(|(before, _)| before.contains("E\n")).count() < 2);
        let script = around.iter().fold("found it".to_owned(), |inner, (before, after)| format!("{before}{inner}{after}"));
        let parsed = parse(&script);
        prop_assert!(parsed.faults.is_empty(), "{}\n{:?}", script, parsed.faults);
        prop_assert!(ours(&script, true).contains(&vec!["found".to_owned(), "it".to_owned()]), "{}", script);
    }
}

/// What may stand around a list of commands.
const AROUND: &[(&str, &str)] = &[
    ("a; ( ", " )"),
    ("{ ", "\n}"),
    ("! {\n", "\n}"),
    ("time (\n", ")"),
    ("a; ", "\n b"),
    ("a || { ", "\n} && b"),
    ("a | (", ") | b"),
    ("a & { ", "\n} &"),
    ("if ", "\nthen b; fi"),
    ("if a; then ", "\nfi"),
    ("if a; then b; else ", "\nfi"),
    ("while ", "\ndo b; done"),
    ("until a; do ", "\ndone"),
    ("for a in b; do ", "\ndone"),
    ("for ((a=1;a<2;a++)); do ", "\ndone"),
    ("select a in b; do ", "\ndone"),
    ("case a in b) ", "\n;; esac"),
    ("case $(", ") in b) ;; esac"),
    ("f() { ", "\n}"),
    ("function f { ", "\n}"),
    ("f() ( ", " )"),
    ("coproc { ", "\n}"),
    ("a $(", ")"),
    ("a \"b $(", ") c\""),
    ("a=$(", ")"),
    ("a=(b $(", "))"),
    ("a[$(", ")]=b"),
    ("declare a=(b $(", "))"),
    ("a <(", ")"),
    ("a > >(", ")"),
    ("a > $(", ")"),
    ("a <<< $(", ")"),
    ("a <<E\n$(", ")\nE\n"),
    ("a <<-E\n\tb $(", ")\n\tE\n"),
    ("a ${b:-$(", ")}"),
    ("a \"${b:-$(", ")}\""),
    ("a ${b/$(", ")/c}"),
    ("a ${b#$(", ")}"),
    ("a ${b:$(", "):1}"),
    ("a ${b[$(", ")]}"),
    ("a ${ ", "\n}"),
    ("a $(( $(", ") + 1 ))"),
    ("(( $(", ") > 1 ))"),
    ("[[ -n $(", ") ]]"),
    ("[[ a =~ ($(", ")) ]]"),
    ("a {b,$(", ")}"),
    ("a @(b|$(", "))"),
    ("a[$(", ") + 1]=2 b"),
    ("a\\\n $(", ")"),
    ("# b\n", ""),
];

#[test]
fn every_beginning_of_a_script_is_read() {
    for script in scripts() {
        for end in (0..script.len()).filter(|end| script.is_char_boundary(*end)) {
            is_sound(&script[..end]);
        }
    }
}

/// Texts whose repetition nests, opens, or asks for a look ahead.
const REPEATED: &[&str] = &[
    "a ",
    "(",
    "((",
    "$(",
    "$((",
    "$((a; ",
    "`",
    "`\\`",
    "\\`",
    "\"",
    "'",
    "\"$(",
    "{",
    "{a,",
    "{a,b}",
    "{1..2}",
    "[",
    "a[",
    "a[;",
    "a[(\n",
    "a[1]=(",
    "a=([",
    "${a:-",
    "\"${a:-",
    "${a[",
    "${a:",
    "$[",
    "@(",
    "@(a|",
    "<(",
    "case a in b) ",
    "if ",
    "while a; do ",
    "f() ",
    "f() { ",
    "coproc ",
    "! ",
    "time ",
    "<<A ",
    "cat <<A\n",
    "cat <<A\nb\nA\n",
    "$(cat <<A\n",
    "\"`cat <<A\n$(",
    "a (  ",
    "~a",
    "a=~",
    ":~",
    "1",
    "1>",
    "{a}",
    "{a}>",
    "\\\n",
    "$\\\n",
    "a\\\n=",
    "# ",
    "\t",
    "\r\n",
    ") ",
    "fi ",
    "[[ ",
    "((a)) ",
    "'a'b",
    "\\a",
    "$'\\x41",
    "$a",
    "é",
    "function f ",
    "for a in ",
    "declare a=(",
];

#[test]
fn work_grows_with_the_length_and_no_faster() {
    const BYTES: usize = 4096;
    for unit in REPEATED {
        let short = unit.repeat(BYTES / unit.len());
        let long = unit.repeat(4 * BYTES / unit.len());
        let (once, four) = (steps(&short), steps(&long));
        assert!(once <= STEPS * short.len(), "{unit:?}: {once} steps for {} bytes", short.len());
        assert!(four <= 5 * once + STEPS, "{unit:?}: {once} steps for one length, {four} for four");
    }
}

#[test]
fn the_deepest_nesting_fits_a_small_stack() {
    let work = || {
        let units = AROUND
            .iter()
            .map(|(before, after)| (*before, *after))
            .chain(REPEATED.iter().map(|unit| (*unit, "")));
        for (before, after) in units {
            let script = format!("{}x{}", before.repeat(DEPTH + 8), after.repeat(DEPTH + 8));
            let parsed = parse(&script);
            // Copying, comparing, printing and dropping go as deep as a walk does.
            assert_eq!(parsed.clone(), parsed);
            assert!(!format!("{:?}", parsed.script).is_empty());
        }
    };
    let thread = std::thread::Builder::new().stack_size(1024 * 1024).spawn(work).expect("a thread starts");
    thread.join().expect("it ends");
}
