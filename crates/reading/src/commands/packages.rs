//! Package tools and builds: `apt`, `npm`, `pip`, `cargo`, `docker build` and their kin.

use std::sync::LazyLock;

use super::Call;
use super::rows::Table;
use crate::Findings;

const TEXTS: &[&str] = &[include_str!("../../data/commands/packages.txt")];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(TEXTS));

/// Reads `call`. Whether it is one of this room's.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    TABLE.read(call, findings)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_of_the_data_is_a_row() {
        assert_eq!(super::super::rows::odd_lines(super::TEXTS), Vec::<&str>::new());
    }
}
