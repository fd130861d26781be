/*
 * Replays a heap log with the allocator that the process has, and prints its use of memory: the bytes that the allocator
 * has mapped, and those of them that are resident.
 *
 *     gcc -O2 -rdynamic -o replayer replayer.c
 *     LD_PRELOAD=libjemalloc.so.2 setarch -R ./replayer LOG [EVERY [RATE]] >usage.csv
 *
 * The threads of the log are threads here, and run one at a time in the log's order. A block's pages are stored to once it
 * is there, as the simulated program does. Every EVERY calls a line is printed: calls so far, bytes requested by blocks in
 * use, bytes mapped, bytes resident. Calls that failed in the log are made too; malloc_trim, which is glibc's alone, is left
 * out. A call takes 1/RATE second: the clock is ours, so that an allocator that returns memory after a delay does so at
 * the same call each time.
 *
 * Private anonymous mappings and the brk area are counted. The replayer's own memory is mapped as shared, its
 * threads' stacks and what the C library allocates for threads too, which the log has among its calls; the libraries' zeroed
 * data and the first thread's storage are taken off.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, MOST_THREADS = 4096, STACK = 256 << 10, TEXT = 4 << 20, THREAD_MEMORY = 64 << 20, MOST_EXCLUDED = 256 };

struct block {
  char *address;
  uint64_t bytes;
};

static struct block *blocks;
static uint64_t liveBytes, done, every = 4096, rate = 1000000;

static void fail(const char *what) {
  write(2, what, strlen(what));
  write(2, "\n", 1);
  _exit(2);
}

/* Memory that is not the allocator's: shared, to distinguish it from the allocator's. */
static void *own(uint64_t bytes) {
  void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) fail("replayer: no memory");
  return at;
}

/* While a thread is made, the C library's calloc is served from here, so that the allocator gets only the log's calls. */
static char *threadMemory;
static uint64_t threadBytes;
static int isStarting;
static void *(*nextCalloc)(size_t, size_t);
static void (*nextFree)(void *);

void *calloc(size_t count, size_t bytes) {
  if (nextCalloc == NULL) *(void **)&nextCalloc = dlsym(RTLD_NEXT, "calloc");
  if (!isStarting) return nextCalloc(count, bytes);
  if (threadBytes + count * bytes > THREAD_MEMORY) fail("replayer: too many threads");
  void *at = threadMemory + threadBytes;
  threadBytes += (count * bytes + 15) & -16;
  return at;
}

void free(void *address) {
  if (nextFree == NULL) *(void **)&nextFree = dlsym(RTLD_NEXT, "free");
  if ((char *)address < threadMemory || (char *)address >= threadMemory + THREAD_MEMORY || threadMemory == NULL) nextFree(address);
}

/* The clock of all: calls so far divided by the rate. */
int clock_gettime(clockid_t clock, struct timespec *time) {
  (void)clock;
  time->tv_sec = 1000 + done / rate;
  time->tv_nsec = done % rate * 1000000000 / rate;
  return 0;
}

#include "replayer-log.h"
#include "replayer-usage.h"

static void use(uint32_t number, void *address, uint64_t bytes) {
  if (number == 0 || address == NULL) return;
  blocks[number].address = address;
  blocks[number].bytes = bytes;
  liveBytes += bytes;
  char *at = address, *end = at + bytes;
  while (at < end) {
    *(volatile char *)at = 1;
    at = (char *)(((uintptr_t)at & -PAGE) + PAGE);
  }
}

/* The block keeps its number, at its new address if it has one. */
static void stay(uint32_t number, void *address, uint64_t bytes) {
  if (number == 0) return;
  if (address != NULL) use(number, address, bytes);
  else liveBytes += blocks[number].bytes;
}

static void serve(const struct call *call) {
  void *address = NULL;
  if (call->given != 0) liveBytes -= blocks[call->given].bytes;
  switch (call->kind) {
    case MALLOC: use(call->made, malloc(call->a), call->a); break;
    case CALLOC: use(call->made, calloc(call->a, call->b), call->a * call->b); break;
    case REALLOC:
      address = realloc(call->given == 0 ? NULL : blocks[call->given].address, call->a);
      if (call->isRefused) stay(call->given, address, call->a);
      else use(call->made, address, call->a);
      break;
    case FREE: free(blocks[call->given].address); break;
    case MEMALIGN: use(call->made, memalign(call->a, call->b), call->b); break;
    case POSIX_MEMALIGN:
      if (posix_memalign(&address, call->a, call->b) == 0) use(call->made, address, call->b);
      break;
    case VALLOC: use(call->made, valloc(call->a), call->a); break;
    /* Not every library has pvalloc, and the C library's own must not be taken. */
    case PVALLOC: use(call->made, memalign(PAGE, (call->a + PAGE - 1) & -PAGE), (call->a + PAGE - 1) & -PAGE); break;
    default: break;
  }
}

static struct thread {
  pthread_t thread;
  sem_t go;
  int isRunning;
} *threads;
static sem_t back;

/* Serves the calls of thread `number` until a call of another thread; false if the thread ends. */
static int serveRun(uint32_t number) {
  while (done < callCount && calls[done].thread == number) {
    const struct call *call = &calls[done++];
    if (call->kind == THREAD_EXIT) return 0;
    serve(call);
    if (done % every == 0) report();
  }
  return done < callCount;
}

static void *runThread(void *number) {
  uint32_t n = (uintptr_t)number;
  do sem_wait(&threads[n].go);
  while (serveRun(n) && sem_post(&back) == 0);
  threads[n].isRunning = 2;
  sem_post(&back);
  return NULL;
}

static void start(uint32_t number) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, own(STACK), STACK);
  sem_init(&threads[number].go, 0, 0);
  threads[number].isRunning = 1;
  isStarting = 1;
  if (pthread_create(&threads[number].thread, &attributes, runThread, (void *)(uintptr_t)number) != 0)
    fail("replayer: no thread");
  isStarting = 0;
}

static void run(void) {
  while (done < callCount) {
    uint32_t number = calls[done].thread;
    if (number == 0) {
      serveRun(0);
      continue;
    }
    if (threads[number].isRunning == 0) start(number);
    sem_post(&threads[number].go);
    sem_wait(&back);
    if (threads[number].isRunning == 2 && done < callCount) {
      pthread_join(threads[number].thread, NULL);
      threads[number].isRunning = 0;
    }
  }
}

int main(int count, char **arguments) {
  if (count < 2) fail("usage: replayer LOG [EVERY [RATE]]");
  if (count > 2) every = strtoull(arguments[2], NULL, 10);
  if (count > 3) rate = strtoull(arguments[3], NULL, 10);
  text = own(TEXT);
  threads = own(MOST_THREADS * sizeof *threads);
  threadMemory = own(THREAD_MEMORY);
  sem_init(&back, 0, 0);
  readLog(arguments[1]);
  dl_iterate_phdr(excludeZeroed, NULL);
  excludeThread();
  report();
  run();
  report();
  _exit(0);
}
