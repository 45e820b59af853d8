/* Trains the model of logistic.dfn on breast_cancer.csv by Newton's method. */
#include "logistic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A call that must succeed. */
static void check(int status, const char *what) {
    if (status != DFN_OK) {
        fprintf(stderr, "%s: status %d (see logistic.h)\n", what, status);
        exit(1);
    }
}

static double *numbers(int64_t count) {
    double *memory = calloc((size_t)(count > 0 ? count : 1), sizeof *memory);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

/* Reads the file: a line `n,d,...`, then n lines of d features and a label. */
static void read_data(const char *path, int64_t *n, int64_t *d, double **x, uint8_t **y) {
    char line[4096];
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    char *at = line;
    *n = strtoll(at, &at, 10);
    *d = strtoll(at + 1, &at, 10);
    *x = numbers(*n * *d);
    *y = calloc((size_t)*n, 1);
    for (int64_t i = 0; i < *n && fgets(line, sizeof line, file) != NULL; i++) {
        at = line;
        for (int64_t j = 0; j < *d; j++) {
            (*x)[i * *d + j] = strtod(at, &at);
            at++;
        }
        (*y)[i] = strtol(at, NULL, 10) == 1;
    }
    fclose(file);
}

int main(int argc, char **argv) {
    int64_t n, d;
    double *raw;
    uint8_t *y;
    read_data(argc > 1 ? argv[1] : "breast_cancer.csv", &n, &d, &raw, &y);

    int64_t k = d + 1;
    double *x = numbers(n * d), *v = numbers(k), *next = numbers(k);
    double *gradient = numbers(k), *hessian = numbers(k * k);
    double loss, length, accurate;

    check(standardise(n, d, raw, x), "standardise");
    for (int step = 0;; step++) {
        check(objective_grad(n, d, v, x, y, &loss, gradient), "objective_grad");
        check(norm(k, gradient, &length), "norm");
        if (length < 1e-8) {
            break;
        }
        if (step == 100) {
            fprintf(stderr, "no convergence\n");
            return 1;
        }
        check(objective_hessian(n, d, v, x, y, hessian), "objective_hessian");
        check(newton_update(k, v, gradient, hessian, next), "newton_update");
        memcpy(v, next, (size_t)k * sizeof *v);
    }
    check(accuracy(n, d, v, x, y, &accurate), "accuracy");

    printf("loss %.17g\naccuracy %.17g\n", loss, accurate);
    for (int64_t j = 0; j < d; j++) {
        printf("w[%d] %.17g\n", (int)j, v[j]);
    }
    printf("b %.17g\n", v[d]);
    free(raw), free(y), free(x), free(v), free(next), free(gradient), free(hessian);
    return 0;
}
