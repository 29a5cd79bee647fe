//! Interpreters that run a text or a file: `python -c`, `node -e`, `perl -e`, `ruby -e`, `awk`, `./script`.
//!
//! Deliberately absent: grammars of these languages. Their calls are found in tokens; constants in them are followed,
//! what is worked out when it runs is unread.

mod acts;
mod awk;
pub(super) mod base64;
mod calls;
mod editors;
mod effects;
mod imports;
mod interpreters;
pub(super) mod scan;
mod scripts;
pub(super) mod tokens;
mod values;

use super::{Call, Place};
use crate::Findings;
use crate::words::Word;

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    match call.name {
        "awk" | "gawk" | "mawk" | "nawk" | "goawk" => awk::read(call, findings),
        _ => {
            return interpreters::read(call, findings)
                || editors::read(call, findings)
                || scripts::read(call, findings);
        }
    }
    true
}

/// A text that `call` hands to a shell.
pub(super) fn shell_text(call: &Call<'_>, text: &Word, findings: &mut Findings) {
    let span = text.span.or(call.span);
    if !text.literal {
        let why = "which command this runs shows only when it runs";
        return findings.unread(&text.text, why, span);
    }
    let mut inner = Findings::default();
    let place = Place { depth: call.place.depth + 1, ..*call.place };
    crate::shell::read_script(&text.text, &place, &mut inner);
    findings.absorb(inner, span);
}
