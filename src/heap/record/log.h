/* The log: a line a call, in a file that is mapped, so that it is whole however the process ends. The mapping is a window
 * that moves along the file and keeps its address. Behind the last line are zeros, which the reader cuts off.
 *
 *    file    ├──── lines ────┼─── window ───┤
 *                            │ lines │ zeros │
 *                            └ used ─┘
 */

#define WINDOW_BYTES ((size_t)1 << 20)
#define MOST_LINE ((size_t)16 << 10) /* a path, and what stands around it */

static char log_path[4096];
static char *window;
static size_t window_used;
static off_t window_offset; /* in the file */

/* Maps the window's next place in the file, over its last one. No descriptor stays open, which a program might see. */
static int place_window(int fd) {
  if (syscall(SYS_fallocate, fd, 0, window_offset, WINDOW_BYTES) != 0 && ftruncate(fd, window_offset + (off_t)WINDOW_BYTES) != 0) return 0;
  void *got = (void *)syscall(SYS_mmap, window, WINDOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | (window ? MAP_FIXED : 0), fd, window_offset);
  if (got == MAP_FAILED) return 0;
  window = got;
  return 1;
}

static void move_window(void) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = window_used / page * page;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_RDWR | O_CLOEXEC, 0);
  window_offset += (off_t)whole;
  window_used -= whole;
  int is_placed = fd >= 0 && place_window(fd);
  if (fd >= 0) syscall(SYS_close, fd);
  if (!is_placed) stop_recording("the log cannot be made longer");
}

static void put_text(const char *text) {
  while (*text) window[window_used++] = *text++;
}

static void put_decimal(unsigned long value) {
  char digits[24];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while (value /= 10);
  while (count > 0) window[window_used++] = digits[--count];
}

static void put_integer(long value) {
  if (value < 0) window[window_used++] = '-';
  put_decimal(value < 0 ? -(unsigned long)value : (unsigned long)value);
}

static void put_hex(unsigned long value) {
  int shift = 0;
  while (shift < (int)sizeof value * 8 - 4 && value >> shift >> 4) shift += 4;
  put_text("0x");
  for (; shift >= 0; shift -= 4) window[window_used++] = "0123456789abcdef"[value >> shift & 15];
}

/* `0x55555555e2a0`, or `nil`. */
static void put_address(const void *address) {
  if (address) put_hex((unsigned long)address);
  else put_text("nil");
}

/* Room for a line, which begins with its thread, but for the first one. */
static int begin_line(unsigned thread) {
  if (window_used + MOST_LINE > WINDOW_BYTES) move_window();
  if (!is_recording()) return 0;
  if (thread > 1) {
    put_text("[pid ");
    put_decimal(thread);
    put_text("] ");
  }
  return 1;
}

/* `name(a`, `name(a, b`: sizes, counts, alignments. */
static void put_call(const char *name, int count, const size_t *arguments) {
  put_text(name);
  for (int n = 0; n < count; n++) {
    put_text(n ? ", " : "(");
    put_decimal(arguments[n]);
  }
}

static void put_number(long number) {
  put_text(") = ");
  put_integer(number);
  put_text("\n");
}

static void put_block(const void *block) {
  put_text(") = ");
  put_address(block);
  put_text("\n");
}
