/*
 * Replays a heap log against whichever allocator the process has, and prints what it takes: the bytes that the allocator
 * has mapped and those of them in memory.
 *
 *     gcc -O2 -rdynamic -o replayer replayer.c
 *     LD_PRELOAD=libjemalloc.so.2 setarch -R ./replayer LOG [EVERY [RATE]] >usage.csv
 *
 * The threads of the log are threads here, and run one at a time in the log's order. A block's pages are stored to once it
 * is there, as the simulated program does. Every EVERY calls a line is printed: calls so far, bytes asked for by blocks in
 * use, bytes mapped, bytes resident. What failed in the log is asked for again; malloc_trim, which is glibc's alone, is left
 * out. A call takes 1/RATE second: the clock is ours, so that an allocator that gives memory back after a while does so at
 * the same call each time.
 *
 * What is counted are private anonymous mappings and the brk area. The replayer's own memory is mapped as shared, its
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

enum kind { MALLOC, CALLOC, REALLOC, FREE, MEMALIGN, POSIX_MEMALIGN, VALLOC, PVALLOC, THREAD_EXIT, NOTHING };

struct call {
  uint16_t kind;
  /* A realloc that has failed in the log: the block that it was given stays. */
  uint16_t isRefused;
  uint32_t thread;
  /* Numbers of the block that is given and of the one that is made; 0: none. */
  uint32_t given, made;
  uint64_t a, b;
};

struct block {
  char *address;
  uint64_t bytes;
};

/* Blocks by the address that the log gives them: open addressing, number 0 is an empty place. */
struct place {
  uint64_t address;
  uint32_t number;
};

static struct call *calls;
static uint64_t callCount;
static struct block *blocks;
static uint32_t blockCount = 1;
static struct place *places;
static uint64_t placeMask;
static uint64_t liveBytes, done, every = 4096, rate = 1000000;

static struct { uint64_t start, end; } excluded[MOST_EXCLUDED];
static int excludedCount;

static void fail(const char *what) {
  write(2, what, strlen(what));
  write(2, "\n", 1);
  _exit(2);
}

/* Memory that is not the allocator's: shared, so that it is told from the allocator's. */
static void *own(uint64_t bytes) {
  void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) fail("replayer: no memory");
  return at;
}

/* While a thread is made, the C library's calloc is served from here, so that the allocator has the log's calls alone. */
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

/* ---- the log ---- */

static struct place *placeOf(uint64_t address) {
  uint64_t at = (address >> 4) * 0x9e3779b97f4a7c15u >> 20 & placeMask;
  while (places[at].number != 0 && places[at].address != address) at = (at + 1) & placeMask;
  return &places[at];
}

/* The number of the block at the log's `address`; 0: there is none. A block that is freed keeps its place, with no block. */
static uint32_t numberAt(uint64_t address) {
  return address == 0 ? 0 : placeOf(address)->number & 0x7fffffff;
}

static uint32_t made(uint64_t address) {
  if (address == 0) return 0;
  struct place *place = placeOf(address);
  place->address = address;
  place->number = 0x80000000 | blockCount;
  return blockCount++;
}

static uint32_t freed(uint64_t address) {
  uint32_t number = numberAt(address);
  if (number != 0) placeOf(address)->number = 0x80000000;
  return number;
}

static uint64_t numberIn(const char **at) {
  while (**at == ' ' || **at == ',' || **at == '[') ++*at;
  if (strncmp(*at, "nil", 3) == 0 || strncmp(*at, "(nil)", 5) == 0 || strncmp(*at, "NULL", 4) == 0) {
    while (**at != ',' && **at != ')' && **at != '\n' && **at != ']') ++*at;
    return 0;
  }
  char *end;
  uint64_t value = strtoull(*at, &end, 0);
  *at = *end == ']' ? end + 1 : end;
  return value;
}

