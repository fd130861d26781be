/* The records: calls with their answers, and copies of files in /proc. */

#define LOG_BYTES (1u << 20)

/* Shared by the processes: each line is appended after the last one of any process. */
static struct log {
  size_t used;
  unsigned lines;
  long left; /* number of remaining calls */
  char text[LOG_BYTES];
} *record;

/* `[pid 12] ` after the fork. */
static char prefix[24];

static void note(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  size_t room = LOG_BYTES - record->used;
  int length = vsnprintf(record->text + record->used, room, format, arguments);
  va_end(arguments);
  if ((size_t)length >= room) _exit(5);
  for (const char *at = record->text + record->used; *at; at++) record->lines += *at == '\n';
  record->used += (size_t)length;
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
  case EOVERFLOW: return "EOVERFLOW";
  case EOPNOTSUPP: return "EOPNOTSUPP";
  default: snprintf(number, sizeof number, "E%d", error); return number;
  }
}

/* The kernel's own answer, without the C library. */
static long ask(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
  long result = syscall(number, a, b, c, d, e, f);
  return result == -1 ? -(long)errno : result;
}

static void note_result(long result, int is_address) {
  if (result < 0 && result > -4096) note(" = -1 %s\n", error_name((int)-result));
  else if (is_address) note(" = 0x%lx\n", (unsigned long)result);
  else note(" = %ld\n", result);
}

/* Names of bits that are set, joined by |; bits without a name as a number. */
struct name {
  uint64_t bits;
  const char *text;
};

static void note_bits(uint64_t bits, const struct name *names, size_t count, const char *nothing) {
  int some = 0;
  for (size_t n = 0; n < count; n++)
    if ((bits & names[n].bits) == names[n].bits) {
      note(some++ ? "|%s" : "%s", names[n].text);
      bits &= ~names[n].bits;
    }
  if (bits) note(some ? "|0x%lx" : "0x%lx", bits);
  else if (!some) note("%s", nothing);
}

/* A file in the folder, opened before privileges are dropped; the names of a child's files contain its number. */
static int create(const char *folder, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) _exit(3);
  return fd;
}

static void save(int fd, const char *text, size_t bytes) {
  for (size_t done = 0; done < bytes;) {
    ssize_t put = write(fd, text + done, bytes - done);
    if (put <= 0) _exit(3);
    done += (size_t)put;
  }
}

static void save_number(int fd, long value) {
  char text[32];
  save(fd, text, (size_t)snprintf(text, sizeof text, "%ld\n", value));
}

/* Copies /proc/self/NAME to a file, through memory that exists already. */
static void copy_proc(const char *name, int to) {
  static char text[1 << 14];
  char path[64];
  ssize_t got;
  snprintf(path, sizeof path, "/proc/self/%s", name);
  int fd = open(path, O_RDONLY);
  if (fd < 0) _exit(3);
  while ((got = read(fd, text, sizeof text)) > 0) save(to, text, (size_t)got);
  close(fd);
}
