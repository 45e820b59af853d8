//! What callers of compiled code use at run time.
