/*
 * Makes a random run of memory calls on this machine's kernel and writes down what it answered.
 *
 *   recorder SEED COUNT FOLDER [--all]
 *
 * FOLDER gets `calls` (a call log, one call a line, with its answer), `before.maps`, `after.maps`, `after.smaps` and
 * `minor-faults`, those between the first call and the last. `--all` makes more kinds of calls than the basic mix.
 *
 * Addresses are not randomised (personality, then itself again), transparent huge pages are off. Nothing is allocated
 * while calls are made: what is written down lies in memory that was touched before, and goes to files afterwards.
 * Loads and stores that fault arrive in a handler on a stack of its own and end in the log.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096ul
#define MOST_AREAS 4096
#define LOG_BYTES (16u << 20)

static char log_text[LOG_BYTES];
static size_t log_used;
static char stack_of_handler[1 << 16];
static sigjmp_buf back;
static volatile sig_atomic_t caught, caught_code;

/* What was mapped once, to choose addresses from; parts of it may be gone. */
static struct area {
  uint64_t start, bytes;
} areas[MOST_AREAS];
static unsigned area_count;
static uint64_t heap_start, heap_end;
static uint64_t state;
static unsigned char vector[1 << 12];

static uint64_t draw(void) { /* xorshift64*, Vigna 2016 */
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 2685821657736338717ull;
}

static uint64_t below(uint64_t limit) { return (draw() >> 11) % limit; }

static void note(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log_used += (size_t)vsnprintf(log_text + log_used, LOG_BYTES - log_used, format, arguments);
  va_end(arguments);
}

static const char *error_name(int error) {
  static char number[16];
  switch (error) {
  case EPERM: return "EPERM";
  case EBADF: return "EBADF";
  case EAGAIN: return "EAGAIN";
  case ENOMEM: return "ENOMEM";
  case EACCES: return "EACCES";
  case EFAULT: return "EFAULT";
  case EBUSY: return "EBUSY";
  case EEXIST: return "EEXIST";
  case ENODEV: return "ENODEV";
  case EINVAL: return "EINVAL";
  case EOPNOTSUPP: return "EOPNOTSUPP";
  default: snprintf(number, sizeof number, "E%d", error); return number;
  }
}

/* The kernel's own answer, without the C library between. */
static long ask(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
  long result = syscall(number, a, b, c, d, e, f);
  return result == -1 ? -(long)errno : result;
}

static void note_result(long result, int is_address) {
  if (result < 0 && result > -4096) note(" = -1 %s\n", error_name((int)-result));
  else if (is_address) note(" = 0x%lx\n", (unsigned long)result);
  else note(" = %ld\n", result);
}

static void remember(uint64_t start, uint64_t bytes) {
  struct area *area = &areas[area_count < MOST_AREAS ? area_count++ : below(MOST_AREAS)];
  area->start = start;
  area->bytes = (bytes + PAGE - 1) & ~(PAGE - 1);
}

/* A page near something that was mapped. */
static uint64_t some_page(void) {
  if (area_count == 0 || below(40) == 0) return 0x7ffff0000000ul + below(16384) * PAGE;
  struct area *area = &areas[below(4) ? area_count - 1 - below(area_count < 24 ? area_count : 24) : below(area_count)];
  return area->start + below(area->bytes / PAGE + 1) * PAGE;
}

/* Mostly few pages, at times many, at times nonsense. */
static uint64_t some_bytes(void) {
  uint64_t kind = below(60);
  if (kind == 0) return 0;
  if (kind == 1) return -(uint64_t)(below(1000) * PAGE);
  if (kind < 5) return (1 + below(600)) * PAGE;
  if (kind < 12) return 1 + below(30 * PAGE);
  return (1 + below(30)) * PAGE;
}

static const char *protection_text(int protection) {
  static char text[64];
  text[0] = 0;
  if (protection & PROT_READ) strcat(text, "|PROT_READ");
  if (protection & PROT_WRITE) strcat(text, "|PROT_WRITE");
  if (protection & PROT_EXEC) strcat(text, "|PROT_EXEC");
  return text[0] ? text + 1 : "PROT_NONE";
}

static int some_protection(void) {
  static const int choices[] = {PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ, PROT_WRITE, PROT_NONE};
  return choices[below(6)];
}

