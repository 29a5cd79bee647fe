//! Whether anybody still wants the hook's answer.
//!
//! An agent that gives up on its hook may signal the shell around it alone, and the hook lives on as an orphan with
//! its request before a person. So while a person is asked, a thread watches the parent process and the reader of
//! our standard output. When either goes, this process ends; its connection closes, and that withdraws the request.
//!
//! Deliberately absent: `PR_SET_PDEATHSIG`. It fires when the parent's *thread* ends that started us, and a killed
//! hook counts as a yes with some agents.

use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, getppid};

use crate::exit::Exit;

/// How often the parent is looked for where it cannot be waited for.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 500_000_000 };

/// Who started us, as it was at the start. `None` where it lives outside of our PID namespace and has no number here:
/// then its end cannot be seen, and the reader of our output is watched alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parent(Option<Pid>);

impl Parent {
    /// Who is our parent now.
    pub(crate) fn now() -> Self {
        Self(getppid())
    }

    /// Ends this process when the parent, or the reader of our output, is gone.
    pub(crate) fn watch(self) {
        thread::spawn(move || {
            self.wait_until_gone();
            Exit::Block.now();
        });
    }

    fn wait_until_gone(self) {
        let stdout = std::io::stdout();
        let parent = self.watched();
        // Asked after it is held, so that a number that was given to another process in between is noticed.
        while getppid() == self.0 {
            // No events are asked for: an error or a hang-up is told always, and it alone means a lost reader.
            let mut watched = vec![PollFd::new(&stdout, PollFlags::empty())];
            if let Some(parent) = &parent {
                watched.push(PollFd::new(parent, PollFlags::IN));
            }
            let timeout = if parent.is_some() { None } else { Some(&LOOK) };
            match poll(&mut watched, timeout) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) | Err(_) => return,
            }
        }
    }

    #[cfg(target_os = "linux")]
    fn watched(self) -> Option<std::os::fd::OwnedFd> {
        rustix::process::pidfd_open(self.0?, rustix::process::PidfdFlags::empty()).ok()
    }

    #[cfg(not(target_os = "linux"))]
    fn watched(self) -> Option<std::os::fd::OwnedFd> {
        None
    }
}
