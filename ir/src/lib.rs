//! The intermediate representations of dfn.
