//! Request, reading and facts to allow, ask or deny; pure
