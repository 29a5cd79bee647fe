//! What was decided, by whom, and how sure it is that a person was there.

use serde::{Deserialize, Serialize};

/// Yes or no. There is no third: silence and doubt are denials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub enum Decision {
    /// The asker may do exactly this action, once, until the receipt lapses.
    Approved,
    /// The asker may not.
    Denied,
}

/// Who decided. A person's key signs only what a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub enum By {
    /// A person, with their key.
    Person,
    /// A rule, signed with the machine's key.
    Rule,
    /// Nobody: the limit passed. Signed with the machine's key.
    Timeout,
}

/// How sure it is that a person was there, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub enum Presence {
    /// Nobody was needed, or nobody was there.
    None,
    /// A button was pressed. Another program of the same session could have done it.
    Click,
    /// The target's name was typed. The same holds.
    Typed,
    /// A passphrase unwrapped the key.
    Passphrase,
    /// A hardware key was touched.
    SecurityKey,
}

/// What the rules say of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No person is needed.
    Allow {
        /// The rule's own sentence, recorded and told.
        why: String,
    },
    /// A person decides.
    Ask(Demand),
    /// No person is asked.
    Deny {
        /// The rule's own sentence with what to do next.
        why: String,
    },
}

/// What an ask demands of the person, and how long it waits for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The least presence that an approval must show.
    pub presence: Presence,
    /// How long the request waits, in milliseconds; after it, silence is a denial.
    pub wait_ms: u64,
    /// How long an approval can be used, in milliseconds.
    pub receipt_ms: u64,
}
