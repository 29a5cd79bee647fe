//! How much room there is: connections, files and bytes, in all, for each uid and for each connection.
//!
//! Invariant: whatever is taken is held by a value and given back when that value is dropped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::limits;

/// A count with a most.
#[derive(Debug, Default)]
struct Count(AtomicUsize);

impl Count {
    fn take(&self, n: usize, most: usize) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(n).filter(|&sum| sum <= most)
            })
            .is_ok()
    }

    fn give_back(&self, n: usize) {
        self.0.fetch_sub(n, Ordering::Relaxed);
    }
}

/// All the room there is.
#[derive(Debug)]
pub(crate) struct House {
    bytes: Count,
    connections: Count,
    files: Count,
    files_at_most: usize,
    tenants: Mutex<HashMap<u32, Arc<Tenant>>>,
}

/// What one uid has of it.
#[derive(Debug, Default)]
struct Tenant {
    bytes: Count,
    connections: Count,
}

/// Why there is no room for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl House {
    /// The room of a process that may open this many files.
    pub(crate) fn new(files: usize) -> Self {
        Self {
            bytes: Count::default(),
            connections: Count::default(),
            files: Count::default(),
            files_at_most: files.saturating_sub(limits::FILES_KEPT_BACK),
            tenants: Mutex::default(),
        }
    }

    /// Room for one connection of this uid: two files (its socket and its process) until
    /// [`Room::shares_its_process`] says that one is enough.
    pub(crate) fn enter(self: &Arc<Self>, uid: u32) -> Result<Arc<Room>, Full> {
        let tenant =
            Arc::clone(self.tenants.lock().unwrap_or_else(PoisonError::into_inner).entry(uid).or_default());
        if !self.files.take(2, self.files_at_most) {
            return Err(Full);
        }
        if !self.connections.take(1, limits::CONNECTIONS) {
            self.files.give_back(2);
            return Err(Full);
        }
        if !tenant.connections.take(1, limits::CONNECTIONS_PER_UID) {
            self.files.give_back(2);
            self.connections.give_back(1);
            return Err(Full);
        }
        Ok(Arc::new(Room {
            house: Arc::clone(self),
            tenant,
            bytes: Count::default(),
            files: AtomicUsize::new(2),
        }))
    }
}

/// What one connection has.
#[derive(Debug)]
pub(crate) struct Room {
    house: Arc<House>,
    tenant: Arc<Tenant>,
    bytes: Count,
    files: AtomicUsize,
}

impl Room {
    /// Another connection holds the file of the same process.
    pub(crate) fn shares_its_process(&self) {
        if self.files.swap(1, Ordering::Relaxed) == 2 {
            self.house.files.give_back(1);
        }
    }

    fn take(&self, n: usize, long: bool) -> bool {
        let most = if long { limits::BYTES_FOR_LONG_LINES } else { limits::BYTES_IN_ALL };
        if !self.bytes.take(n, limits::BYTES_PER_CONNECTION) {
            return false;
        }
        if !self.tenant.bytes.take(n, limits::BYTES_PER_UID.min(most)) {
            self.bytes.give_back(n);
            return false;
        }
        if !self.house.bytes.take(n, most) {
            self.bytes.give_back(n);
            self.tenant.bytes.give_back(n);
            return false;
        }
        true
    }

    fn give_back(&self, n: usize) {
        self.bytes.give_back(n);
        self.tenant.bytes.give_back(n);
        self.house.bytes.give_back(n);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.house.files.give_back(*self.files.get_mut());
        self.house.connections.give_back(1);
        self.tenant.connections.give_back(1);
    }
}

/// Bytes that are held; given back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    room: Arc<Room>,
    bytes: usize,
}

impl Held {
    /// Nothing yet.
    pub(crate) const fn nothing(room: Arc<Room>) -> Self {
        Self { room, bytes: 0 }
    }

    /// Holds this many bytes from now on, or as many as before where there is no room.
    pub(crate) fn set(&mut self, bytes: usize) -> bool {
        if bytes > self.bytes {
            if !self.room.take(bytes - self.bytes, bytes > limits::LONG_LINE_BYTES) {
                return false;
            }
        } else if bytes < self.bytes {
            self.room.give_back(self.bytes - bytes);
        }
        self.bytes = bytes;
        true
    }

    /// What is held, moved out.
    pub(crate) fn moved(&mut self) -> Self {
        Self { room: Arc::clone(&self.room), bytes: std::mem::take(&mut self.bytes) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back_when_it_is_dropped() {
        let house = Arc::new(House::new(limits::FILES_KEPT_BACK + 4));
        let one = house.enter(1).unwrap();
        let two = house.enter(1).unwrap();
        assert_eq!(house.enter(1).unwrap_err(), Full);
        two.shares_its_process();
        two.shares_its_process();
        assert_eq!(house.enter(1).unwrap_err(), Full);
        let mut held = Held::nothing(Arc::clone(&one));
        assert!(held.set(limits::BYTES_PER_CONNECTION));
        assert!(!held.set(limits::BYTES_PER_CONNECTION + 1));
        drop((held, one, two));
        assert_eq!(house.files.0.load(Ordering::Relaxed), 0);
        assert_eq!(house.bytes.0.load(Ordering::Relaxed), 0);
        assert_eq!(house.connections.0.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn long_lines_leave_room_for_short_ones_and_one_uid_for_another() {
        let house = Arc::new(House::new(10_000));
        let mut flood = Vec::new();
        while let Ok(room) = house.enter(1) {
            let mut held = Held::nothing(room);
            if !held.set(limits::BYTES_PER_CONNECTION) {
                break;
            }
            flood.push(held);
        }
        assert_eq!(flood.len(), limits::BYTES_FOR_LONG_LINES / limits::BYTES_PER_CONNECTION);
        let mut short = Held::nothing(house.enter(1).unwrap());
        assert!(short.set(limits::LONG_LINE_BYTES));
        let mut other = Held::nothing(house.enter(2).unwrap());
        assert!(other.set(limits::LONG_LINE_BYTES));
    }
}
