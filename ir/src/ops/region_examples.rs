//! The bodies of functions that show regions at work; the primitives' files say what each shows.

pub(super) const FOR_CARRIES: &str = "%one = const {value = f64 1.0} : f64
     %zero = const {value = f64 0.0} : f64[%n]
     %acc = acc_new %zero : acc f64[%n]
     %v, %b, %c = for [%n] %x, %acc, %one {direction = up} : f64[%n], acc f64[%n], f64 do {
       (%i: i64, %w: f64[%n], %a: acc f64[%n], %t: f64):
       %e = index %w, %i : f64
       %m = mul %e, %y : f64
       %a2 = acc_add %a, %m, %i : acc f64[%n]
       %w2 = mul %w, %x : f64[%n]
       %t2 = mul %t, %e : f64
       yield %w2, %a2, %t2
     }
     %r = acc_read %b : f64[%n]
     %s = add %r, %v : f64[%n]
     return %s, %c";

pub(super) const FOR_EMPTY: &str =
    "%y = for [%n] %x {direction = up} : f64 do { (%i: i64, %s: f64): %t = sin %s : f64 yield %t }
     return %y";

pub(super) const FOR_RECURRENCE: &str = "%k = const {value = i64 0} : i64
     %last, %count, %all = for [%n] %x, %k {direction = DIRECTION} : f64, i64, f64[%n] do {
       (%i: i64, %s: f64, %k2: i64):
       %ai = index %a, %i : f64
       %p = mul %ai, %s : f64
       %q = sin %p : f64
       %next = fma %h, %q, %s : f64
       %step = const {value = i64 1} : i64
       %k3 = add %k2, %step : i64
       yield %next, %k3, %q
     }
     return %last, %all";

pub(super) const IF_ACCUMULATOR: &str = "%sq = mul %x, %x : f64[3]
     %a = acc_new %sq : acc f64[3]
     %b = if %c : acc f64[3] do {
       %i = const {value = i64 2} : i64
       %s = sin %y : f64
       %a2 = acc_add %a, %s, %i : acc f64[3]
       yield %a2
     } else {
       yield %a
     }
     %r = acc_read %b : f64[3]
     return %r";

pub(super) const IF_ARMS: &str = "%a, %b = if %c : f64, f64[2] do {
       %s = sin %x : f64
       %t = mul %s, %x : f64
       yield %t, %y
     } else {
       %i = const {value = i64 1} : i64
       %e = index %y, %i : f64
       %p = mul %e, %x : f64
       %q = mul %y, %y : f64[2]
       yield %p, %q
     }
     return %a, %b";

pub(super) const IF_LOCALLY_CONSTANT: &str = "%a = if %c : f64 do {
       %r = round %x {to = floor} : f64
       yield %r
     } else {
       %s = sign %x : f64
       yield %s
     }
     %p, %q = if %c : f64, f64 do {
       %u = round %y {to = floor} : f64
       %xx = mul %x, %x : f64
       yield %u, %xx
     } else {
       %v = sign %y : f64
       yield %v, %x
     }
     %ap = mul %a, %x : f64
     %pp = mul %p, %p : f64
     return %ap, %pp";

pub(super) const IF_NESTED: &str = "%a = if %c : f64[2] do {
       %b = if %d : f64[2] do {
         %e = exp %x : f64[2]
         yield %e
       } else {
         yield %x
       }
       yield %b
     } else {
       %z = const {value = f64 3.0} : f64[2]
       yield %z
     }
     return %a";

pub(super) const MAP_CONSTANT: &str =
    "%z = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
       (%i: i64):
       %a = index %x, %i : f64
       %p = sign %a : f64
       yield %p
     }
     %cs = broadcast %c {axes = []} : f64[%n]
     %y = mul %z, %cs : f64[%n]
     return %y";

pub(super) const MAP_EMPTY: &str =
    "%z, %s = map [%n] {yields = 1, sums = 1, accs = 0} : f64[%n], f64 do {
       (%i: i64):
       %a = index %x, %i : f64
       %p = mul %a, %c : f64
       yield %p, %p
     }
     return %z, %s";

pub(super) const MAP_GATHER: &str = "%y = map [3] {yields = 1, sums = 0, accs = 0} : f64[3, 2] do {
       (%i: i64):
       %j = index %k, %i : i64
       %row = index %x, %j : f64[2]
       %r = map [2] {yields = 1, sums = 0, accs = 0} : f64[2] do {
         (%l: i64):
         %e = index %row, %l : f64
         %q = mul %e, %e : f64
         yield %q
       }
       %p = mul %r, %row : f64[2]
       yield %p
     }
     return %y";

pub(super) const MAP_HISTOGRAM: &str = "%sq = mul %y, %y : f64[2]
     %a = acc_new %sq : acc f64[2]
     %s, %b = map [4] %a {yields = 0, sums = 1, accs = 1} : f64[2], acc f64[2] do {
       (%i: i64, %in: acc f64[2]):
       %j = index %k, %i : i64
       %e = index %x, %i : f64
       %q = exp %e : f64
       %out = acc_add %in, %q, %j : acc f64[2]
       %es = broadcast %e {axes = []} : f64[2]
       %t = mul %es, %y : f64[2]
       yield %t, %out
     }
     %r = acc_read %b : f64[2]
     return %r, %s";

pub(super) const MAP_OUTER_PRODUCT: &str =
    "%z, %s = map [%n, %m] {yields = 1, sums = 1, accs = 0} : f64[%n, %m], f64 do {
       (%i: i64, %j: i64):
       %a = index %x, %i : f64
       %b = index %y, %j : f64
       %p = mul %a, %b : f64
       %q = sin %p : f64
       %r = mul %q, %c : f64
       yield %r, %q
     }
     return %z, %s";

pub(super) const WHILE_CARRIES: &str = "%one = const {value = f64 1.0} : f64
     %y, %l, %o, %n = while %x, %k, %one : f64[3], i64, f64, i64 do {
       (%s: f64[3], %i: i64, %u: f64):
       %three = const {value = i64 3} : i64
       %again = compare %i, %three {how = lt} : bool
       yield %again
     } else {
       (%t: f64[3], %j: i64, %v: f64):
       %cs = broadcast %c {axes = []} : f64[3]
       %p = mul %t, %cs : f64[3]
       %q = sin %p : f64[3]
       %step = const {value = i64 1} : i64
       %m = add %j, %step : i64
       yield %q, %m, %v
     }
     return %y, %o";

pub(super) const WHILE_NEVER: &str = "%y, %n = while %x : f64, i64 do {
       (%s: f64):
       %no = const {value = bool false} : bool
       yield %no
     } else {
       (%t: f64):
       %q = sin %t : f64
       yield %q
     }
     return %y";

pub(super) const WHILE_NEWTON: &str = "%y, %n = while %x : f64, i64 do {
       (%s: f64):
       %sq = mul %s, %s : f64
       %gap = sub %sq, %a : f64
       %size = abs %gap : f64
       %eps = const {value = f64 0.01} : f64
       %again = compare %eps, %size {how = lt} : bool
       yield %again
     } else {
       (%t: f64):
       %q = div %a, %t : f64
       %sum = add %t, %q : f64
       %half = const {value = f64 0.5} : f64
       %next = mul %half, %sum : f64
       yield %next
     }
     return %y, %n";