static const struct {
  int flag;
  const char *name;
} map_flags[] = {
  {MAP_FIXED, "MAP_FIXED"}, {MAP_ANONYMOUS, "MAP_ANONYMOUS"}, {MAP_GROWSDOWN, "MAP_GROWSDOWN"},
  {MAP_LOCKED, "MAP_LOCKED"}, {MAP_NORESERVE, "MAP_NORESERVE"}, {MAP_POPULATE, "MAP_POPULATE"},
  {MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE"}, {MAP_32BIT, "MAP_32BIT"}, {MAP_STACK, "MAP_STACK"},
};

static int is_playground(uint64_t start, uint64_t bytes);

static void call_mmap(int all) {
  uint64_t address = 0, bytes = some_bytes();
  int protection = some_protection();
  int flags = MAP_ANONYMOUS | (below(10) == 0 ? MAP_SHARED : MAP_PRIVATE);
  if (below(12) == 0) bytes = (1 + below(4)) << 21;
  if (below(3) == 0) {
    address = some_page();
    flags |= MAP_FIXED;
    if (!is_playground(address, bytes)) return;
  } else if (all && below(4) == 0) {
    static const int more[] = {MAP_GROWSDOWN, MAP_LOCKED, MAP_NORESERVE, MAP_POPULATE, MAP_32BIT, MAP_STACK};
    flags |= more[below(6)];
  } else if (all && below(4) == 0) {
    address = some_page() + (below(3) ? 0 : below(PAGE));
    if (below(2)) flags |= MAP_FIXED_NOREPLACE;
  }
  long result = ask(SYS_mmap, address, bytes, (uint64_t)protection, (uint64_t)flags, (uint64_t)-1, 0);
  if (address) note("mmap(0x%lx, %lu, %s, %s", address, bytes, protection_text(protection), flags & MAP_SHARED ? "MAP_SHARED" : "MAP_PRIVATE");
  else note("mmap(NULL, %lu, %s, %s", bytes, protection_text(protection), flags & MAP_SHARED ? "MAP_SHARED" : "MAP_PRIVATE");
  for (size_t n = 0; n < sizeof map_flags / sizeof *map_flags; n++)
    if (flags & map_flags[n].flag) note("|%s", map_flags[n].name);
  note(", -1, 0)");
  note_result(result, 1);
  if (result > 0) remember((uint64_t)result, bytes);
}

/* Only what calls have mapped may be taken away: the recorder lives elsewhere. */
static int is_playground(uint64_t start, uint64_t bytes) {
  uint64_t end = start + bytes;
  if (end < start || bytes > 1ul << 40) return 1; /* refused by the kernel in any case */
  for (unsigned n = 0; n < area_count; n++)
    if (start >= areas[n].start && start < areas[n].start + areas[n].bytes) {
      if (end <= areas[n].start + areas[n].bytes) return 1;
      uint64_t rest = areas[n].start + areas[n].bytes;
      for (int found = 1; found && rest < end;) {
        found = 0;
        for (unsigned m = 0; m < area_count; m++)
          if (rest >= areas[m].start && rest < areas[m].start + areas[m].bytes) rest = areas[m].start + areas[m].bytes, found = 1;
      }
      if (rest >= end) return 1;
    }
  return start >= heap_start && end <= heap_end && end > start;
}

/* By the frame register, as programs reach their locals: what is no address at all is SIGBUS then, not SIGSEGV. */
static __attribute__((noinline)) void touch(uint64_t address, int is_store) {
  if (sigsetjmp(back, 1) != 0) return;
  if (is_store) __asm__ volatile("xchg %%rbp, %0; movb $1, (%%rbp); xchg %%rbp, %0" : "+r"(address) : : "memory");
  else __asm__ volatile("xchg %%rbp, %0; movb (%%rbp), %%al; xchg %%rbp, %0" : "+r"(address) : : "memory", "rax");
}

static void call_touch(int is_store) {
  uint64_t address = some_page() + below(PAGE / 8) * 8;
  if (below(40) == 0) address = 0x800000000000ul + below(1ul << 32);
  if (below(12) == 0 && heap_end > heap_start) address = heap_start + below(heap_end - heap_start + PAGE);
  if (address < 1ul << 47 && !is_playground(address, 1)) return;
  caught = 0;
  touch(address, is_store);
  note("%s(0x%lx, 1) = ", is_store ? "store" : "load", address);
  if (caught == SIGSEGV) note("SIGSEGV%s\n", caught_code == SEGV_MAPERR ? " SEGV_MAPERR" : caught_code == SEGV_ACCERR ? " SEGV_ACCERR" : "");
  else if (caught == SIGBUS) note("SIGBUS\n");
  else note("ok\n");
}

static void on_signal(int number, siginfo_t *info, void *context) {
  (void)context;
  caught = number;
  caught_code = info->si_code;
  siglongjmp(back, 1);
}

static void call_ranged(long number, const char *name) {
  uint64_t address = some_page(), bytes = some_bytes();
  if (!is_playground(address, bytes)) return;
  long result = ask(number, address, bytes, 0, 0, 0, 0);
  note("%s(0x%lx, %lu)", name, address, bytes);
  note_result(result, 0);
}

static void call_mprotect(void) {
  uint64_t address = some_page(), bytes = some_bytes();
  int protection = some_protection();
  if (!is_playground(address, bytes)) return;
  long result = ask(SYS_mprotect, address, bytes, (uint64_t)protection, 0, 0, 0);
  note("mprotect(0x%lx, %lu, %s)", address, bytes, protection_text(protection));
  note_result(result, 0);
}

static void call_madvise(int all) {
  static const struct {
    int advice;
    const char *name;
  } advices[] = {
    {MADV_DONTNEED, "MADV_DONTNEED"}, {MADV_NORMAL, "MADV_NORMAL"}, {MADV_RANDOM, "MADV_RANDOM"},
    {MADV_SEQUENTIAL, "MADV_SEQUENTIAL"}, {MADV_WILLNEED, "MADV_WILLNEED"}, {MADV_DONTFORK, "MADV_DONTFORK"},
    {MADV_DOFORK, "MADV_DOFORK"}, {MADV_DONTDUMP, "MADV_DONTDUMP"}, {MADV_DODUMP, "MADV_DODUMP"},
    {MADV_WIPEONFORK, "MADV_WIPEONFORK"}, {MADV_KEEPONFORK, "MADV_KEEPONFORK"}, {MADV_FREE, "MADV_FREE"},
    {MADV_COLD, "MADV_COLD"}, {22, "MADV_POPULATE_READ"}, {23, "MADV_POPULATE_WRITE"}, {24, "MADV_DONTNEED_LOCKED"},
    {MADV_REMOVE, "MADV_REMOVE"}, {99, "99"},
  };
  unsigned n = all ? (unsigned)below(sizeof advices / sizeof *advices) : 0;
  uint64_t address = some_page(), bytes = some_bytes();
  if (!is_playground(address, bytes)) return;
  long result = ask(SYS_madvise, address, bytes, (uint64_t)advices[n].advice, 0, 0, 0);
  note("madvise(0x%lx, %lu, %s)", address, bytes, advices[n].name);
  note_result(result, 0);
}

static void call_mremap(int all) {
  uint64_t address = some_page(), old_bytes = some_bytes(), new_bytes = some_bytes(), target = 0;
  int flags = MREMAP_MAYMOVE;
  const char *names = "MREMAP_MAYMOVE";
  if (all && below(4) == 0) {
    target = some_page();
    if (!is_playground(target, new_bytes)) return;
    flags = MREMAP_MAYMOVE | MREMAP_FIXED, names = "MREMAP_MAYMOVE|MREMAP_FIXED";
  } else if (all && below(4) == 0) {
    flags = 0, names = "0";
  } else if (all && below(5) == 0) {
    new_bytes = old_bytes;
    flags = MREMAP_MAYMOVE | 4, names = "MREMAP_MAYMOVE|MREMAP_DONTUNMAP";
  }
  if (!is_playground(address, old_bytes)) return;
  long result = ask(SYS_mremap, address, old_bytes, new_bytes, (uint64_t)flags, target, 0);
  note(flags & MREMAP_FIXED ? "mremap(0x%lx, %lu, %lu, %s, 0x%lx)" : "mremap(0x%lx, %lu, %lu, %s)", address, old_bytes, new_bytes, names, target);
  note_result(result, 1);
  if (result > 0) remember((uint64_t)result, new_bytes);
}

static void call_brk(void) {
  uint64_t address = below(6) == 0 ? 0 : heap_start + below(96 * PAGE);
  long result = ask(SYS_brk, address, 0, 0, 0, 0, 0);
  note(address ? "brk(0x%lx)" : "brk(NULL)", address);
  note_result(result, 1);
  heap_end = (uint64_t)result;
}

static void call_more(void) {
  uint64_t address = some_page(), bytes = some_bytes();
  long result;
  if (!is_playground(address, bytes)) return;
  switch (below(5)) {
  case 0: {
    unsigned flags = below(8) == 0 ? 2 : (unsigned)below(2);
    result = ask(SYS_mlock2, address, bytes, flags, 0, 0, 0);
    note("mlock2(0x%lx, %lu, %s)", address, bytes, flags == 1 ? "MLOCK_ONFAULT" : flags ? "0x2" : "0");
    break;
  }
  case 1: {
    static const char *const names[] = {"0", "MS_ASYNC", "MS_INVALIDATE", "MS_ASYNC|MS_INVALIDATE", "MS_SYNC", "MS_ASYNC|MS_SYNC"};
    unsigned flags = (unsigned)below(6);
    result = ask(SYS_msync, address, bytes, flags, 0, 0, 0);
    note("msync(0x%lx, %lu, %s)", address, bytes, names[flags]);
    break;
  }
  case 2: {
    if (bytes > sizeof vector * PAGE && bytes < 1ul << 47) return;
    result = ask(SYS_mincore, address, bytes, (uint64_t)vector, 0, 0, 0);
    note("mincore(0x%lx, %lu, [", address, bytes);
    if (result == 0)
      for (uint64_t n = 0; n < (bytes + PAGE - 1) / PAGE; n++) note(n ? ", %d" : "%d", vector[n] & 1);
    note("])");
    break;
  }
  default:
    call_ranged(SYS_munlock, "munlock");
    return;
  }
  note_result(result, 0);
}

static void save(const char *folder, const char *name, const char *text, size_t bytes) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || write(fd, text, bytes) != (ssize_t)bytes) _exit(3);
  close(fd);
}

