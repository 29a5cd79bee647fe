//! Custom actions: tools of agents that only look, by a closed list of title, tool and shape; all else asks.
//!
//! Anybody can send such a title. What is then approved is that title with that payload and nothing else, so
//! a lie wins nothing that not asking at all would not; but whatever is not exactly of the shape below asks.

use sayso_core::action::Custom;
use sayso_core::reading::{Reversible, TargetKind, Verb};
use sayso_core::{Reading, Severity};
use serde_json::{Map, Value};

use crate::Findings;
use crate::findings::Found;
use crate::paths;
use crate::words::{absolute, quoted};

/// A title with the tools that go by it, and which fields of their input name what is read.
struct Look {
    title: &'static str,
    tools: &'static [&'static str],
    paths: &'static [&'static str],
    /// Fields of the input by which it would be more than a look.
    unless: &'static [&'static str],
}

const fn look(title: &'static str, tools: &'static [&'static str], paths: &'static [&'static str]) -> Look {
    Look { title, tools, paths, unless: &[] }
}

const LOOKS: &[Look] = &[
    look("Read file", &["Read", "NotebookRead"], &["file_path", "notebook_path"]),
    look("List folder", &["LS"], &[]),
    look("Find files", &["Glob"], &[]),
    look("Search in files", &["Grep"], &["path", "glob"]),
    look("Read command output", &["BashOutput", "TaskOutput"], &[]),
    look(
        "Keep to-do list",
        &["TodoRead", "TodoWrite", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate"],
        &[],
    ),
    look("Look up tools", &["ToolSearch"], &[]),
    look("Talk with the person", &["AskUserQuestion", "ExitPlanMode", "EnterPlanMode"], &[]),
    Look { title: "Start subagent", tools: &["Agent", "Task"], paths: &[], unless: &["isolation", "mode"] },
];

pub(crate) fn read(custom: &Custom) -> Reading {
    let mut findings = Findings::default();
    let Some((look, input, cwd)) = known(custom) else {
        let phrase = format!("Do what the agent calls {}", marked(&custom.title));
        let (verb, kind, reversible) = (Verb::ExecuteUnread, TargetKind::Other, Reversible::Unknown);
        let (name, severity, span) = (crate::words::short(&custom.title), Severity::High, None);
        findings.effect(Found { verb, kind, name, reversible, severity, phrase: phrase.clone(), span });
        findings.unread("the payload", "this kind of action is not known", None);
        return findings.with_sentence(phrase);
    };
    let mut sentence = look.title.to_owned();
    for field in look.paths {
        let Some(path) = input.get(*field).and_then(Value::as_str) else { continue };
        if *field != "glob" {
            sentence = format!("{} {}", look.title, quoted(path.rsplit('/').next().unwrap_or(path)));
        }
        if let Some(what) = paths::secret(path, path.contains(['*', '?', '['])) {
            findings.disclosed(absolute(path, Some(cwd)), what, None);
        }
    }
    if findings.is_clean() { findings.with_sentence(sentence) } else { findings.into_reading(true) }
}

/// The look that this action is, if it has exactly the shape of one.
fn known(custom: &Custom) -> Option<(&'static Look, &Map<String, Value>, &str)> {
    let payload = custom.payload.as_object().filter(|payload| payload.len() == 3)?;
    let tool = payload.get("tool")?.as_str()?;
    let input = payload.get("input")?.as_object()?;
    let cwd = payload.get("cwd")?.as_str()?;
    let look = LOOKS.iter().find(|look| look.title == custom.title && look.tools.contains(&tool))?;
    let fits = look.paths.iter().all(|field| input.get(*field).is_none_or(Value::is_string));
    (fits && !look.unless.iter().any(|field| input.contains_key(*field))).then_some((look, input, cwd))
}

/// An agent's own words are always in quotation marks.
fn marked(title: &str) -> String {
    format!("“{}”", crate::words::short(title).replace(['“', '”'], "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_title_of_a_look_is_in_the_list_and_the_other_way_round() {
        let mut titles: Vec<_> = LOOKS.iter().map(|look| look.title).collect();
        let mut known = Custom::ONLY_LOOKS.to_vec();
        titles.sort_unstable();
        known.sort_unstable();
        assert_eq!(titles, known);
    }
}