static uint32_t threadOf(const char **at) {
  static uint32_t ids[MOST_THREADS], count;
  uint32_t id = 0;
  if (strncmp(*at, "[pid ", 5) == 0) {
    *at += 5;
    id = numberIn(at);
    while (**at == ']' || **at == ' ') ++*at;
  }
  for (uint32_t n = 0; n < count; n++)
    if (ids[n] == id) return n;
  if (count == MOST_THREADS) fail("replayer: too many threads");
  ids[count] = id;
  return count++;
}

static int isCall(const char **at, const char *name) {
  size_t length = strlen(name);
  if (strncmp(*at, name, length) != 0 || (*at)[length] != '(') return 0;
  *at += length + 1;
  return 1;
}

/* The result behind the arguments; the failures that a call answers by a number are NULL. */
static uint64_t resultIn(const char *at, const char *end) {
  const char *equals = memrchr(at, '=', end - at);
  if (equals == NULL) return 0;
  equals++;
  return numberIn(&equals);
}

static void readCall(const char *at, const char *end, struct call *call) {
  call->kind = NOTHING;
  call->thread = threadOf(&at);
  uint64_t result = resultIn(at, end);
  if (isCall(&at, "malloc") || isCall(&at, "valloc") || isCall(&at, "pvalloc")) {
    call->kind = at[-2] == 'c' && at[-3] == 'o' && at[-7] == 'm' ? MALLOC : at[-8] == 'p' ? PVALLOC : VALLOC;
    call->a = numberIn(&at);
    call->made = made(result);
  } else if (isCall(&at, "calloc")) {
    call->kind = CALLOC;
    call->a = numberIn(&at);
    call->b = numberIn(&at);
    call->made = made(result);
  } else if (isCall(&at, "free")) {
    call->kind = FREE;
    call->given = freed(numberIn(&at));
    if (call->given == 0) call->kind = NOTHING;
  } else if (isCall(&at, "realloc") || isCall(&at, "reallocarray")) {
    int isArray = at[-2] == 'y';
    uint64_t address = numberIn(&at);
    call->kind = REALLOC;
    call->given = numberAt(address);
    call->a = numberIn(&at);
    int isTooMuch = isArray && __builtin_mul_overflow(call->a, numberIn(&at), &call->a);
    if (isTooMuch) call->kind = NOTHING;
    else if (result == 0 && call->a != 0) call->isRefused = 1;
    else {
      freed(address);
      call->made = made(result);
    }
  } else if (isCall(&at, "memalign") || isCall(&at, "aligned_alloc")) {
    call->kind = MEMALIGN;
    call->a = numberIn(&at);
    call->b = numberIn(&at);
    call->made = made(result);
  } else if (isCall(&at, "posix_memalign")) {
    uint64_t address = numberIn(&at);
    call->kind = POSIX_MEMALIGN;
    call->a = numberIn(&at);
    call->b = numberIn(&at);
    if (result == 0) call->made = made(address);
  } else if (isCall(&at, "thread_exit")) call->kind = THREAD_EXIT;
  if (call->kind == NOTHING) call->given = 0;
}

static void readLog(const char *path) {
  int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) fail("replayer: no such log");
  const char *text = mmap(NULL, status.st_size + 1, PROT_READ, MAP_SHARED, file, 0);
  uint64_t lines = 1;
  for (int64_t n = 0; n < status.st_size; n++) lines += text[n] == '\n';
  calls = own(lines * sizeof *calls);
  blocks = own((lines + 1) * sizeof *blocks);
  for (placeMask = 1024; placeMask < lines * 2; placeMask *= 2) {}
  places = own(placeMask-- * sizeof *places);
  for (const char *at = text, *last = text + status.st_size; at < last;) {
    const char *end = memchr(at, '\n', last - at);
    if (end == NULL) end = last;
    if (*at != '#' && end != at) readCall(at, end, &calls[callCount++]);
    at = end + 1;
  }
}

/* ---- what is in use ---- */

static char *text;

