#ifndef DFN_POOL
#define DFN_POOL
/* Threads of the caller. `parallel_for` calls `body(data, index, worker)` once for each index from 0 to
 * count - 1, on any threads and in any order, and returns when all calls have. `worker` is at least 0 and
 * less than `workers`; calls that run at the same time have different ones. */
typedef struct dfn_pool {
    void *context; /* handed to `parallel_for` */
    int64_t workers; /* at least 1 */
    void (*parallel_for)(void *context, int64_t count,
                         void (*body)(void *data, int64_t index, int64_t worker), void *data);
} dfn_pool;
#endif

