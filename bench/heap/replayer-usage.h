/* The memory of the process: bytes mapped by the allocator, and those resident, from /proc/self/smaps. */

static struct { uint64_t start, end; } excluded[MOST_EXCLUDED];
static int excludedCount;
static char *text;

static void exclude(uint64_t start, uint64_t end) {
  if (excludedCount < MOST_EXCLUDED && start < end) {
    excluded[excludedCount].start = start;
    excluded[excludedCount++].end = end;
  }
}

/* A library's zeroed data: the part of its segments that is not in the file. */
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

/* One mapping of /proc/self/smaps, `start` to `end` and `resident` bytes: the part that is the allocator's. */
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
