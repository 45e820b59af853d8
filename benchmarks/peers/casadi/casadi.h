// Calls of what CasADi has generated: `primal` and `derivative`, for one case.
#pragma once
#include "code.c"
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

// A generated function with the memory that it asks for.
template <auto RUN, auto WORK>
struct Function {
    std::vector<const double *> arg;
    std::vector<double *> res;
    std::vector<casadi_int> iw;
    std::vector<double> w;

    Function() {
        casadi_int args, results, integers, numbers;
        WORK(&args, &results, &integers, &numbers);
        arg.resize(args), res.resize(results), iw.resize(integers), w.resize(numbers);
    }

    int operator()(std::initializer_list<const double *> in, std::initializer_list<double *> out) {
        std::copy(in.begin(), in.end(), arg.begin());
        std::copy(out.begin(), out.end(), res.begin());
        return RUN(arg.data(), res.data(), iw.data(), w.data(), 0);
    }
};

static Function<primal, primal_work> run_primal;
static Function<derivative, derivative_work> run_derivative;

// The memory is the contender's own.
#define NO_WORKSPACE(name, ...) \
    extern "C" int name##_workspace(__VA_ARGS__, int64_t *bytes) { return *bytes = 0, 0; }
