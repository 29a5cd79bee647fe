//! At rest: gives back the memory that only the start took, or only a flood.
//!
//! The tray is the same program as the window, so the system's loader maps the whole web engine into it and touches
//! tens of megabytes to fit it in, of which the tray never runs a line. The kernel keeps such pages until it is short
//! of memory; this tells it, once, that they will not be missed. They come back by themselves if they are.
//!
//! Invariant: what is given back can be read again from its file. Nothing that this process wrote is touched.

use std::time::Duration;

use sayso_broker::notice::Notice;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// How long after the start: the icon stands, the keychain was asked, the first menu was drawn.
const AFTER: Duration = Duration::from_secs(2);

/// Notices of the broker from which on they are a flood. Fewer leave less behind than any allocator keeps.
const FLOOD: u64 = 500;

/// How long a flood is let come and go before what it left is given back.
const SETTLED: Duration = Duration::from_secs(2);

/// Gives back, after each flood of requests, what only their coming or their going took: left to itself glibc keeps it.
pub(super) async fn after_floods(mut notices: Receiver<Notice>) {
    let mut count = 0;
    loop {
        count += match notices.recv().await {
            Ok(_) => 1,
            Err(RecvError::Lagged(missed)) => missed,
            Err(RecvError::Closed) => return,
        };
        if count >= FLOOD {
            tokio::time::sleep(SETTLED).await;
            // Those that came meanwhile are of the same flood.
            notices = notices.resubscribe();
            count = 0;
            if let Err(error) = tokio::task::spawn_blocking(sayso_facts::memory::give_back).await {
                tracing::debug!(%error, "the memory of a flood was kept");
            }
        }
    }
}

/// Gives back what the start took, once it is over.
pub(super) async fn give_back() {
    tokio::time::sleep(AFTER).await;
    if let Err(error) = tokio::task::spawn_blocking(of_libraries).await {
        tracing::debug!(%error, "the memory of the start was kept");
    }
}

#[cfg(target_os = "linux")]
fn of_libraries() {
    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };
    for (from, to) in maps.lines().filter_map(library) {
        // SAFETY: this advice changes no byte of memory, at whatever address it is given; pages that are touched
        // again are read again. A range that is not mapped any more is an error, and no harm.
        #[expect(unsafe_code, reason = "advice about addresses has no safe form")]
        let _ = unsafe {
            rustix::mm::madvise(
                std::ptr::without_provenance_mut(from),
                to - from,
                rustix::mm::Advice::LinuxPageOut,
            )
        };
    }
}

#[cfg(not(target_os = "linux"))]
fn of_libraries() {}

/// Where a library's code or constants lie, from a line of `/proc/self/maps`. Our own program and the C library are
/// in use all the time.
#[cfg(target_os = "linux")]
fn library(line: &str) -> Option<(usize, usize)> {
    let mut words = line.split_ascii_whitespace();
    let (range, rights) = (words.next()?, words.next()?);
    let file = words.nth(3)?.rsplit('/').next()?;
    let in_use = ["libc.so", "libm.so", "ld-"].iter().any(|kept| file.starts_with(kept));
    if !file.contains(".so") || rights.contains('w') || in_use {
        return None;
    }
    let (from, to) = range.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    Some((address(from)?, address(to)?)).filter(|(from, to)| from < to)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_library_reads_is_given_back() {
        let line = |rights: &str, file: &str| format!("7f00-7f80 {rights} 00000000 fe:00 123   {file}");
        assert_eq!(library(&line("r-xp", "/usr/lib/libwebkit2gtk-4.1.so.0.19")), Some((0x7f00, 0x7f80)));
        assert_eq!(library(&line("r--p", "/usr/lib/libgtk-3.so.0")), Some((0x7f00, 0x7f80)));
        assert_eq!(library(&line("rw-p", "/usr/lib/libgtk-3.so.0")), None);
        assert_eq!(library(&line("r-xp", "/usr/lib/libc.so.6")), None);
        assert_eq!(library(&line("r-xp", "/usr/bin/sayso-desktop")), None);
        assert_eq!(library("7f00-7f80 rw-p 00000000 00:00 0"), None);
        assert_eq!(library("7f00-7f80 rw-p 00000000 00:00 0   [heap]"), None);
    }

    #[test]
    fn a_library_still_works_after_its_memory_was_given_back() {
        of_libraries();
        assert!(std::fs::read_to_string("/proc/self/maps").is_ok_and(|maps| !maps.is_empty()));
    }
}
