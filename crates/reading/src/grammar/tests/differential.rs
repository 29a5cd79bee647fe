//! Ours against two parsers of others, on scripts of our own.

use super::oracles;
use crate::grammar::parse;

const EVERYDAY: &str = include_str!("everyday.txt");
const UNUSUAL: &str = include_str!("unusual.txt");

fn scripts() -> Vec<&'static str> {
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
        // `time` and `coproc` are commands for it.
        let apart = ["time", "coproc"].iter().any(|word| script.contains(word));
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
        let Some(theirs) = oracles::brush_words(script) else { continue };
        let mut ours = oracles::ours(script, false);
        // A process substitution has no text there.
        for word in ours.iter_mut().flatten().filter(|word| word.starts_with("<(") || word.starts_with(">("))
        {
            word.clear();
        }
        assert_eq!(ours, theirs, "{script}");
        compared += 1;
    }
    assert!(compared >= 400, "only {compared} scripts were compared");
}
