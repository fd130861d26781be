/*
 * The log: a line for each call, appended after the call by the thread that has the turn. It lies in static memory and
 * is written by write(2), so that only the calls themselves use the heap.
 */

#define LOG_BYTES (1u << 20)
#define MOST_LINE 512

static char log_text[LOG_BYTES];
static size_t log_used;
static int log_file;

static void save(int fd, const char *text, size_t bytes) {
  for (size_t done = 0; done < bytes;) {
    long put = syscall(SYS_write, fd, text + done, bytes - done);
    if (put <= 0) _exit(3);
    done += (size_t)put;
  }
}

static void flush_log(void) {
  save(log_file, log_text, log_used);
  log_used = 0;
}

static void note(const char *format, ...) {
  if (log_used + MOST_LINE > LOG_BYTES) flush_log();
  va_list arguments;
  va_start(arguments, format);
  log_used += (size_t)vsnprintf(log_text + log_used, MOST_LINE, format, arguments);
  va_end(arguments);
}

/* The thread whose turn it is, counted from 1 in order of creation; the first has no prefix. */
static unsigned current = 1;

static void note_thread(void) {
  if (current > 1) note("[pid %u] ", current);
}

/* `0x55555555e2a0`, or `nil`. */
struct pointer {
  char text[24];
};

static struct pointer show(void *address) {
  struct pointer shown = {"nil"};
  if (address) snprintf(shown.text, sizeof shown.text, "0x%lx", (unsigned long)address);
  return shown;
}

static int create(const char *path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) _exit(3);
  return fd;
}

/* PATH with a suffix. */
static int create_beside(const char *path, const char *suffix) {
  char name[4096];
  snprintf(name, sizeof name, "%s%s", path, suffix);
  return create(name);
}

static void copy_maps(int to) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY, 0);
  long got;
  if (fd < 0) _exit(3);
  while ((got = syscall(SYS_read, fd, log_text, LOG_BYTES)) > 0) save(to, log_text, (size_t)got);
  syscall(SYS_close, fd);
}

/* The processors that the C library divides arenas by: those it may run on in glibc 2.34 to 2.38, all elsewhere. */
static long count_cores(int minor) {
  cpu_set_t set;
  if (minor >= 34 && minor <= 38 && sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return sysconf(_SC_NPROCESSORS_ONLN);
}

static void note_header(void) {
  const char *tunables = getenv("GLIBC_TUNABLES");
  note("# pagewalk heap log\n");
#ifdef __GLIBC__
  const char *preloaded = getenv("LD_PRELOAD");
  if (preloaded) note("# allocator %.200s\n", preloaded);
  else note("# allocator glibc %s\n", gnu_get_libc_version());
  note("# cores %ld\n", count_cores(atoi(gnu_get_libc_version() + 2)));
  if (tunables) note("# GLIBC_TUNABLES=%.200s\n", tunables);
#else
  (void)tunables;
  note("# allocator musl\n");
  note("# cores %ld\n", count_cores(0));
#endif
}