/* /proc/self/NAME to a file, by memory that is there already. */
static void copy_proc(const char *name, const char *folder, const char *as) {
  static char text[8 << 20];
  char path[64];
  size_t used = 0;
  ssize_t got;
  snprintf(path, sizeof path, "/proc/self/%s", name);
  int fd = open(path, O_RDONLY);
  while ((got = read(fd, text + used, sizeof text - used)) > 0) used += (size_t)got;
  close(fd);
  save(folder, as, text, used);
}

static void make_call(int all) {
  uint64_t kind = below(100);
  if (kind < 30) call_mmap(all);
  else if (kind < 44) call_ranged(SYS_munmap, "munmap");
  else if (kind < 56) call_mprotect();
  else if (kind < 61) call_ranged(SYS_mlock, "mlock");
  else if (kind < 64) call_ranged(SYS_munlock, "munlock");
  else if (kind < 69) call_madvise(all);
  else if (kind < 73) call_mremap(all);
  else if (kind < 77) call_brk();
  else if (kind < 80 && all) call_more();
  else call_touch(below(2) == 0);
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "recorder SEED COUNT FOLDER [--all]\n");
    return 2;
  }
  if ((personality(0xffffffff) & ADDR_NO_RANDOMIZE) == 0) {
    if (personality(ADDR_NO_RANDOMIZE) == -1) return 4;
    execv("/proc/self/exe", arguments);
    return 4;
  }
  int all = count > 4 && strcmp(arguments[4], "--all") == 0;
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  state = strtoull(arguments[1], NULL, 10) * 0x9e3779b97f4a7c15ull + 1;
  stack_t stack = {.ss_sp = stack_of_handler, .ss_size = sizeof stack_of_handler};
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  struct rusage before, after;
  char number[32];
  sigaltstack(&stack, NULL);
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  memset(log_text, 1, sizeof log_text);
  memset(stack_of_handler, 1, sizeof stack_of_handler);
  memset(areas, 0, sizeof areas);
  memset(vector, 1, sizeof vector);
  touch(0, 1); /* what the calls need of code and stack is in memory before faults are counted */
  note("# %lu %d %s\n", state, all, error_name(EINVAL));
  log_used = 0;
  note("# %s\n", geteuid() == 0 ? "privileged" : "not privileged");
  copy_proc("maps", arguments[3], "before.maps");
  heap_start = heap_end = (uint64_t)ask(SYS_brk, 0, 0, 0, 0, 0, 0);
  getrusage(RUSAGE_SELF, &before);
  note("brk(NULL) = 0x%lx\n", heap_start);
  for (long n = strtol(arguments[2], NULL, 10); n > 0; n--) make_call(all);
  getrusage(RUSAGE_SELF, &after);
  copy_proc("maps", arguments[3], "after.maps");
  copy_proc("smaps", arguments[3], "after.smaps");
  save(arguments[3], "calls", log_text, log_used);
  save(arguments[3], "minor-faults", number, (size_t)snprintf(number, sizeof number, "%ld\n", after.ru_minflt - before.ru_minflt));
  _exit(0);
}
