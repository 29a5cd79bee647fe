//! Where the text of a script, a `Makefile` or a `package.json` comes from: the caller hands it in, so that a reading
//! stays pure.
//!
//! Invariant: the digest of every file that was read through stands in the reading; an approval counts for these bytes
//! alone.

/// Why a file was not read through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRead {
    /// This reader reads no files.
    Closed,
    /// There is none by that path.
    Absent,
    /// It is larger than the limit.
    TooLarge,
    /// It is no plain file, may not be read, or is no text.
    Refused,
}

impl NotRead {
    /// A sentence's second half: "its file …".
    pub(crate) const fn why(self) -> &'static str {
        match self {
            Self::Closed => "what stands in the file was not looked at",
            Self::Absent => "the file is not there",
            Self::TooLarge => "the file is too large to be read through",
            Self::Refused => "the file could not be read as text",
        }
    }
}

/// Gives the text of files that an action would run.
pub trait Files {
    /// The text of the file at the absolute `path`.
    ///
    /// # Errors
    /// Why it is not to be had.
    fn text(&self, path: &str) -> Result<String, NotRead>;

    /// The root of the project that `folder` lies in, where one is known.
    fn project(&self, folder: &str) -> Option<String> {
        let _ = folder;
        None
    }
}

/// Reads no file: what a batch of foreign cases is read with.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn text(&self, _path: &str) -> Result<String, NotRead> {
        Err(NotRead::Closed)
    }
}
