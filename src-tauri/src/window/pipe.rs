//! The pipe to the tray: the process's own stdin and stdout, taken away from everybody else.
//!
//! Invariant: after [`take`], whatever a library reads from stdin is empty and whatever it prints to stdout goes to
//! stderr; no child of this process (the webview has several) inherits the pipe.

use std::fs::File;
use std::io::{self, BufRead, Write};

use sayso_core::seat::{Down, Up};
use sayso_core::strict;

/// One line from the tray, in bytes. A card is the largest: the exact request, a diff and an outline, each within
/// its own limit. Four times the largest card that these allow.
const DOWN_LINE_BYTES: u64 = 32 * 1024 * 1024;

/// From the tray, and to it.
pub(crate) type Pipe = (File, File);

/// Takes stdin and stdout for the pipe. Called once, before anything else runs.
#[cfg(unix)]
pub(crate) fn take() -> io::Result<Pipe> {
    use std::os::fd::AsFd as _;
    let (stdin, stdout) = (io::stdin(), io::stdout());
    let from_tray = File::from(stdin.as_fd().try_clone_to_owned()?);
    let to_tray = File::from(stdout.as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok((from_tray, to_tray))
}

/// Sends one message.
pub(crate) fn send(to_tray: &mut File, up: &Up) -> io::Result<()> {
    let mut line = serde_json::to_vec(up).map_err(io::Error::other)?;
    line.push(b'\n');
    to_tray.write_all(&line)
}

/// The next message; `None` where the tray closed the pipe.
pub(crate) fn receive(from_tray: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<Down>> {
    line.clear();
    let read = io::Read::take(&mut *from_tray, DOWN_LINE_BYTES).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Err(io::Error::other("a line over its limit, or half a line"));
    }
    strict::parse(line).map(Some).map_err(|e| io::Error::other(e.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sayso_core::seat::Queue;

    #[test]
    fn a_message_comes_whole_or_not_at_all() {
        let queue = Down::Queue(Queue { waiting: 0, rows: Vec::new(), stopped: false });
        let mut bytes = serde_json::to_vec(&queue).unwrap();
        bytes.extend_from_slice(b"\n{\"kind\":");
        let mut from = io::Cursor::new(bytes);
        let mut line = Vec::new();
        assert_eq!(receive(&mut from, &mut line).unwrap(), Some(queue));
        receive(&mut from, &mut line).unwrap_err();
        assert_eq!(receive(&mut from, &mut line).unwrap(), None);
    }
}
