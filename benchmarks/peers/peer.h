// What the contenders with tapes share. `tape.h` is that of the tool: the types `Number`, of what is differentiated,
// and `Data`, of what changes between calls without being differentiated, and the class `Tape`.
#pragma once
#include "tape.h"
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>

inline double smaller(double a, double b) { return a < b ? a : b; }
inline double larger(double a, double b) { return a > b ? a : b; }

using Sizes = std::array<int64_t, 4>;

// The tape for these sizes; `record` makes it at the first call.
template <class Record>
Tape &recorded(std::map<Sizes, std::unique_ptr<Tape>> &tapes, Sizes sizes, Record record) {
    auto &tape = tapes[sizes];
    if (!tape) tape.reset(record());
    return *tape;
}

// These contenders have memory of their own.
#define NO_WORKSPACE(name, ...) \
    extern "C" int name##_workspace(__VA_ARGS__, int64_t *bytes) { return *bytes = 0, 0; }
