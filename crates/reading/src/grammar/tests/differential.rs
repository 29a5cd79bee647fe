//! Ours against two parsers of others, on scripts of our own.

use super::oracles;
use crate::grammar::parse;

const EVERYDAY: &str = include_str!("everyday.txt");
const UNUSUAL: &str = include_str!("unusual.txt");

pub(super) fn scripts() -> Vec<&'static str> {
    EVERYDAY.split("\n%%\n").chain(UNUSUAL.split("\n%%\n")).collect()
}

#[test]
fn everything_in_sound_scripts_is_understood() {
    for script in scripts() {
        let parsed = parse(script);
        assert!(parsed.faults.is_empty(), "{script}\n{:?}", parsed.faults);
    }
}

#[test]
fn the_names_of_all_commands_are_those_that_tree_sitter_finds() {
    let mut compared = 0;
    for script in scripts() {
        // `time` and `coproc` are commands for it; it does not see into all backquotes, and sees `1+2` as a command
        // in `${a:-$((1+2))}`.
        let apart = ["time", "coproc", "`", ":-$(("].iter().any(|word| script.contains(word));
        let Some(theirs) = (!apart).then(|| oracles::tree_sitter_names(script)).flatten() else { continue };
        let ours: Vec<String> =
            oracles::ours(script, true).into_iter().map(|mut words| words.remove(0)).collect();
        assert_eq!(ours, theirs, "{script}");
        compared += 1;
    }
    assert!(compared >= 400, "only {compared} scripts were compared");
}

#[test]
fn the_words_of_all_commands_are_those_that_brush_finds() {
    let mut compared = 0;
    for script in scripts() {
        // It loses `( (a) )`, the `{b}` of a redirection, and the text of a comment.
        let apart = ["( (a) )", "{b}>", "b # c\n) d"].iter().any(|part| script.contains(part));
        let Some(theirs) = (!apart).then(|| oracles::brush_words(script)).flatten() else { continue };
        let mut ours = oracles::ours(script, false);
        // A process substitution has no text there.
        for word in ours.iter_mut().flatten().filter(|word| word.starts_with("<(") || word.starts_with(">("))
        {
            word.clear();
        }
        // It joins lines before it keeps a word.
        for word in ours.iter_mut().flatten() {
            *word = word.replace("\\\n", "");
        }
        assert_eq!(ours, theirs, "{script}");
        compared += 1;
    }
    assert!(compared >= 400, "only {compared} scripts were compared");
}
