//! The bytes of an action to what it would do; pure
