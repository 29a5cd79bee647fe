//! Programs that send requests or files: `curl`, `wget`, `http`, `gh api`, `nc`, `scp`, `rsync`, `ssh`.

use super::Call;
use crate::Findings;

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(_call: &Call<'_>, _findings: &mut Findings) -> bool {
    false
}
