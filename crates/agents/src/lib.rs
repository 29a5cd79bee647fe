//! Each agent's own hook format to and from a request; pure
