//! Targets to facts: all reads of the outside world
