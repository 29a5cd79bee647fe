//! What an agent says beside its action.

use std::collections::BTreeMap;

use sayso_core::limits;

/// What the agent says beside its action, each within the limits of a claim.
#[derive(Debug, Default)]
pub(crate) struct Claims(pub(crate) BTreeMap<String, String>);

impl Claims {
    pub(crate) fn say(&mut self, key: &str, value: Option<String>) {
        let Some(value) = value else { return };
        if !value.is_empty() {
            self.0.insert(key.to_owned(), within(value));
        }
    }
}

/// A claim's value within its limit. A longer one ends with a note of its length: nothing is cut in silence, and
/// a long description is no reason to deny.
fn within(value: String) -> String {
    if value.len() <= limits::CLAIM_VALUE_BYTES {
        return value;
    }
    let note = format!(" … ({} bytes in all)", value.len());
    let mut end = limits::CLAIM_VALUE_BYTES.saturating_sub(note.len());
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{note}", &value[..end])
}
