//! Package tools and builds: `apt`, `npm`, `pip`, `cargo`, `docker build` and their kin.

use super::Call;
use crate::Findings;

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(_call: &Call<'_>, _findings: &mut Findings) -> bool {
    false
}
