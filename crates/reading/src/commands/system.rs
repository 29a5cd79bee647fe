//! Programs that change the machine: disks, permissions, users, processes, services, schedules.

use super::Call;
use crate::Findings;

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(_call: &Call<'_>, _findings: &mut Findings) -> bool {
    false
}
