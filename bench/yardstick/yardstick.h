/*
 * For each request, how many requests later the same page is requested again; NEVER if it is not. Only policies that need
 * it have it.
 */
extern const uint32_t *gaps;

#define NEVER UINT32_MAX

/* One replay for each policy: `count` requests with `capacity` frames. Returns the number of misses. */
#ifndef YARDSTICK_H
#define YARDSTICK_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t replay(const uint64_t *keys, size_t count, uint32_t capacity);

replay replay_fifo, replay_lru, replay_clock, replay_sieve, replay_arc, replay_s3_fifo, replay_qdlp, replay_tinylfu,
  replay_lfu, replay_lfuda, replay_lecar, replay_cacheus, replay_hyperbolic, replay_lhd, replay_opt;

#endif
