//! Two clocks, never mixed up.
//!
//! - [`Tick`]: milliseconds since boot, counting suspend (`CLOCK_BOOTTIME`). Deadlines and lapses run on it: no
//!   change of the wall clock can move it.
//! - [`UnixMs`]: the wall clock, for people to read and for the `iat`/`exp` of a receipt. It decides nothing here.
//!
//! Reading either clock is I/O and happens elsewhere; functions here are handed a [`Now`].

use serde::{Deserialize, Serialize};

/// Milliseconds since this machine booted, suspend included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tick(pub u64);

impl Tick {
    /// This tick plus `ms` milliseconds; stays at the end of time rather than wrapping to its start.
    pub const fn after_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `self` until `later`; 0 if `later` is past.
    pub const fn ms_until(self, later: Self) -> u64 {
        later.0.saturating_sub(self.0)
    }
}

/// Milliseconds since 1970-01-01T00:00Z by the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(type = "number"))]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// Whole seconds, as JWT's NumericDate has them.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// One reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The clock that deadlines run on.
    pub tick: Tick,
    /// The clock that people read.
    pub wall: UnixMs,
}
