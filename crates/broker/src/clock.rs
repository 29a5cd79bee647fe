//! The two clocks, read from the system, and the name of this boot.

use std::time::{SystemTime, UNIX_EPOCH};

use sayso_core::{Now, Tick, UnixMs};

/// Reads both clocks.
pub trait Clock: Send + Sync {
    /// Both clocks at once.
    fn now(&self) -> Now;
}

/// The system's clocks: `CLOCK_BOOTTIME` (counts suspend, cannot be set) and the wall.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let boot = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let ms = boot.tv_sec.unsigned_abs() * 1000 + boot.tv_nsec.unsigned_abs() / 1_000_000;
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Now { tick: Tick(ms), wall: UnixMs(i64::try_from(wall).unwrap_or(i64::MAX)) }
    }
}

/// Names one boot of the machine. Ticks of different boots cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootId(pub String);

impl BootId {
    /// The kernel's random boot id.
    ///
    /// # Errors
    /// If `/proc/sys/kernel/random/boot_id` cannot be read.
    pub fn of_this_boot() -> std::io::Result<Self> {
        Ok(Self(std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned()))
    }
}
