//! What the whole of a name says, where its verb does not: lists, tests, questions, and ways in.

use super::judge::{Act, Small, words};
use super::judge_words::{class, object};

/// `assign_user_to_group`, `unlock_door`: somebody gets in by it.
pub(super) fn lets_in(words: &[Small]) -> bool {
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.text()));
    let somebody = any(&["user", "users", "member", "members", "account", "principal", "identity"]);
    let into = any(&["group", "groups", "team", "teams", "org", "organization", "project", "workspace"]);
    let adds = any(&["add", "assign", "attach", "put", "join", "move"]);
    // What is unlocked as often as not is a talk or a record, which lets nobody in.
    let talks =
        ["issue", "conversation", "thread", "discussion", "pull", "post", "ticket", "record", "page", "row"];
    (somebody && into && adds) || (somebody && any(&["lock", "unlock"])) || (any(&["unlock"]) && !any(&talks))
}

/// Whether running `name` is a part of building and testing.
pub(crate) fn tests(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "test",
        "tests",
        "lint",
        "linter",
        "build",
        "typecheck",
        "format",
        "formatter",
        "audit",
        "check",
        "checks",
        "scan",
        "benchmark",
        "benchmarks",
        "coverage",
        "spec",
        "specs",
        "suite",
        "diagnostics",
        "analysis",
    ];
    let words = words(name);
    let harm = words
        .iter()
        .filter_map(|word| class(word.text()))
        .any(|(act, sure)| sure && !matches!(act, Act::Look | Act::Make | Act::Run));
    !harm && words.last().is_some_and(|word| WORDS.contains(&word.text()))
}

/// Whether a name says that something is asked for in a language of its own.
pub(crate) fn asks(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "query",
        "queries",
        "search",
        "report",
        "reports",
        "promql",
        "nrql",
        "esql",
        "kql",
        "logql",
        "traceql",
        "spl",
        "lookup",
        "aggregate",
        "aggregation",
        "analytics",
        "segmentation",
        "funnel",
        "funnels",
        "insights",
        "cohort",
        "card",
        "cards",
        "look",
        "chart",
        "dashboard",
        "retention",
        "select",
        "jql",
        "soql",
        "apl",
        "dax",
        "mdx",
        "sparql",
    ];
    words(name).iter().any(|word| WORDS.contains(&word.text()))
}

/// Whether a name that holds no verb is one of what it lists: `my_issues`, `mr_discussions`.
pub(crate) fn lists(name: &str) -> bool {
    let words = words(name);
    let money = words.iter().any(|word| !object(word.text()).is_empty() && word.text() != "comments");
    let plural = |word: &Small| {
        let text = word.text();
        text.len() > 3 && text.ends_with('s') && !text.ends_with("ss")
    };
    !money && words.len() > 1 && words.last().is_some_and(plural)
}
