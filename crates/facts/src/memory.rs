//! Giving memory back after a large check.
//!
//! Counting 200,000 files takes some 40 MB for half a second. The allocator would keep most of that for itself,
//! and the tray at rest would never be small again.

/// Entries from which it is worth it: below, the walk's buffers are smaller than what the allocator keeps anyway.
pub(crate) const WORTH_IT: usize = 10_000;

/// Bytes of an edited file from which it is worth it: a diff takes many times its text.
pub(crate) const LARGE_TEXT: usize = 64 * 1024;

/// Hands the allocator's free pages back to the system. Takes a few milliseconds.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "a call into the C library that takes no pointer")]
pub(crate) fn give_back() {
    // SAFETY: malloc_trim takes a number, may be called from any thread, and touches only memory that is free.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Other allocators give their pages back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) const fn give_back() {}
