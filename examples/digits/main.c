/* Trains the networks of digits.dfn on digits.csv: `train mlp EPOCHS` or `train cnn EPOCHS`. */
#include "digits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 1797, TRAINED = 1198, HELD_OUT = IMAGES - TRAINED, POINTS = 64, BATCH = 32 };

/* A call that must succeed. */
static void check(int status, const char *what) {
    if (status != DFN_OK) {
        fprintf(stderr, "%s: status %d (see digits.h)\n", what, status);
        exit(1);
    }
}

static void *memory(size_t bytes) {
    void *found = calloc(1, bytes);
    if (found == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return found;
}

/* Reads the images, one a line: 64 points and the label. */
static void read_data(const char *path, double *images, int64_t *labels) {
    char line[1024];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    for (int i = 0; i < IMAGES; i++) {
        if (fgets(line, sizeof line, file) == NULL) {
            fprintf(stderr, "%s has fewer than %d images\n", path, IMAGES);
            exit(1);
        }
        char *at = line;
        for (int j = 0; j < POINTS; j++) {
            images[i * POINTS + j] = strtod(at, &at);
            at++;
        }
        labels[i] = strtol(at, NULL, 10);
    }
    fclose(file);
}

/* The parts of a network. */
struct network {
    int64_t size;
    int (*start)(int64_t, double *);
    int (*step)(int64_t, const double *, const Adam *, const double *, const int64_t *, double, double *, double *, Adam *);
    int (*accuracy)(int64_t, const double *, const double *, const int64_t *, double *);
};

int main(int argc, char **argv) {
    const struct network mlp = {4810, mlp_start, mlp_step, mlp_accuracy};
    const struct network cnn = {810, cnn_start, cnn_step, cnn_accuracy};
    const struct network net = argc > 1 && strcmp(argv[1], "cnn") == 0 ? cnn : mlp;
    int epochs = argc > 2 ? atoi(argv[2]) : 20;

    double *raw = memory(IMAGES * POINTS * sizeof *raw), *all = memory(IMAGES * POINTS * sizeof *all);
    int64_t *raw_labels = memory(IMAGES * sizeof *raw_labels), *labels = memory(IMAGES * sizeof *labels);
    int64_t *at = memory(IMAGES * sizeof *at);
    read_data(argc > 3 ? argv[3] : "digits.csv", raw, raw_labels);

    /* All images in a random order: the first two thirds are learnt, the rest is held out. */
    check(order(IMAGES, 1, 0, at), "order");
    check(batch(IMAGES, IMAGES, raw, raw_labels, at, all, labels), "batch");

    size_t bytes = (size_t)net.size * sizeof(double);
    double *v = memory(bytes), *next = memory(bytes);
    Adam state = {memory(bytes), memory(bytes), 0}, after = {memory(bytes), memory(bytes), 0};
    check(net.start(1, v), "start");
    double x[BATCH * POINTS], loss = 0, accurate;
    int64_t y[BATCH];
    for (int epoch = 1; epoch <= epochs; epoch++) {
        double total = 0;
        check(order(TRAINED, 1, epoch, at), "order");
        for (int k = 0; k + BATCH <= TRAINED; k += BATCH) {
            for (int i = 0; i < BATCH; i++) {
                memcpy(x + i * POINTS, all + at[k + i] * POINTS, POINTS * sizeof *x);
                y[i] = labels[at[k + i]];
            }
            check(net.step(BATCH, v, &state, x, y, 0.003, &loss, next, &after), "step");
            double *old = v;
            v = next, next = old;
            Adam previous = state;
            state = after, after = previous;
            total += loss;
        }
        printf("epoch %d loss %.17g\n", epoch, total / (TRAINED / BATCH));
    }
    check(net.accuracy(TRAINED, v, all, labels, &accurate), "accuracy");
    printf("learnt %.4f\n", accurate);
    check(net.accuracy(HELD_OUT, v, all + TRAINED * POINTS, labels + TRAINED, &accurate), "accuracy");
    printf("held out %.4f\n", accurate);
    return 0;
}
