/*
 * Files that calls map, each with several open modes, and the calls that change them. One is on disk, its last page not
 * full at first; the other is a memfd. Each page that is added to the file on disk is read, and everything is written
 * back (fsync), so that the page cache holds all of it, clean and in single pages.
 */

#define FILE_PAGES 24
#define MOST_FILE_PAGES 40
#define MOST_OPENED 12

/* Descriptors for mmap. */
static struct opened {
  int fd;
  int weight; /* its frequency, relative to the sum of weights */
} opened[MOST_OPENED];
static unsigned opened_count;

static int file = -1, file_read_only = -1, memory = -1;
static char file_path[4096];

static int some_opened(void) {
  int all = 0;
  for (unsigned n = 0; n < opened_count; n++) all += opened[n].weight;
  int left = (int)below((uint64_t)all);
  for (unsigned n = 0; n < opened_count; n++)
    if ((left -= opened[n].weight) < 0) return opened[n].fd;
  return -1;
}

static void may_map(int fd, int weight) {
  if (fd < 0 || opened_count == MOST_OPENED) _exit(3);
  opened[opened_count++] = (struct opened){fd, weight};
}

static uint64_t size_of(int fd) {
  struct stat status;
  if (fstat(fd, &status)) _exit(3);
  return (uint64_t)status.st_size;
}

/* Opens everything, before privileges are dropped. */
static void open_files(const char *folder) {
  static const char page[PAGE] = "a page of the file";
  snprintf(file_path, sizeof file_path, "%s/file", folder);
  file = open(file_path, O_RDWR | O_CREAT | O_TRUNC, 0666);
  for (int n = 0; n < FILE_PAGES; n++)
    if (write(file, page, n == FILE_PAGES - 1 ? 100 : PAGE) < 0) _exit(3);
  if (fsync(file) || fchmod(file, 0666) || ((modes & UNPRIVILEGED) && geteuid() == 0 && fchown(file, NOBODY, NOBODY))) _exit(3);
  if (posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM)) _exit(3); /* no readahead */
  may_map(file, 20);
}

/* Opens the file again, which the process can no longer open by its path. */
static int open_again(int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  return open(path, flags);
}

/* The descriptors that were opened after the maps, with their lines in the log. */
static void note_files(void) {
  int ends[2], fd;
  note("%sopenat(AT_FDCWD, \"%s\", O_RDWR|O_CREAT|O_TRUNC, 0666) = %d\n", prefix, file_path, file);
  note("%spwrite64(%d, \"\"..., %lu, 0) = %lu\n", prefix, file, size_of(file), size_of(file));
  may_map(file_read_only = open_again(O_RDONLY), 8);
  note("%sopenat(AT_FDCWD, \"%s\", O_RDONLY) = %d\n", prefix, file_path, file_read_only);
  may_map(fd = open_again(O_WRONLY), 1);
  note("%sopenat(AT_FDCWD, \"%s\", O_WRONLY) = %d\n", prefix, file_path, fd);
  may_map(fd = open_again(O_PATH), 1);
  note("%sopenat(AT_FDCWD, \"%s\", O_RDONLY|O_PATH) = %d\n", prefix, file_path, fd);
  may_map(fd = open("/", O_RDONLY | O_DIRECTORY), 1);
  note("%sopenat(AT_FDCWD, \"/\", O_RDONLY|O_DIRECTORY) = %d\n", prefix, fd);
  if (pipe(ends)) _exit(3);
  note("%spipe2([%d, %d], 0) = 0\n", prefix, ends[0], ends[1]);
  may_map(ends[0], 1);
  may_map(ends[1], 1);
  may_map(fd = dup(file), 2);
  note("%sdup(%d) = %d\n", prefix, file, fd);
  may_map(fd = dup(file), 1);
  note("%sdup(%d) = %d\n", prefix, file, fd);
  close(fd);
  note("%sclose(%d) = 0\n", prefix, fd);
  memory = (int)ask(SYS_memfd_create, (uint64_t)"memory", 0, 0, 0, 0, 0);
  if (ftruncate(memory, FILE_PAGES * PAGE)) _exit(3);
  note("%smemfd_create(\"memory\", 0) = %d\n%sftruncate(%d, %lu) = 0\n", prefix, memory, prefix, memory, FILE_PAGES * PAGE);
  may_map(memory, 8);
}

/* Reads the added part of the file on disk, page by page, and writes all of it back. */
static void settle_file(uint64_t from) {
  static char byte[1];
  for (uint64_t at = from & -PAGE, end = size_of(file); at < end; at += PAGE) {
    if (pread(file, byte, 1, (off_t)at) != 1) _exit(3);
    note("%spread64(%d, \"\", 1, %lu) = 1\n", prefix, file, at);
  }
  note("%sfsync(%d)", prefix, file);
  note_result(fsync(file), 0);
}

static void call_truncate(int fd, uint64_t had) {
  uint64_t size = below(MOST_FILE_PAGES) * PAGE + (one_in(3) ? below(PAGE) : 0);
  note("%sftruncate(%d, %lu)", prefix, fd, size);
  note_result(ask(SYS_ftruncate, (uint64_t)fd, size, 0, 0, 0, 0), 0);
  if (fd == file) settle_file(had);
}

static void call_write(int fd, uint64_t had) {
  static const char bytes[3 * PAGE];
  uint64_t at = below(MOST_FILE_PAGES * PAGE), count = 1 + below(sizeof bytes);
  long result = 0;
  for (uint64_t done = 0, step; done < count; done += step) { /* page by page, otherwise the cache gets large folios */
    step = PAGE - (at + done) % PAGE;
    if (step > count - done) step = count - done;
    result += ask(SYS_pwrite64, (uint64_t)fd, (uint64_t)bytes, step, at + done, 0, 0);
  }
  note("%spwrite64(%d, \"\"..., %lu, %lu)", prefix, fd, count, at);
  note_result(result, 0);
  if (fd == file) settle_file(had);
}

static void call_punch(int fd) {
  uint64_t at = below(MOST_FILE_PAGES * PAGE), count = 1 + below(6 * PAGE);
  note("%sfallocate(%d, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, %lu, %lu)", prefix, fd, at, count);
  note_result(ask(SYS_fallocate, (uint64_t)fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, at, count, 0, 0), 0);
  if (fd == file) settle_file(at);
}

static void call_file(void) {
  int fd = one_in(2) ? file : memory;
  switch (below(5)) {
  case 0: call_write(fd, size_of(fd)); return;
  case 1: call_punch(fd); return;
  case 2: if (one_in(4)) { call_truncate(file_read_only, 0); return; } /* fall through */
  default: call_truncate(fd, size_of(fd));
  }
}
