//! Who has how much of the queue, so that one flood leaves room for everybody else.
//!
//! Invariant: what was taken for a request is given back with the same peer and the same bytes; a sharer that has
//! nothing left is forgotten.

use std::collections::HashMap;

use sayso_core::request::Peer;

use crate::limits;

/// Somebody whose part of the queue has a most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sharer {
    User(u32),
    /// A process, or one that started it. 0 for all that have no number here.
    Process(u32),
}

/// What one of them has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Share {
    count: usize,
    bytes: usize,
}

impl Share {
    fn has_room(self, weight: usize, most: Self) -> bool {
        self.count < most.count && self.bytes.saturating_add(weight) <= most.bytes
    }
}

const OF_ALL: Share = Share { count: limits::WAITING, bytes: limits::WAITING_BYTES };
const OF_PROCESS: Share =
    Share { count: limits::WAITING_OF_ONE_PROCESS, bytes: limits::WAITING_BYTES_OF_ONE_PROCESS };
const OF_OTHER_USER: Share =
    Share { count: limits::WAITING_OF_OTHER_USER, bytes: limits::WAITING_BYTES_OF_OTHER_USER };

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// For anybody.
    ForAll,
    /// For this asker; others are still taken in.
    ForOne,
}

/// The shares of all that have something in the queue.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    all: Share,
    of: HashMap<Sharer, Share>,
}

impl Shares {
    /// Whether one more request of this many bytes fits.
    pub(crate) fn has_room(&self, peer: &Peer, same_user: bool, weight: usize) -> Result<(), Full> {
        if !self.all.has_room(weight, OF_ALL) {
            return Err(Full::ForAll);
        }
        let fits = sharers(peer).all(|sharer| {
            let share = self.of.get(&sharer).copied().unwrap_or_default();
            match sharer {
                Sharer::User(_) => same_user || share.has_room(weight, OF_OTHER_USER),
                Sharer::Process(_) => share.has_room(weight, OF_PROCESS),
            }
        });
        if fits { Ok(()) } else { Err(Full::ForOne) }
    }

    /// One more request, room or not.
    pub(crate) fn take(&mut self, peer: &Peer, weight: usize) {
        let add = |share: &mut Share| {
            share.count += 1;
            share.bytes = share.bytes.saturating_add(weight);
        };
        add(&mut self.all);
        sharers(peer).for_each(|sharer| add(self.of.entry(sharer).or_default()));
    }

    /// One less.
    pub(crate) fn give_back(&mut self, peer: &Peer, weight: usize) {
        let less = |share: &mut Share| {
            share.count = share.count.saturating_sub(1);
            share.bytes = share.bytes.saturating_sub(weight);
        };
        less(&mut self.all);
        for sharer in sharers(peer) {
            if let Some(share) = self.of.get_mut(&sharer) {
                less(share);
                if share.count == 0 {
                    self.of.remove(&sharer);
                }
            }
        }
    }
}

/// Everybody at whose expense a request of this peer waits: its user, and the processes nearest to it. Not the first
/// process of all, which everybody has above them.
fn sharers(peer: &Peer) -> impl Iterator<Item = Sharer> {
    let near = peer.processes.iter().take(limits::NEAR_PROCESSES).map(|process| process.pid);
    let unknown = peer.processes.is_empty().then_some(0);
    let processes = near.filter(|&pid| pid > 1).chain(unknown).map(Sharer::Process);
    std::iter::once(Sharer::User(peer.uid)).chain(processes)
}

#[cfg(test)]
mod tests {
    use sayso_core::request::PeerProcess;

    use super::*;

    fn peer(uid: u32, pids: &[u32]) -> Peer {
        let process = |&pid| PeerProcess { pid, program: None, command_line: String::new() };
        Peer { uid, user: None, processes: pids.iter().map(process).collect() }
    }

    #[test]
    fn an_agent_that_floods_through_children_leaves_room_for_others() {
        let mut shares = Shares::default();
        // Each asks from a process of its own below the same agent, 7.
        let asker = |n: u32| peer(1000, &[10_000 + n, 7, 5, 3, 1]);
        let mut count = 0;
        while shares.has_room(&asker(count), true, 10).is_ok() {
            shares.take(&asker(count), 10);
            count += 1;
        }
        assert_eq!(count as usize, limits::WAITING_OF_ONE_PROCESS);
        assert_eq!(shares.has_room(&asker(count), true, 10), Err(Full::ForOne));
        assert_eq!(shares.has_room(&peer(1000, &[9, 8, 6, 3, 1]), true, 10), Ok(()));
        (0..count).for_each(|n| shares.give_back(&asker(n), 10));
        assert_eq!((shares.all, shares.of.len()), (Share::default(), 0));
    }

    #[test]
    fn large_requests_of_one_agent_and_those_without_a_number_leave_room_too() {
        for flood in [peer(1000, &[7]), peer(1000, &[])] {
            let mut shares = Shares::default();
            shares.take(&flood, limits::WAITING_BYTES_OF_ONE_PROCESS);
            assert_eq!(shares.has_room(&flood, true, 1), Err(Full::ForOne));
            assert_eq!(shares.has_room(&peer(1000, &[8]), true, 1), Ok(()));
        }
    }

    #[test]
    fn another_user_has_less_and_everybody_together_no_more_than_all() {
        let mut shares = Shares::default();
        shares.take(&peer(2000, &[7]), limits::WAITING_BYTES_OF_OTHER_USER);
        assert_eq!(shares.has_room(&peer(2000, &[8]), false, 1), Err(Full::ForOne));
        assert_eq!(shares.has_room(&peer(2000, &[8]), true, 1), Ok(()));
        shares.take(&peer(1000, &[9]), limits::WAITING_BYTES - limits::WAITING_BYTES_OF_OTHER_USER);
        assert_eq!(shares.has_room(&peer(3000, &[10]), false, 1), Err(Full::ForAll));
    }
}
