//! The queue, the deadlines, the decisions
