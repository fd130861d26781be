/* The calls, each with its line. `store` keeps the returned block with its requested bytes. */

static void keep(void *address, size_t bytes) {
  fill(address, bytes);
  remember(address, bytes);
}

static void call_malloc(void) {
  size_t bytes = some_bytes();
  void *got = malloc(bytes);
  note_thread();
  note("malloc(%zu) = %s\n", bytes, show(got).text);
  keep(got, bytes);
}

static int is_behind_exit(void);
static void note_exit(void);

/* calloc and free: where the C library calls them for itself, its calls have lines too (see interpose.h). */
static void *noted_calloc(size_t count, size_t bytes) {
  void *got = real_calloc(count, bytes);
  note_thread();
  note("calloc(%zu, %zu) = %s\n", count, bytes, show(got).text);
  return got;
}

static void noted_free(void *address) {
  if (is_behind_exit()) note_exit();
  note_thread();
  note("free(%s) = <void>\n", show(address).text);
  real_free(address);
}

static void call_calloc(void) {
  size_t count = one_in(4) ? 1 : below(9), bytes = some_bytes();
  if (count > 1) bytes = one_in(1000) ? SIZE_MAX / count + below(3) : bytes / count;
  char *got = noted_calloc(count, bytes);
  for (size_t n = 0; got && n < count * bytes && n < 4096; n++)
    if (got[n]) _exit(9);
  keep(got, count * bytes);
}

static void call_free(void) {
  if (block_count == 0 || one_in(200)) return noted_free(NULL);
  struct block *block = some_block();
  char *address = block->address;
  forget(block);
  noted_free(address);
}

/* Updates the block that was passed to realloc: it stays if a new one was refused. */
static void settle_realloc(struct block *block, char *got, size_t bytes) {
  if (got == NULL && bytes > 0) return;
  if (block) forget(block);
  keep(got, bytes);
}

static void call_realloc(void) {
  struct block *block = block_count == 0 || one_in(8) ? NULL : some_block();
  size_t bytes = one_in(100) ? 0 : some_bytes();
  if (block && one_in(3)) bytes = block->bytes + below(block->bytes / 2 + 32);
  char *old = block ? block->address : NULL;
  struct pointer shown = show(old);
  char *got = realloc(old, bytes);
  note_thread();
  note("realloc(%s, %zu) = %s\n", shown.text, bytes, show(got).text);
  settle_realloc(block, got, bytes);
}

static void call_reallocarray(void) {
  struct block *block = block_count == 0 || one_in(8) ? NULL : some_block();
  size_t count = one_in(100) ? 0 : 1 + below(8), bytes = some_bytes() / (count ? count : 1);
  if (one_in(100)) count = SIZE_MAX / 2;
  char *old = block ? block->address : NULL;
  struct pointer shown = show(old);
  char *got = reallocarray(old, count, bytes);
  note_thread();
  note("reallocarray(%s, %zu, %zu) = %s\n", shown.text, count, bytes, show(got).text);
  int is_past = bytes > 0 && count > SIZE_MAX / bytes;
  settle_realloc(block, got, is_past ? SIZE_MAX : count * bytes);
}

static void call_memalign(void) {
  size_t alignment = some_alignment(), bytes = some_bytes();
  void *got = memalign(alignment, bytes);
  note_thread();
  note("memalign(%zu, %zu) = %s\n", alignment, bytes, show(got).text);
  keep(got, bytes);
}

static void call_aligned_alloc(void) {
  size_t alignment = some_alignment(), bytes = some_bytes();
  void *got = aligned_alloc(alignment, bytes);
  note_thread();
  note("aligned_alloc(%zu, %zu) = %s\n", alignment, bytes, show(got).text);
  keep(got, bytes);
}

static void call_posix_memalign(void) {
  size_t alignment = some_alignment(), bytes = some_bytes();
  void *got = NULL;
  int error = posix_memalign(&got, alignment, bytes);
  note_thread();
  note("posix_memalign([%s], %zu, %zu) = %d\n", show(got).text, alignment, bytes, error);
  keep(got, bytes);
}

static void call_valloc(void) {
  size_t bytes = some_fewer_bytes();
  void *got = valloc(bytes);
  note_thread();
  note("valloc(%zu) = %s\n", bytes, show(got).text);
  keep(got, bytes);
}

static void call_usable_size(void) {
  struct block *block = block_count == 0 || one_in(50) ? NULL : some_block();
  char *address = block ? block->address : NULL;
  size_t bytes = malloc_usable_size(address);
  note_thread();
  note("malloc_usable_size(%s) = %zu\n", show(address).text, bytes);
  if (address && one_in(2)) fill(address, bytes);
}

