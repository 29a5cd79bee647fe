//! Processes as `/proc` tells them: program, command line, and the line of parents.
//!
//! Invariant: a process is read through one descriptor of its folder in `/proc`, which stays with that process and
//! gives nothing once it ended; a parent counts only if its child still names it after it was opened. So a number
//! that the kernel gave to a stranger meanwhile is never described as the caller or as its parent.

use std::fmt::Write as _;

use sayso_core::request::PeerProcess;

/// A process known by its number alone.
pub(crate) const fn unread(pid: u32) -> PeerProcess {
    PeerProcess { pid, program: None, command_line: String::new() }
}

/// A process with the file of its program, which takes no memory of that process to read.
#[cfg(target_os = "linux")]
pub(crate) fn named(pid: u32) -> PeerProcess {
    let program = linux::Folder::open(pid).and_then(|folder| folder.program());
    PeerProcess { program, ..unread(pid) }
}

/// A process by its number.
#[cfg(not(target_os = "linux"))]
pub(crate) fn named(pid: u32) -> PeerProcess {
    unread(pid)
}

/// The process of this number and its parents, nearest first.
#[cfg(target_os = "linux")]
pub(crate) fn chain(pid: u32) -> Vec<PeerProcess> {
    let Some(mut folder) = linux::Folder::open(pid) else { return vec![unread(pid)] };
    let mut chain = vec![folder.describe(pid)];
    while chain.len() < crate::limits::PROCESSES {
        let Some(parent) = folder.parent() else { break };
        let Some(above) = linux::Folder::open(parent) else { break };
        if folder.parent() != Some(parent) {
            break;
        }
        chain.push(above.describe(parent));
        folder = above;
    }
    chain
}

/// The process of this number.
#[cfg(not(target_os = "linux"))]
pub(crate) fn chain(pid: u32) -> Vec<PeerProcess> {
    vec![unread(pid)]
}

/// When this process started, in the kernel's ticks since boot.
#[cfg(target_os = "linux")]
pub(crate) fn started(pid: u32) -> Option<u64> {
    linux::Folder::open(pid)?.started()
}

/// The environment that this process was started with, as far as the first `most` bytes of it go; empty where it is
/// gone or not ours to read. It is all secrets until somebody chooses from it.
#[cfg(target_os = "linux")]
pub(crate) fn environment(pid: u32, most: usize) -> zeroize::Zeroizing<Vec<u8>> {
    let mut buffer = zeroize::Zeroizing::new(vec![0; most]);
    let filled = linux::Folder::open(pid)
        .and_then(|folder| folder.read("environ", &mut buffer).map(<[u8]>::len))
        .unwrap_or_default();
    buffer.truncate(filled);
    buffer
}

/// Words as one line, quoted where a shell would need it, so that two argvs never look the same.
fn command_line(raw: &[u8], whole: bool) -> String {
    use crate::limits::COMMAND_LINE_BYTES;
    let raw = raw.strip_suffix(b"\0").unwrap_or(raw);
    if raw.is_empty() {
        return String::new();
    }
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&c);
    let mut line = String::new();
    for word in raw.split(|&c| c == 0) {
        if !line.is_empty() {
            line.push(' ');
        }
        let text = String::from_utf8_lossy(word);
        if !word.is_empty() && word.iter().all(|&c| plain(c)) {
            line.push_str(&text);
        } else {
            line.push('\'');
            line.push_str(&text.replace('\'', r"'\''"));
            line.push('\'');
        }
    }
    let mut line = sayso_core::redact::text(&line);
    if line.len() > COMMAND_LINE_BYTES || !whole {
        let end = line.floor_char_boundary(COMMAND_LINE_BYTES);
        let rest = line.len() - end;
        line.truncate(end);
        let more = if whole { "" } else { " or more" };
        let _ = write!(line, " … ({rest} bytes{more} are not shown)");
    }
    line
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::Read as _;
    use std::os::fd::OwnedFd;

    use rustix::fs::{Mode, OFlags, open, openat, readlinkat};
    use sayso_core::request::PeerProcess;

    use crate::limits;

    /// A process's folder in `/proc`.
    pub(super) struct Folder(OwnedFd);

    impl Folder {
        pub(super) fn open(pid: u32) -> Option<Self> {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            open(format!("/proc/{pid}"), flags, Mode::empty()).ok().map(Self)
        }

        pub(super) fn read<'b>(&self, name: &str, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
            let file = openat(&self.0, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
            let mut file = std::fs::File::from(file);
            let mut filled = 0;
            while filled < buffer.len() {
                match file.read(&mut buffer[filled..]) {
                    Ok(0) => break,
                    Ok(n) => filled += n,
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(_) => return None,
                }
            }
            Some(&buffer[..filled])
        }

        /// The numbered field of `stat`, counted from 1 as in proc(5). The name in field 2 may hold anything, so
        /// fields count from its last `)`.
        fn field(&self, number: usize) -> Option<u64> {
            let mut buffer = [0; 1024];
            let text = str::from_utf8(self.read("stat", &mut buffer)?.rsplit(|&c| c == b')').next()?).ok()?;
            text.split_ascii_whitespace().nth(number - 3)?.parse().ok()
        }

        pub(super) fn parent(&self) -> Option<u32> {
            self.field(4).and_then(|pid| u32::try_from(pid).ok()).filter(|&pid| pid != 0)
        }

        pub(super) fn started(&self) -> Option<u64> {
            self.field(22)
        }

        pub(super) fn program(&self) -> Option<String> {
            let path = readlinkat(&self.0, "exe", Vec::with_capacity(256)).ok()?;
            Some(String::from_utf8_lossy(path.as_bytes()).into_owned())
        }

        pub(super) fn describe(&self, pid: u32) -> PeerProcess {
            let program = self.program();
            let mut buffer = [0; limits::COMMAND_LINE_READ_BYTES];
            let raw = self.read("cmdline", &mut buffer).unwrap_or_default();
            let whole = raw.len() < limits::COMMAND_LINE_READ_BYTES;
            PeerProcess { pid, program, command_line: super::command_line(raw, whole) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_argvs_never_look_the_same() {
        assert_eq!(command_line(b"git\0push\0", true), "git push");
        assert_eq!(command_line(b"git push\0", true), "'git push'");
        assert_eq!(command_line(b"a\0\0b\0", true), "a '' b");
        assert_eq!(command_line(b"echo\0it's\0", true), r"echo 'it'\''s'");
        assert_eq!(command_line(b"", true), "");
    }

    #[test]
    fn a_long_command_line_says_how_much_is_not_shown() {
        let line = command_line(&[b'x'; 3000], true);
        assert!(line.ends_with("… (952 bytes are not shown)"), "{line}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_chain_starts_with_the_process_itself_and_goes_up() {
        let chain = chain(std::process::id());
        assert_eq!(chain[0].pid, std::process::id());
        assert_eq!(chain[0].program.as_deref(), std::env::current_exe().unwrap().to_str());
        // 0 is a parent outside of this PID namespace: it has no number here.
        let parent = Some(std::os::unix::process::parent_id()).filter(|&pid| pid != 0);
        assert_eq!(chain.get(1).map(|p| p.pid), parent);
        assert!(started(std::process::id()).is_some());
    }
}
