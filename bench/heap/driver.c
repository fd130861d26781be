/*
 * Replays operations through the C library's own allocator, as fast as it can, and prints their number and the
 * seconds of processor time that they took. Blocks are not touched.
 *
 *     cc -O2 -o driver driver.c && ./driver RECORDS PLACES TIMES
 *
 * RECORDS holds the kernel's records, 64 bytes each (assembly/abi/heap.ts); PLACES is above every block's number. They are
 * replayed TIMES times in one heap.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

enum { MALLOC, CALLOC, REALLOC, REALLOCARRAY, FREE, MEMALIGN, ALIGNED_ALLOC, POSIX_MEMALIGN, VALLOC, PVALLOC };
static const uint32_t NONE = 0xffffffff;

struct record {
  uint32_t op, thread;
  uint64_t a, b, c, result, answer;
  uint32_t errorNumber, made, freed, line;
};

static void **blocks;

static void *given(const struct record *r) {
  return r->freed == NONE ? NULL : blocks[r->freed];
}

static void *serve(const struct record *r) {
  void *block = NULL;
  switch (r->op) {
  case MALLOC: return malloc(r->a);
  case CALLOC: return calloc(r->a, r->b);
  case REALLOC: return realloc(given(r), r->b);
  case REALLOCARRAY: return reallocarray(given(r), r->b, r->c);
  case FREE: free(given(r)); return NULL;
  case POSIX_MEMALIGN: return posix_memalign(&block, r->a, r->b) == 0 ? block : NULL;
  case VALLOC: return valloc(r->a);
  case PVALLOC: return pvalloc(r->a);
  default: return memalign(r->a, r->b);
  }
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  int file = open(arguments[1], O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) return 2;
  const struct record *records = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  size_t places = strtoul(arguments[2], NULL, 0);
  size_t times = strtoul(arguments[3], NULL, 0);
  /* Not from the measured heap. */
  blocks = mmap(NULL, (places + 1) * sizeof *blocks, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (records == MAP_FAILED || blocks == MAP_FAILED) return 2;
  size_t operations = status.st_size / sizeof *records;

  struct timespec start, end;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  for (size_t time = 0; time < times; time++) {
    for (size_t n = 0; n < operations; n++) {
      void *block = serve(&records[n]);
      if (records[n].made != NONE) blocks[records[n].made] = block;
    }
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  double seconds = end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9;
  printf("%zu %.9f\n", operations * times, seconds);
  return 0;
}
