// Threads that allocate at the same time: arenas, stacks with guards, memory returned when they end.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "maps.h"

#define THREADS 4

static void *work(void *argument) {
  size_t n = (size_t)argument;
  char *volatile block = malloc(n * 100000);
  memset(block, 1, n * 100000);
  char *mapped = mmap(NULL, n << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(mapped, 4096);
  free(block);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  for (size_t n = 0; n < THREADS; n++) pthread_create(&threads[n], NULL, work, (void *)(n + 1));
  for (size_t n = 0; n < THREADS; n++) pthread_join(threads[n], NULL);
  show_maps();
  return 0;
}
