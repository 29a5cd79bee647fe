//! Editors and debuggers. The commands that stand in their words are the wrappers' room's; here are the files that they
//! show and the processes that they take hold of.

use sayso_core::Severity;

use crate::Findings;
use crate::commands::Call;
use crate::commands::rows::disclose;
use crate::words::Word;

/// Reads a call of an editor or a debugger. Whether it is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    match call.name {
        "vim" | "vi" | "nvim" | "view" | "ex" | "vimdiff" | "gvim" | "rvim" | "nano" | "pico" | "emacs"
        | "ed" | "micro" | "hx" | "code" | "subl" | "kak" | "joe" | "gedit" | "kate" | "cursor" | "zed"
        | "less" | "more" | "most" => editor(call, findings),
        "gdb" | "lldb" => debugger(call, findings),
        _ => return false,
    }
    true
}

fn editor(call: &Call<'_>, findings: &mut Findings) {
    let pager = matches!(call.name, "less" | "more" | "most" | "view");
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if matches!(text, "-c" | "--cmd" | "--eval" | "-eval" | "--execute" | "-S" | "-s") && !pager {
            words.next();
        } else if !text.starts_with(['-', '+']) {
            disclose(call, word, findings);
        }
    }
    let why = if pager { "a person looks at it" } else { "a person edits it" };
    if pager && call.words.iter().all(Word::is_known) && findings.severity().is_none() {
        findings.reads(call.name);
    } else {
        findings.unread_at(Severity::Low, call.name, why, call.span);
    }
}

fn debugger(call: &Call<'_>, findings: &mut Findings) {
    if call.words.iter().any(|word| matches!(word.text.as_str(), "-p" | "--pid" | "--attach-pid")) {
        findings.unread(call.name, "it takes hold of another process", call.span);
    }
    findings.unread_at(Severity::Low, call.name, "a debugger runs a program", call.span);
}
