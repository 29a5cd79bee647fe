//! Why a hook's input could not be made a request.

use sayso_core::strict::Malformed;

/// Why a hook's input could not be made a request. The caller denies with this sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUnderstood {
    /// Not the JSON object that the agent writes.
    #[error("the hook's input could not be read: {0}")]
    Form(#[from] Malformed),
    /// Another event: its answer has another shape, so printing ours would decide nothing.
    #[error("this hook answers {answers} alone and was called for {called}; register it under {answers}")]
    Event {
        /// What it answers.
        answers: &'static str,
        /// What it was called for.
        called: String,
    },
    /// The session's folder is not a path that a request can carry.
    #[error("the hook's `cwd` {0}")]
    Folder(String),
    /// A tool's input lacks what that tool cannot do without.
    #[error("{tool}: `{field}` {problem}")]
    Input {
        /// The tool.
        tool: String,
        /// The field of its input.
        field: &'static str,
        /// What is wrong and what it takes instead.
        problem: String,
    },
}

impl NotUnderstood {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(_) => "hook_form",
            Self::Event { .. } => "hook_event",
            Self::Folder(_) => "hook_folder",
            Self::Input { .. } => "hook_input",
        }
    }
}