#ifdef __GLIBC__
static void call_pvalloc(void) {
  size_t bytes = some_fewer_bytes();
  void *got = pvalloc(bytes);
  note_thread();
  note("pvalloc(%zu) = %s\n", bytes, show(got).text);
  keep(got, bytes);
}

static void call_trim(void) {
  size_t pad = one_in(2) ? 0 : below(300 << 10);
  int result = malloc_trim(pad);
  note_thread();
  note("malloc_trim(%zu) = %d\n", pad, result);
}

static int some_value(int parameter) {
  switch (parameter) {
  case M_MXFAST: return (int)below(180);
  case M_MMAP_MAX: return (int)(one_in(2) ? below(20) : 65536);
  case M_PERTURB: return (int)below(256);
  case M_ARENA_TEST:
  case M_ARENA_MAX: return (int)below(12);
  default: return (int)(one_in(10) ? below(64 << 20) : below(600 << 10));
  }
}

/*
 * The heap's figures: mallinfo2's are logged, the texts of the others are written to standard error, which is LOG.info.
 */
static void call_mallinfo2(void) {
  struct mallinfo2 m = mallinfo2();
  note_thread();
  note("mallinfo2() = {arena=%zu, ordblks=%zu, smblks=%zu, hblks=%zu, hblkhd=%zu, ", m.arena, m.ordblks, m.smblks, m.hblks, m.hblkhd);
  note("usmblks=%zu, fsmblks=%zu, uordblks=%zu, fordblks=%zu, keepcost=%zu}\n", m.usmblks, m.fsmblks, m.uordblks, m.fordblks, m.keepcost);
}

static void call_malloc_stats(void) {
  malloc_stats();
  note_thread();
  note("malloc_stats() = <void>\n");
}

static void call_malloc_info(void) {
  int options = one_in(20) ? 1 : 0, result = malloc_info(options, stderr);
  note_thread();
  note("malloc_info(%d, %s) = %d\n", options, show(stderr).text, result);
}

static void tell_figures(void) {
  uint64_t kind = below(4);
  if (kind == 0) return call_malloc_stats();
  if (kind == 1) return call_malloc_info();
  call_mallinfo2();
}

static void call_mallopt(void) {
  static const int parameters[] = {M_MXFAST, M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_MMAP_MAX, M_PERTURB, M_ARENA_TEST, M_ARENA_MAX};
  int parameter = parameters[below(sizeof parameters / sizeof *parameters)], value = some_value(parameter);
  int result = mallopt(parameter, value);
  note_thread();
  note("mallopt(%d, %d) = %d\n", parameter, value, result);
}
#endif

/* The program's own mappings, with --mapped. */
#define MOST_MAPPINGS 32

static struct mapping {
  char *address;
  size_t bytes;
} mappings[MOST_MAPPINGS];
static unsigned mapping_count;

static void call_mmap(void) {
  size_t bytes = (1 + below(one_in(8) ? 2000 : 40)) * 4096;
  char *got = (char *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) _exit(4);
  note_thread();
  note("mmap(NULL, %zu, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = %s\n", bytes, show(got).text);
  mappings[mapping_count++] = (struct mapping){got, bytes};
}

/* Sometimes a part is unmapped, from its end. */
static void call_munmap(void) {
  struct mapping *one = &mappings[below(mapping_count)];
  size_t bytes = one->bytes > 4096 && one_in(3) ? 4096 : one->bytes;
  one->bytes -= bytes;
  char *address = one->address + one->bytes;
  if (syscall(SYS_munmap, address, bytes) != 0) _exit(4);
  note_thread();
  note("munmap(%s, %zu) = 0\n", show(address).text, bytes);
  if (one->bytes == 0) *one = mappings[--mapping_count];
}

#ifdef __GLIBC__
/* The program moves the break for itself: the heap continues behind these pages. */
static void call_brk(void) {
  unsigned long wanted_end = (unsigned long)syscall(SYS_brk, 0) + (1 + below(4)) * 4096;
  sbrk((intptr_t)(wanted_end - (unsigned long)sbrk(0)));
  note_thread();
  note("brk(0x%lx) = 0x%lx\n", wanted_end, (unsigned long)syscall(SYS_brk, 0));
}
#else
/* musl assumes that only it moves the break. The program maps a page directly behind it, so that it cannot move. */
static void call_brk(void) {
  static int is_stopped;
  char *end = (char *)syscall(SYS_brk, 0);
  if (is_stopped++) return;
  if ((char *)syscall(SYS_mmap, end, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != end) _exit(4);
  note_thread();
  note("mmap(%s, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = %s\n", show(end).text, show(end).text);
}
#endif

static void call_mapping(void) {
  if (one_in(40)) return call_brk();
  if (mapping_count == MOST_MAPPINGS || (mapping_count > 0 && one_in(2))) call_munmap();
  else call_mmap();
}
