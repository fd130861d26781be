// Threads that map, unmap and remap at the same time without synchronisation: only the kernel determines the order.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define THREADS 4
#define CALLS 100
#define KEPT 6

struct mapping {
  char *at;
  size_t bytes;
};

static void *work(void *argument) {
  uint32_t state = (uint32_t)(size_t)argument;
  struct mapping kept[KEPT] = {0};
  for (int n = 0; n < CALLS; n++) {
    state = state * 1664525 + 1013904223;
    struct mapping *one = &kept[(state >> 8) % KEPT];
    size_t bytes = (1 + (state >> 16) % 4) * 4096;
    if (one->at != NULL && (state >> 28) % 3 != 0) {
      munmap(one->at, one->bytes);
      one->at = NULL;
      continue;
    }
    one->at = one->at == NULL
                  ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                  : mremap(one->at, one->bytes, bytes, MREMAP_MAYMOVE);
    one->bytes = bytes;
    if (one->at == MAP_FAILED) abort();
  }
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  for (size_t n = 0; n < THREADS; n++) pthread_create(&threads[n], NULL, work, (void *)(n * 7919 + 1));
  for (size_t n = 0; n < THREADS; n++) pthread_join(threads[n], NULL);
  return 0;
}
