/*
 * Replays operations through the C library's own allocator, as fast as it can, and prints operations and seconds.
 *
 *     cc -O2 -o driver driver.c && ./driver RECORDS PLACES
 *
 * RECORDS holds the kernel's records, 64 bytes each (assembly/abi-heap.ts); PLACES is above every block's number.
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

enum { MALLOC, CALLOC, REALLOC, REALLOCARRAY, FREE, MEMALIGN };

struct record {
  uint32_t op, thread;
  uint64_t a, b, c, result, answer;
  uint32_t errorNumber, made, freed, line;
};

int main(int count, char **arguments) {
  if (count != 3) return 2;
  int file = open(arguments[1], O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) return 2;
  const struct record *records = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  size_t places = strtoul(arguments[2], NULL, 0);
  /* Not from the heap that is measured. */
  void **blocks = mmap(NULL, places * sizeof *blocks, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (records == MAP_FAILED || blocks == MAP_FAILED) return 2;
  size_t operations = status.st_size / sizeof *records;

  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (size_t n = 0; n < operations; n++) {
    const struct record *r = &records[n];
    switch (r->op) {
    case MALLOC: blocks[r->made] = malloc(r->a); break;
    case CALLOC: blocks[r->made] = calloc(r->a, r->b); break;
    case REALLOC: blocks[r->made] = realloc(blocks[r->freed], r->b); break;
    case FREE: free(blocks[r->freed]); break;
    case MEMALIGN: blocks[r->made] = memalign(r->a, r->b); break;
    default: return 2;
    }
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  double seconds = end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9;
  printf("%zu %.9f\n", operations, seconds);
  return 0;
}
