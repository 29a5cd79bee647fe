//! What runs through pipes and stands in files, as far as the bytes tell.

use crate::commands::Stdin;

/// What a command prints, or what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stream {
    /// What the command line itself gets.
    Inherited,
    /// Exactly this; the empty text where nothing is printed.
    Text(String),
    /// This, where what stands in it as `$x` or `$(…)` is not known.
    Partly(String),
    /// The file by this name, as written.
    File(String),
    /// What a download brings.
    Download,
    /// What this program prints.
    Printed(String),
}

/// Bytes of a text that is followed through pipes and variables. Longer ones are known to be there and no more.
const FOLLOWED: usize = 32 * 1024;

impl Stream {
    pub(super) const fn nothing() -> Self {
        Self::Text(String::new())
    }

    /// How a program sees it that reads it.
    pub(crate) fn stdin(&self) -> Stdin<'_> {
        match self {
            Self::Inherited => Stdin::Inherited,
            Self::Text(text) | Self::Partly(text) => Stdin::Text(text),
            Self::File(name) => Stdin::File(name),
            Self::Download => Stdin::Download,
            Self::Printed(name) => Stdin::Printed(name),
        }
    }

    /// Its text, where that is known.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// This and then `next`.
    pub(super) fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Text(text), next) if text.is_empty() => next,
            (before, Self::Text(text)) if text.is_empty() => before,
            (Self::Text(mut text), Self::Text(more)) if text.len() + more.len() <= FOLLOWED => {
                text.push_str(&more);
                Self::Text(text)
            }
            (Self::Text(mut text) | Self::Partly(mut text), Self::Text(more) | Self::Partly(more))
                if text.len() + more.len() <= FOLLOWED =>
            {
                text.push_str(&more);
                Self::Partly(text)
            }
            (Self::Download, _) | (_, Self::Download) => Self::Download,
            (Self::Printed(name), _) | (_, Self::Printed(name)) => Self::Printed(name),
            (Self::File(name), _) | (_, Self::File(name)) => Self::File(name),
            _ => Self::Printed("the commands before".to_owned()),
        }
    }
}

impl From<Stdin<'_>> for Stream {
    fn from(stdin: Stdin<'_>) -> Self {
        match stdin {
            Stdin::Inherited => Self::Inherited,
            Stdin::Text(text) => Self::Text(text.to_owned()),
            Stdin::File(name) => Self::File(name.to_owned()),
            Stdin::Download => Self::Download,
            Stdin::Printed(name) => Self::Printed(name.to_owned()),
        }
    }
}