static void exclude(uint64_t start, uint64_t end) {
  if (excludedCount < MOST_EXCLUDED && start < end) {
    excluded[excludedCount].start = start;
    excluded[excludedCount++].end = end;
  }
}

/* A library's zeroed data: what of its segments no file holds. */
static int excludeZeroed(struct dl_phdr_info *info, size_t size, void *nothing) {
  (void)size, (void)nothing;
  for (int n = 0; n < info->dlpi_phnum; n++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[n];
    if (part->p_type != PT_LOAD) continue;
    uint64_t start = info->dlpi_addr + part->p_vaddr;
    exclude((start + part->p_filesz + PAGE - 1) & -PAGE, (start + part->p_memsz + PAGE - 1) & -PAGE);
  }
  return 0;
}

static void readText(const char *path) {
  int file = open(path, O_RDONLY);
  int64_t length = 0, got;
  while ((got = read(file, text + length, TEXT - 1 - length)) > 0) length += got;
  close(file);
  text[length] = 0;
}

static uint64_t mappedBytes, residentBytes;

/* One mapping of /proc/self/smaps, `start` to `end` and `resident` bytes: what of it is the allocator's. */
static void count(uint64_t start, uint64_t end, uint64_t resident, int isWritable) {
  uint64_t bytes = end - start;
  for (int n = 0; n < excludedCount; n++) {
    uint64_t from = excluded[n].start > start ? excluded[n].start : start;
    uint64_t to = excluded[n].end < end ? excluded[n].end : end;
    if (from >= to) continue;
    bytes -= to - from;
    resident = resident > to - from ? resident - (to - from) : 0;
  }
  if (isWritable) mappedBytes += bytes;
  residentBytes += bytes == 0 ? 0 : resident;
}

static void measure(void) {
  readText("/proc/self/smaps");
  mappedBytes = residentBytes = 0;
  uint64_t start = 0, end = 0;
  int isCounted = 0, isWritable = 0;
  for (char *line = text; *line != 0; line = strchr(line, '\n') + 1) {
    if ((*line >= '0' && *line <= '9') || (*line >= 'a' && *line <= 'f')) {
      char *at;
      start = strtoull(line, &at, 16);
      end = strtoull(at + 1, &at, 16);
      isWritable = at[2] == 'w';
      char isPrivate = at[4];
      for (int field = 0; field < 3; field++) at = strchr(at + 1, ' ');
      uint64_t inode = strtoull(at, &at, 10);
      while (*at == ' ') at++;
      isCounted = isPrivate == 'p' && inode == 0 && (*at == '\n' || strncmp(at, "[heap]", 6) == 0);
    } else if (isCounted && strncmp(line, "Rss:", 4) == 0)
      count(start, end, strtoull(line + 4, NULL, 10) * 1024, isWritable);
  }
}

/* The storage of the first thread, which the loader has mapped. */
static void excludeThread(void) {
  uint64_t pointer = (uint64_t)__builtin_thread_pointer();
  readText("/proc/self/maps");
  for (char *line = text; *line != 0; line = strchr(line, '\n') + 1) {
    char *at;
    uint64_t start = strtoull(line, &at, 16), end = strtoull(at + 1, &at, 16);
    if (pointer < start || pointer >= end) continue;
    exclude(end - start <= 65536 ? start : pointer & -PAGE, end - start <= 65536 ? end : (pointer & -PAGE) + PAGE);
  }
}

static void print(uint64_t value, char end) {
  char digits[24];
  int at = sizeof digits;
  digits[--at] = end;
  do digits[--at] = '0' + value % 10;
  while ((value /= 10) != 0);
  write(1, digits + at, sizeof digits - at);
}

static void report(void) {
  measure();
  print(done, ',');
  print(liveBytes, ',');
  print(mappedBytes, ',');
  print(residentBytes, '\n');
}

/* ---- the calls ---- */

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

/* The block goes on under its number, at its new place where there is one. */
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

/* Serves the calls of thread `number` until another's turn; false once the thread is to end. */
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
