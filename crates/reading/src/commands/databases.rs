//! Clients of databases: `psql`, `mysql`, `sqlite3`, `redis-cli`, `mongosh` and their kin.

use super::Call;
use crate::Findings;

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(_call: &Call<'_>, _findings: &mut Findings) -> bool {
    false
}
