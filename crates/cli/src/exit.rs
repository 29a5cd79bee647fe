//! Exit statuses. They are part of the contract with scripts and agents and never change their meaning.

use std::process::ExitCode;

/// What a command ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Approved, or all is well.
    Approved,
    /// Denied, or something does not hold.
    Denied,
    /// Nobody decided in time.
    Expired,
    /// The request was taken back.
    Withdrawn,
    /// Bad usage or bad input (`EX_USAGE` of sysexits).
    Usage,
    /// Sayso cannot be reached (`EX_UNAVAILABLE` of sysexits).
    Unreachable,
    /// `run`: the command was not approved, or cannot be executed; as shells have it.
    NotRun,
    /// `run`: there is no such command; as shells have it.
    NotFound,
    /// `hook`: no answer could be printed. 2 is the one status by which agents block.
    Block,
}

impl Exit {
    /// The number.
    pub(crate) const fn status(self) -> u8 {
        match self {
            Self::Approved => 0,
            Self::Denied => 1,
            Self::Expired => 3,
            Self::Withdrawn => 4,
            Self::Usage => 64,
            Self::Unreachable => 69,
            Self::NotRun => 126,
            Self::NotFound => 127,
            Self::Block => 2,
        }
    }

    /// Ends the process here and now; for threads that are not the main one.
    pub(crate) fn now(self) -> ! {
        std::process::exit(i32::from(self.status()))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}
