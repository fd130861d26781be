/*
 * Makes a random run of memory calls on this machine's kernel and records the answers.
 *
 *   recorder SEED COUNT FOLDER [--all] [--files] [--unprivileged] [--limits] [--locks] [--huge] [--fork] [--many]
 *
 * FOLDER gets `calls` (a call log, one call a line, with its answer), `before.maps`, `after.maps`, `after.smaps`,
 * `minor-faults`, those between the first call and the last, and `settings.json`, the limits and privileges of the
 * process.
 *
 *   --all           more kinds of calls and of arguments than the basic mix
 *   --files         files are mapped too, with several open modes, and change their length
 *   --unprivileged  root drops its privileges first
 *   --limits        soft limits change during the run
 *   --locks         everything is locked and unlocked at times
 *   --huge          transparent huge pages are enabled; otherwise the process gets none
 *   --fork          after some calls the process forks, and the two take turns; `child.…` are the child's files
 *   --many          the run starts with nearly the maximum number of regions; no smaps is written
 *
 * Addresses are not randomised (personality, then itself again). Nothing is allocated while calls are made: the log
 * lies in memory that was touched before, and is written to files afterwards. A handler on an alternate stack catches
 * signals of loads and stores, which are logged. Everything runs on one CPU, so that pages on their way to the kernel's
 * lists are in the batches of that CPU only, which are drained before smaps is read.
 *
 * With --locks and --fork calls reach the recorder's own pages. It touches all of them first, and again after fork. The
 * log has this as loads and stores; faults in these lines (`settling`) are not counted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/log.h"

#include "recorder/choose.h"

#define NOBODY 65534

#include "recorder/files.h"

#include "recorder/calls.h"

#define MOST_SETTLINGS 8

static struct log own_log;
static char stack_of_handler[1 << 16];

/* Lines of the log that concern the recorder's own pages, first and last. */
static struct {
  unsigned first, last;
} settlings[MOST_SETTLINGS];
static unsigned settling_count;

/* The records of one process. */
struct outputs {
  int maps, smaps, faults;
};

static long faults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

/* Touches every page of the recorder, so that later calls find them in the state of the model. */
static void settle(void) {
  unsigned first = record->lines + 1;
  for (unsigned n = 0; n < own_count; n++) {
    if (!own[n].is_readable) continue;
    for (uint64_t page = own[n].start; page < own[n].end; page += PAGE) {
      volatile char *byte = (volatile char *)page;
      char value = *byte;
      if (own[n].is_writable) *byte = value;
      note("%s%s(0x%lx, 1) = ok\n", prefix, own[n].is_writable ? "store" : "load", page);
    }
  }
  settlings[settling_count].first = first;
  settlings[settling_count++].last = record->lines;
}

/* Installs the signal handler and its stack, and touches that stack. */
static void note_handlers(void) {
  static const char *const names[] = {"SIGSEGV", "SIGBUS"};
  unsigned first = record->lines + 1;
  uint64_t stack = (uint64_t)stack_of_handler;
  note("%ssigaltstack({ss_sp=0x%lx, ss_flags=0, ss_size=%lu}, NULL) = 0\n", prefix, stack, sizeof stack_of_handler);
  for (unsigned n = 0; n < COUNT(names); n++)
    note("%srt_sigaction(%s, {sa_handler=0x%lx, sa_mask=[], sa_flags=SA_SIGINFO|SA_ONSTACK}, NULL, 8) = 0\n", prefix, names[n], (uint64_t)on_signal);
  note("%sstore(0x%lx, %lu) = ok\n", prefix, stack, sizeof stack_of_handler);
  settlings[settling_count].first = first;
  settlings[settling_count++].last = record->lines;
}

static void allow(int resource) { /* no more than it has now, so that the soft limit is the only one */
  struct rlimit limit;
  getrlimit(resource, &limit);
  limit.rlim_max = limit.rlim_cur;
  setrlimit(resource, &limit);
}

static int is_privileged(void) { /* CAP_IPC_LOCK, capability 14 */
  char text[4096];
  int fd = open("/proc/self/status", O_RDONLY);
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  text[got < 0 ? 0 : got] = 0;
  const char *effective = strstr(text, "CapEff:");
  return effective && (strtoull(effective + 7, NULL, 16) >> 14 & 1);
}

static void become_nobody(void) {
  if (geteuid() == 0 && (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))) _exit(7);
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* or /proc/self belongs to root from now on */
}

