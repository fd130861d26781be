/*
 * yardstick POLICY CAPACITY < KEYS    replays u64 keys, three times; prints `misses seconds`, the best time
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ids.h"
#include "yardstick.h"

const uint32_t *gaps;

static const struct {
  const char *name;
  replay *run;
  bool needs_future;
} policies[] = {
  {"fifo", replay_fifo},
  {"lru", replay_lru},
  {"clock", replay_clock},
  {"sieve", replay_sieve},
  {"arc", replay_arc},
  {"s3-fifo", replay_s3_fifo},
  {"qdlp", replay_qdlp},
  {"tinylfu", replay_tinylfu},
  {"lfu", replay_lfu},
  {"lfuda", replay_lfuda},
  {"lecar", replay_lecar},
  {"cacheus", replay_cacheus},
  {"hyperbolic", replay_hyperbolic},
  {"lhd", replay_lhd},
  {"opt", replay_opt, true},
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static uint64_t *read_keys(size_t *count) {
  size_t room = 1 << 20;
  uint64_t *keys = malloc(room * sizeof *keys);
  *count = 0;
  while (keys != NULL) {
    size_t got = fread(keys + *count, sizeof *keys, room - *count, stdin);
    *count += got;
    if (*count < room) return keys;
    room *= 2;
    keys = realloc(keys, room * sizeof *keys);
  }
  exit(3);
}

/* assembly/engine/future.ts in C, for fewer than 2^32 requests. */
static uint32_t *foresee(const uint64_t *keys, size_t count) {
  struct ids ids = {0};
  ids_resize(&ids, FIRST_BUCKETS);
  uint32_t *numbers = zeroed(count, sizeof *numbers);
  ids_number_all(&ids, keys, (uint32_t)count, numbers);
  free(ids.table);
  uint32_t *uses = zeroed(ids.count, sizeof *uses); /* the next use of each page, counted from 1 */
  for (size_t n = count; n-- > 0;) {
    uint32_t *use = uses + numbers[n];
    numbers[n] = *use == 0 ? NEVER : *use - (uint32_t)n - 1;
    *use = (uint32_t)n + 1;
  }
  free(uses);
  return numbers;
}

int main(int argc, char **argv) {
  replay *run = NULL;
  bool needs_future = false;
  for (size_t n = 0; argc == 3 && n < sizeof policies / sizeof *policies; n++) {
    if (strcmp(argv[1], policies[n].name) != 0) continue;
    run = policies[n].run;
    needs_future = policies[n].needs_future;
  }
  uint32_t capacity = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
  if (run == NULL || capacity == 0) {
    fprintf(stderr, "usage: yardstick POLICY CAPACITY < KEYS; policies are those of main.c\n");
    return 2;
  }
  size_t count;
  uint64_t *keys = read_keys(&count);
  if (needs_future) gaps = foresee(keys, count);
  uint64_t misses = 0;
  double best = 1e9;
  for (int round = 0; round < 3; round++) {
    double start = now();
    misses = run(keys, count, capacity);
    double seconds = now() - start;
    if (seconds < best) best = seconds;
  }
  printf("%llu %.6f\n", (unsigned long long)misses, best);
  free(keys);
  return 0;
}
