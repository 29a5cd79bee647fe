//! Which notifications stand, as a pure function of what happened: one for each request, or one for all of a flood.

use std::collections::HashSet;

use sayso_core::RequestId;

/// Notifications of single requests that stand at once. More than these nobody reads one by one.
pub(super) const SINGLES: usize = 4;

/// What to do with notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Raise one for this request.
    Raise(RequestId),
    /// Close this request's.
    Lower(RequestId),
    /// Raise or renew the one for all, with this count.
    RaiseAll(u32),
    /// Close the one for all.
    LowerAll,
}

/// The notifications that stand.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    singles: HashSet<RequestId>,
    /// The count on the one for all, where that stands.
    all: Option<u32>,
    waiting: u32,
}

impl Shelf {
    /// A request needs a person.
    pub(super) fn needs_person(&mut self, id: RequestId) -> Vec<Step> {
        if self.all.is_some() {
            // The count follows.
            return Vec::new();
        }
        if self.singles.len() >= SINGLES {
            return self.flood();
        }
        if self.singles.insert(id) { vec![Step::Raise(id)] } else { Vec::new() }
    }

    /// More came than could be told of one by one.
    pub(super) fn flood(&mut self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.singles.drain().map(Step::Lower).collect();
        if self.all.is_none() && self.waiting > 0 {
            steps.push(Step::RaiseAll(self.waiting));
            self.all = Some(self.waiting);
        } else if self.all.is_none() {
            // The count is on its way; it raises what is due.
            self.all = Some(0);
        }
        steps
    }

    /// A request ended.
    pub(super) fn ended(&mut self, id: RequestId) -> Vec<Step> {
        if self.singles.remove(&id) { vec![Step::Lower(id)] } else { Vec::new() }
    }

    /// So many wait now.
    pub(super) fn waiting(&mut self, count: u32) -> Vec<Step> {
        self.waiting = count;
        match self.all {
            Some(shown) if count == 0 => {
                self.all = None;
                if shown == 0 { Vec::new() } else { vec![Step::LowerAll] }
            }
            Some(shown) if shown != count => {
                self.all = Some(count);
                vec![Step::RaiseAll(count)]
            }
            _ => Vec::new(),
        }
    }

    /// The person closed a request's notification, or pressed on it.
    pub(super) fn gone(&mut self, id: RequestId) {
        self.singles.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> RequestId {
        RequestId::from_random([n; 16])
    }

    #[test]
    fn each_request_has_one_notification_until_it_ends() {
        let mut shelf = Shelf::default();
        assert_eq!(shelf.needs_person(id(1)), [Step::Raise(id(1))]);
        assert_eq!(shelf.needs_person(id(1)), []);
        assert_eq!(shelf.ended(id(1)), [Step::Lower(id(1))]);
        assert_eq!(shelf.ended(id(1)), []);
    }

    #[test]
    fn a_flood_is_one_notification_that_counts() {
        let mut shelf = Shelf::default();
        for n in 0..4 {
            shelf.needs_person(id(n));
        }
        shelf.waiting(4);
        let steps = shelf.needs_person(id(9));
        assert_eq!(steps.len(), SINGLES + 1);
        assert_eq!(steps.last(), Some(&Step::RaiseAll(4)));
        assert_eq!(shelf.waiting(12), [Step::RaiseAll(12)]);
        assert_eq!(shelf.waiting(12), []);
        assert_eq!(shelf.needs_person(id(10)), []);
        assert_eq!(shelf.waiting(0), [Step::LowerAll]);
        assert_eq!(shelf.needs_person(id(11)), [Step::Raise(id(11))]);
    }

    #[test]
    fn a_flood_that_comes_before_its_count_is_told_with_the_count() {
        let mut shelf = Shelf::default();
        assert_eq!(shelf.flood(), []);
        assert_eq!(shelf.waiting(300), [Step::RaiseAll(300)]);
    }
}
