/* The beginning: before the first call, or before main. What the shim needs is mapped now, and LOG.maps shows it. */

static struct real {
  void *(*malloc)(size_t);
  void *(*calloc)(size_t, size_t);
  void *(*realloc)(void *, size_t);
  void (*free)(void *);
  void *(*memalign)(size_t, size_t);
  void *(*aligned_alloc)(size_t, size_t);
  int (*posix_memalign)(void **, size_t, size_t);
  void *(*valloc)(size_t);
  void *(*pvalloc)(size_t);
  size_t (*malloc_usable_size)(void *);
  int (*malloc_trim)(size_t);
  int (*mallopt)(int, int);
  struct mallinfo2 (*mallinfo2)(void);
  void (*malloc_stats)(void);
  int (*malloc_info)(int, FILE *);
  int (*brk)(void *);
} real;

/* The functions that serve calls until then. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void __libc_free(void *);
void *__libc_memalign(size_t, size_t);

static enum { NEW, STARTING, STARTED } phase;

static void find_real(void) {
  real = (struct real){.malloc = __libc_malloc, .calloc = __libc_calloc, .realloc = __libc_realloc, .free = __libc_free, .memalign = __libc_memalign};
#define FIND(name) *(void **)&real.name = dlsym(RTLD_NEXT, #name)
  FIND(malloc);
  FIND(calloc);
  FIND(realloc);
  FIND(free);
  FIND(memalign);
  FIND(aligned_alloc);
  FIND(posix_memalign);
  FIND(valloc);
  FIND(pvalloc);
  FIND(malloc_usable_size);
  FIND(malloc_trim);
  FIND(mallopt);
  FIND(mallinfo2);
  FIND(malloc_stats);
  FIND(malloc_info);
  FIND(brk);
#undef FIND
  *(void **)&real_sbrk = dlsym(RTLD_NEXT, "sbrk");
}

/* `name` or `name.suffix`, for the first file of these that is not there yet. */
static int create_log(const char *name) {
  for (int n = 0; n < 1000; n++) {
    if (n == 0) snprintf(log_path, sizeof log_path, "%s", name);
    else if (n == 1) snprintf(log_path, sizeof log_path, "%s.%d", name, (int)getpid());
    else snprintf(log_path, sizeof log_path, "%s.%d.%d", name, (int)getpid(), n);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

static int create_maps(void) {
  char path[sizeof log_path + 8];
  snprintf(path, sizeof path, "%s.maps", log_path);
  return (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

/* The processors that glibc divides arenas by: those it may run on in glibc 2.34 to 2.38, all elsewhere. */
static long count_cores(void) {
  int minor = atoi(gnu_get_libc_version() + 2);
  cpu_set_t set;
  if (minor >= 34 && minor <= 38 && sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return sysconf(_SC_NPROCESSORS_ONLN);
}

/* The program and its arguments, with spaces between. */
static void note_command(void) {
  static char text[1024];
  int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
  long got = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  for (long n = 0; n + 1 < got; n++)
    if ((unsigned char)text[n] < ' ') text[n] = ' ';
  put_text("# command ");
  put_text(text);
  put_text("\n");
}

static void note_header(void) {
  const char *tunables = getenv("GLIBC_TUNABLES");
  Dl_info library;
  put_text("# pagewalk heap log\n# allocator ");
  if (has_mappings) {
    put_text("glibc ");
    put_text(gnu_get_libc_version());
  } else {
    put_text(dladdr(*(void **)&real.malloc, &library) ? library.dli_fname : "unknown");
  }
  put_text("\n# cores ");
  put_integer(count_cores());
  if (tunables && strlen(tunables) < 2048) {
    put_text("\n# GLIBC_TUNABLES=");
    put_text(tunables);
  }
  put_text("\n");
  note_command();
}

static void *map_pages(size_t bytes) {
  return (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void begin_recording(const char *name) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  shared = map_pages(page);
  if (shared == MAP_FAILED) {
    shared = NULL;
    return;
  }
  int is_wiped = madvise(shared, page, MADV_WIPEONFORK) == 0, fd = create_log(name);
  int maps = fd >= 0 && place_window(fd) ? create_maps() : -1;
  if (fd >= 0) syscall(SYS_close, fd);
  if (maps < 0 || !is_wiped) return stop_recording(is_wiped ? "the log cannot be written" : "Linux is older than 4.14");
  make_locks();
  has_mappings = real.malloc == __libc_malloc;
  note_header();
  shared->is_recording = 1;
  break_start = (unsigned long)real_sbrk(0);
  read_maps(known, maps);
  find_loader(getauxval(AT_BASE));
  syscall(SYS_close, maps);
}

static void start(void) {
  if (phase != NEW) return;
  int error = errno;
  phase = STARTING;
  find_real();
  const char *name = getenv("PAGEWALK_HEAP_LOG");
  if (name) begin_recording(name);
  phase = STARTED;
  errno = error;
}

/* Takes the recorder out of the environment, so that the program and those that it starts do not see it: entries go, and
 * of LD_PRELOAD what was there before stays. */
static void leave_environment(char **entries) {
  char **to = entries;
  for (char **from = entries; *from; from++) {
    char *preloads = strncmp(*from, "LD_PRELOAD=", 11) == 0 ? *from + 11 : NULL, *others = preloads ? strchr(preloads, ':') : NULL;
    if (strncmp(*from, "PAGEWALK_HEAP_", 14) == 0 || (preloads && !others)) continue;
    if (others) memmove(preloads, others + 1, strlen(others));
    *to++ = *from;
  }
  *to = NULL;
}

__attribute__((constructor)) static void begin(int count, char **arguments, char **environment) {
  (void)count, (void)arguments;
  start();
  if (getenv("PAGEWALK_HEAP_LOG") && !getenv("PAGEWALK_HEAP_FOLLOW")) leave_environment(environment);
}
