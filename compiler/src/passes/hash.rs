//! Maps and sets of entities, which are numbers: hashed fast. Nobody looks at their order.

use rustc_hash::FxBuildHasher;
use std::collections::{HashMap, HashSet};

/// A map.
pub(super) type FxHashMap<K, V> = HashMap<K, V, FxBuildHasher>;

/// A set.
pub(super) type FxHashSet<T> = HashSet<T, FxBuildHasher>;
