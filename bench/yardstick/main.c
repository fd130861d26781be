/*
 * yardstick POLICY CAPACITY < KEYS    replays u64 keys, three times; prints `misses seconds`, the best time
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "yardstick.h"

static const struct {
  const char *name;
  replay *run;
} policies[] = {
  {"fifo", replay_fifo},
  {"lru", replay_lru},
  {"clock", replay_clock},
  {"sieve", replay_sieve},
  {"arc", replay_arc},
  {"s3-fifo", replay_s3_fifo},
  {"qdlp", replay_qdlp},
  {"tinylfu", replay_tinylfu},
  {"lfuda", replay_lfuda},
  {"lecar", replay_lecar},
  {"cacheus", replay_cacheus},
  {"hyperbolic", replay_hyperbolic},
  {"lhd", replay_lhd},
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

int main(int argc, char **argv) {
  replay *run = NULL;
  for (size_t n = 0; argc == 3 && n < sizeof policies / sizeof *policies; n++) {
    if (strcmp(argv[1], policies[n].name) == 0) run = policies[n].run;
  }
  uint32_t capacity = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
  if (run == NULL || capacity == 0) {
    fprintf(stderr, "usage: yardstick POLICY CAPACITY < KEYS; policies are those of main.c\n");
    return 2;
  }
  size_t count;
  uint64_t *keys = read_keys(&count);
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