static void stay_on_this_cpu(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((unsigned)sched_getcpu(), &set);
  sched_setaffinity(0, sizeof set, &set);
}

/* The end of a process drains the batches of its CPU. */
static void drain(void) {
  static char *const arguments[] = {"recorder", NULL};
  pid_t pid = vfork();
  if (pid == 0) {
    execv("/proc/self/exe", arguments);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
}

/* `stack=8388608,…`, as it was before the first call. */
static char ulimits[160];

static void learn_limits(void) {
  static const struct name names[] = {{RLIMIT_STACK, "stack"}, {RLIMIT_MEMLOCK, "memlock"}, {RLIMIT_AS, "as"}, {RLIMIT_DATA, "data"}};
  char *at = ulimits;
  for (unsigned n = 0; n < COUNT(names); n++) {
    struct rlimit limit;
    getrlimit((int)names[n].bits, &limit);
    at += sprintf(at, "%s%s=", n ? "," : "", names[n].text);
    if (limit.rlim_cur == RLIM_INFINITY) at += sprintf(at, "unlimited");
    else at += sprintf(at, "%lu", limit.rlim_cur);
  }
}

static void save_settings(int fd, int privileged, pid_t child) {
  char text[512];
  int used = snprintf(text, sizeof text, "{\"privileged\": %s, \"ulimit\": \"%s\", \"child\": %d, \"settling\": [", privileged ? "true" : "false", ulimits, (int)child);
  for (unsigned n = 0; n < settling_count; n++)
    used += snprintf(text + used, sizeof text - (size_t)used, "%s[%u, %u]", n ? ", " : "", settlings[n].first, settlings[n].last);
  used += snprintf(text + used, sizeof text - (size_t)used, "]}\n");
  save(fd, text, (size_t)used);
}

static struct outputs create_outputs(const char *folder, const char *maps, const char *smaps, const char *faults) {
  return (struct outputs){create(folder, maps), create(folder, smaps), create(folder, faults)};
}

static void save_outputs(struct outputs to, long minor) {
  copy_proc("maps", to.maps);
  if (!(modes & MANY)) copy_proc("smaps", to.smaps);
  save_number(to.faults, minor);
}

/* Two processes, and the pipes by which each passes the turn to the other. */
static int to_parent[2], to_child[2];

static void pass(int fd) {
  if (write(fd, "", 1) != 1) _exit(8);
}

static void wait_turn(int fd) {
  char byte;
  if (read(fd, &byte, 1) != 1) _exit(8);
}

static void make_some_calls(void) {
  for (uint64_t n = 1 + below(6); n > 0 && record->left > 0; n--, record->left--) make_call();
}

static void be_child(struct outputs to) {
  sprintf(prefix, "[pid %d] ", (int)getpid());
  state ^= 0x5851f42d4c957f2dull;
  wait_turn(to_child[0]);
  settle();
  long before = faults();
  for (;;) {
    pass(to_parent[1]);
    wait_turn(to_child[0]);
    if (record->left == 0) break;
    make_some_calls();
  }
  long minor = faults() - before;
  save_outputs(to, minor);
  pass(to_parent[1]);
  pause();
}

/* Makes calls alone at first, then in turn with a child, which is killed later. Returns the faults of the calls. */
static long run_both(struct outputs childs, pid_t *child) {
  long before = faults();
  for (long alone = record->left / 3; alone > 0; alone--, record->left--) make_call();
  long minor = faults() - before;
  *child = fork();
  if (*child == 0) be_child(childs);
  note("%sfork() = %d\n", prefix, (int)*child);
  settle();
  pass(to_child[1]);
  wait_turn(to_parent[0]);
  settlings[settling_count - 1].last = record->lines; /* the child's lines too */
  before = faults();
  while (record->left > 0) {
    make_some_calls();
    if (record->left == 0) break;
    pass(to_child[1]);
    wait_turn(to_parent[0]);
  }
  minor += faults() - before;
  drain();
  pass(to_child[1]);
  wait_turn(to_parent[0]);
  return minor;
}

static long run_alone(void) {
  long before = faults();
  for (; record->left > 0; record->left--) make_call();
  long minor = faults() - before;
  drain();
  return minor;
}

static void learn_modes(int count, char **arguments) {
  static const struct name names[] = {
    {ALL, "--all"}, {FILES, "--files"}, {UNPRIVILEGED, "--unprivileged"}, {LIMITS, "--limits"},
    {LOCKS, "--locks"}, {HUGE, "--huge"}, {FORK, "--fork"}, {MANY, "--many"},
  };
  for (int n = 4; n < count; n++)
    for (unsigned m = 0; m < COUNT(names); m++)
      if (strcmp(arguments[n], names[m].text) == 0) modes |= (int)names[m].bits;
}

/* Pages that differ in protection, each a region, far below everything else: nearly the maximum number of regions. */
static void map_many(void) {
  char text[16];
  int fd = open("/proc/sys/vm/max_map_count", O_RDONLY);
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  text[got < 0 ? 0 : got] = 0;
  uint64_t count = strtoul(text, NULL, 10) - own_count - 1 - below(30);
  char *page = mmap((void *)(1ul << 32), count * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (page == MAP_FAILED) _exit(9);
  for (uint64_t n = 1; n < count; n += 2)
    if (mprotect(page + n * PAGE, PAGE, PROT_READ)) _exit(9);
  many_end = (uint64_t)page + count * PAGE;
}

static void prepare(const char *folder) {
  static stack_t stack = {.ss_sp = stack_of_handler, .ss_size = sizeof stack_of_handler};
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  prctl(PR_SET_THP_DISABLE, !(modes & HUGE), 0, 0, 0);
  stay_on_this_cpu();
  record = &own_log;
  if (modes & FORK) record = mmap(NULL, sizeof *record, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (modes & FILES) open_files(folder);
  for (int n = 0; n < 4; n++) allow((const int[]){RLIMIT_STACK, RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_DATA}[n]);
  if (modes & UNPRIVILEGED) become_nobody();
  learn_limits();
  sigaltstack(&stack, NULL);
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  memset(record, 1, sizeof *record);
  memset(stack_of_handler, 1, sizeof stack_of_handler);
  memset(areas, 0, sizeof areas);
  memset(vector, 1, sizeof vector);
  touch(0, 1); /* brings the code and stack of the calls into memory before faults are counted */
  record->used = record->lines = 0;
  uint64_t all, data;
  used_pages(&all, &data);
  note("# %lu %lu %lu %s\n", state, all, data, error_name(EINVAL));
  record->used = record->lines = 0;
}

int main(int count, char **arguments) {
  if (count == 1) return 0;
  if (count < 4) {
    fprintf(stderr, "recorder SEED COUNT FOLDER [--all] [--files] [--unprivileged] [--limits] [--locks] [--huge] [--fork] [--many]\n");
    return 2;
  }
  if ((personality(0xffffffff) & ADDR_NO_RANDOMIZE) == 0) {
    if (personality(ADDR_NO_RANDOMIZE) == -1) return 4;
    execv("/proc/self/exe", arguments);
    return 4;
  }
  learn_modes(count, arguments);
  state = strtoull(arguments[1], NULL, 10) * 0x9e3779b97f4a7c15ull + 1;
  struct outputs mine = create_outputs(arguments[3], "after.maps", "after.smaps", "minor-faults"), childs = mine;
  if (modes & FORK) childs = create_outputs(arguments[3], "child.maps", "child.smaps", "child.minor-faults");
  int calls = create(arguments[3], "calls"), settings = create(arguments[3], "settings.json"), maps = create(arguments[3], "before.maps");
  if ((modes & FORK) && (pipe(to_parent) || pipe(to_child))) return 8;
  prepare(arguments[3]);
  int privileged = is_privileged();
  if (modes & FORK) sprintf(prefix, "[pid %d] ", (int)getpid());
  learn_own();
  if (modes & MANY) map_many();
  copy_proc("maps", maps);
  note_handlers();
  if (modes & FILES) note_files();
  if (modes & (LOCKS | FORK)) settle();
  heap_start = heap_end = (uint64_t)ask(SYS_brk, 0, 0, 0, 0, 0, 0);
  record->left = strtol(arguments[2], NULL, 10);
  note("%sbrk(NULL) = 0x%lx\n", prefix, heap_start);
  pid_t child = 0;
  long minor = modes & FORK ? run_both(childs, &child) : run_alone();
  save_outputs(mine, minor);
  if (child) kill(child, SIGKILL);
  save(calls, record->text, record->used);
  save_settings(settings, privileged, child);
  _exit(0);
}
