//! Why a `sayso.toml` cannot be used.

use std::fmt;

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum File {
    /// What a team hands out: `/etc/sayso/sayso.toml`. It binds.
    System,
    /// The user's own. It may only tighten what the system's says.
    User,
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "the system's sayso.toml",
            Self::User => "your sayso.toml",
        })
    }
}

/// What sort of mistake it is; [`PolicyError::code`] is its stable name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mistake {
    /// The text is not TOML.
    Syntax,
    /// A key that Sayso does not know.
    UnknownField,
    /// A known key with a value that it does not take.
    BadValue,
    /// The user's file asks for less than the system's.
    Loosens,
}

/// Why a file cannot be used: which file, which field, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {}{problem}", Named(field))]
pub struct PolicyError {
    /// Which file.
    pub file: File,
    /// The field, dotted: `limits.wait`, `limits.when[2].most`. Empty where the text is not TOML at all.
    pub field: String,
    /// What is wrong and what the field takes.
    pub problem: String,
    /// What sort of mistake it is.
    pub mistake: Mistake,
}

impl PolicyError {
    /// The stable name of this mistake, for programs.
    pub const fn code(&self) -> &'static str {
        match self.mistake {
            Mistake::Syntax => "policy.syntax",
            Mistake::UnknownField => "policy.unknown_field",
            Mistake::BadValue => "policy.bad_value",
            Mistake::Loosens => "policy.loosens",
        }
    }
}

struct Named<'a>(&'a str);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "`{}` ", self.0) }
    }
}
