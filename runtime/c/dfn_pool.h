/* A pool of threads for libraries made by `dfn build --parallel`: POSIX threads, C99 or C++.
 *
 *     dfn_threads threads;
 *     if (dfn_threads_start(&threads, 4) != 0) return 1;
 *     f_parallel(..., &threads.pool, workspace, f_parallel_workspace_size(..., threads.pool.workers));
 *     dfn_threads_stop(&threads);
 *
 * The thread that calls is one of the workers. Calls of several threads on one pool run one after the other.
 * Link with -pthread. */
#ifndef DFN_THREADS_H
#define DFN_THREADS_H

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#ifndef DFN_POOL
#define DFN_POOL
typedef struct dfn_pool {
    void *context;
    int64_t workers;
    void (*parallel_for)(void *context, int64_t count,
                         void (*body)(void *data, int64_t index, int64_t worker), void *data);
} dfn_pool;
#endif

/* How often a thread looks for work, or for the end of it, before it sleeps. */
#ifndef DFN_THREADS_SPIN
#define DFN_THREADS_SPIN 2000
#endif

struct dfn_threads;

typedef struct dfn_worker {
    struct dfn_threads *threads;
    int64_t number;
    pthread_t thread;
} dfn_worker;

typedef struct dfn_threads {
    dfn_pool pool;       /* what `NAME_parallel` takes */
    dfn_worker *workers; /* the threads beside the one that calls */
    pthread_mutex_t turn; /* held by the caller whose work runs */
    pthread_mutex_t lock; /* protects all below */
    pthread_cond_t work, done;
    int64_t round; /* goes up when there is work */
    int stop;
    int64_t count, next, finished;
    void (*body)(void *data, int64_t index, int64_t worker);
    void *data;
} dfn_threads;

/* Waits a little, with the lock free, until a number changes. It is only a hint. */
static inline void dfn_threads_spin(dfn_threads *threads, const int64_t *number, int64_t old) {
#if DFN_THREADS_SPIN > 0
    pthread_mutex_unlock(&threads->lock);
    for (int k = 0; k < DFN_THREADS_SPIN; k++) {
        if (__atomic_load_n(number, __ATOMIC_RELAXED) != old) break;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    pthread_mutex_lock(&threads->lock);
#else
    (void)threads, (void)number, (void)old;
#endif
}

/* Makes calls as long as there are any. The lock is held before and after. */
static inline void dfn_threads_take(dfn_threads *threads, int64_t worker) {
    while (threads->next < threads->count) {
        int64_t index = threads->next++;
        void (*body)(void *, int64_t, int64_t) = threads->body;
        void *data = threads->data;
        pthread_mutex_unlock(&threads->lock);
        body(data, index, worker);
        pthread_mutex_lock(&threads->lock);
        int64_t finished = threads->finished + 1;
        __atomic_store_n(&threads->finished, finished, __ATOMIC_RELAXED);
        if (finished == threads->count) pthread_cond_signal(&threads->done);
    }
}

static inline void *dfn_threads_main(void *argument) {
    dfn_worker *worker = (dfn_worker *)argument;
    dfn_threads *threads = worker->threads;
    int64_t seen = 0;
    pthread_mutex_lock(&threads->lock);
    for (;;) {
        if (!threads->stop && threads->round == seen) {
            dfn_threads_spin(threads, &threads->round, seen);
        }
        while (!threads->stop && threads->round == seen) {
            pthread_cond_wait(&threads->work, &threads->lock);
        }
        if (threads->stop) break;
        seen = threads->round;
        dfn_threads_take(threads, worker->number);
    }
    pthread_mutex_unlock(&threads->lock);
    return NULL;
}

static inline void dfn_threads_for(void *context, int64_t count,
                                   void (*body)(void *data, int64_t index, int64_t worker),
                                   void *data) {
    dfn_threads *threads = (dfn_threads *)context;
    if (count <= 0) return;
    pthread_mutex_lock(&threads->turn);
    pthread_mutex_lock(&threads->lock);
    threads->body = body;
    threads->data = data;
    threads->count = count;
    threads->next = 0;
    __atomic_store_n(&threads->finished, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&threads->round, threads->round + 1, __ATOMIC_RELAXED);
    pthread_cond_broadcast(&threads->work);
    dfn_threads_take(threads, 0);
    for (;;) {
        int64_t finished = threads->finished;
        if (finished == count) break;
        dfn_threads_spin(threads, &threads->finished, finished);
        if (threads->finished == finished) pthread_cond_wait(&threads->done, &threads->lock);
    }
    pthread_mutex_unlock(&threads->lock);
    pthread_mutex_unlock(&threads->turn);
}

/* Ends the threads; no call may be running. */
static inline void dfn_threads_stop(dfn_threads *threads) {
    pthread_mutex_lock(&threads->lock);
    threads->stop = 1;
    pthread_cond_broadcast(&threads->work);
    pthread_mutex_unlock(&threads->lock);
    for (int64_t k = 0; k + 1 < threads->pool.workers; k++) {
        pthread_join(threads->workers[k].thread, NULL);
    }
    free(threads->workers);
    pthread_cond_destroy(&threads->work);
    pthread_cond_destroy(&threads->done);
    pthread_mutex_destroy(&threads->lock);
    pthread_mutex_destroy(&threads->turn);
}

/* Starts a pool of `workers`, the calling thread included: 0, or -1 if the system has not so many threads or
 * no memory. The pool must stay where it is until it is stopped. */
static inline int dfn_threads_start(dfn_threads *threads, int64_t workers) {
    if (workers < 1) return -1;
    threads->pool.context = threads;
    threads->pool.workers = 1;
    threads->pool.parallel_for = dfn_threads_for;
    threads->round = threads->count = threads->next = threads->finished = 0;
    threads->stop = 0;
    threads->body = NULL;
    threads->data = NULL;
    threads->workers = (dfn_worker *)malloc((size_t)workers * sizeof(dfn_worker));
    if (threads->workers == NULL) return -1;
    pthread_mutex_init(&threads->turn, NULL);
    pthread_mutex_init(&threads->lock, NULL);
    pthread_cond_init(&threads->work, NULL);
    pthread_cond_init(&threads->done, NULL);
    while (threads->pool.workers < workers) {
        dfn_worker *worker = &threads->workers[threads->pool.workers - 1];
        worker->threads = threads;
        worker->number = threads->pool.workers;
        if (pthread_create(&worker->thread, NULL, dfn_threads_main, worker) != 0) {
            dfn_threads_stop(threads);
            return -1;
        }
        threads->pool.workers++;
    }
    return 0;
}

#endif
