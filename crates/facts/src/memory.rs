//! Giving memory back after a large check.
//!
//! Counting 200,000 files takes some 40 MB for half a second. Left to itself glibc keeps most of that: the first
//! large block that is freed makes it hold on to every later one, in each of its arenas. The tray that asked would
//! never be small again.

/// Entries from which handing pages back is worth it: below, the walk's buffers are smaller than what any allocator
/// keeps.
pub(crate) const WORTH_IT: usize = 10_000;

/// Bytes of an edited file from which it is worth it: a diff takes many times its text.
pub(crate) const LARGE_TEXT: usize = 64 * 1024;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use std::sync::Once;

    /// Blocks from this size on are the system's own and go back when they are freed. glibc's own first value;
    /// setting it keeps it from growing.
    const LARGE_BLOCK: i32 = 128 * 1024;

    #[expect(unsafe_code, reason = "a call into the C library that takes no pointer")]
    pub(crate) fn hold_nothing_back() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // SAFETY: mallopt takes two numbers and its own lock.
            unsafe {
                libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BLOCK);
            }
        });
    }

    /// Hands pages that are free back to the system.
    #[expect(unsafe_code, reason = "a call into the C library that takes no pointer")]
    pub fn give_back() {
        // SAFETY: malloc_trim takes a number, may be called from any thread, and touches only memory that is free.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub use glibc::give_back;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) use glibc::hold_nothing_back;

/// Other allocators give their pages back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod other {
    pub(crate) const fn hold_nothing_back() {}
    /// Nothing to do.
    pub const fn give_back() {}
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub use other::give_back;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) use other::hold_nothing_back;
