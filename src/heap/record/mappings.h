/* The program's own mappings, so that a reader of the log can tell where the allocator's came to lie. They are learnt from
 * /proc/self/maps, whenever a call of the allocator has mapped something: what has changed since the last look and is
 * not the allocator's was done by the program, before that call. Nothing else counts, because only where mappings are
 * at such a moment decides where the next one comes to lie.
 *
 * glibc's mappings are recognised by their blocks:
 *
 *    a mapped block     │ … │ previous size │ size, flag 2 │ block …          a mapping from `…` to the block's end
 *    a block of a heap  its size has flag 4; the heap begins at a multiple of HEAP_BYTES and is so long
 *    any other block    is in the break
 *
 * Of another allocator nothing is known, and its log has no mappings.
 */

#define MOST_RANGES 65536 /* no process has more regions, unless the administrator wants it to */
#define MOST_HEAPS 4096
#define MOST_NAMES 4096
#define NAMES_BYTES ((size_t)1 << 20)
#define HEAP_BYTES (sizeof(long) == 8 ? 64ul << 20 : 1ul << 20)

#define IS_MAPPED 2
#define IS_OF_HEAP 4

struct range {
  unsigned long start, end, offset;
  unsigned name; /* number of its file's, or one of these */
  unsigned char protection, is_shared;
};
enum { ANONYMOUS, SPECIAL, FIRST_NAME };

struct span {
  unsigned long start, end;
};

static struct ranges {
  struct range all[MOST_RANGES];
  unsigned count;
} looks[2], *known = &looks[0];

static unsigned long heaps[MOST_HEAPS];
static unsigned heap_count;
static unsigned long break_start;
static int has_mappings;

/* Names of files, each once. */
static char names[NAMES_BYTES];
static const char *name_at[MOST_NAMES];
static unsigned name_count = FIRST_NAME;
static size_t names_used;

static unsigned number_of_name(const char *text) {
  if (*text == 0 || strncmp(text, "[anon", 5) == 0) return ANONYMOUS;
  if (*text == '[') return SPECIAL;
  for (unsigned n = FIRST_NAME; n < name_count; n++)
    if (strcmp(name_at[n], text) == 0) return n;
  size_t bytes = strlen(text) + 1;
  if (name_count == MOST_NAMES || names_used + bytes > NAMES_BYTES) return SPECIAL;
  name_at[name_count] = memcpy(names + names_used, text, bytes);
  names_used += bytes;
  return name_count++;
}

static unsigned long read_hex(const char **at) {
  unsigned long value = 0;
  for (;; (*at)++) {
    char c = **at;
    if (c >= '0' && c <= '9') value = value << 4 | (unsigned long)(c - '0');
    else if (c >= 'a' && c <= 'f') value = value << 4 | (unsigned long)(c - 'a' + 10);
    else return value;
  }
}

/* `7ffff7fcb000-7ffff7ff1000 r-xp 00001000 fe:00 338944      /usr/lib/ld.so` */
static void read_range(struct ranges *to, const char *line) {
  if (to->count == MOST_RANGES) {
    has_mappings = 0;
    return;
  }
  struct range *one = &to->all[to->count++];
  one->start = read_hex(&line), line++;
  one->end = read_hex(&line), line++;
  one->protection = (unsigned char)((line[0] == 'r' ? PROT_READ : 0) | (line[1] == 'w' ? PROT_WRITE : 0) | (line[2] == 'x' ? PROT_EXEC : 0));
  one->is_shared = line[3] == 's';
  line += 5;
  one->offset = read_hex(&line);
  for (int n = 0; n < 3 && *line; n++) { /* behind the offset, the device and the inode */
    while (*line == ' ') line++;
    if (n < 2) while (*line && *line != ' ') line++;
  }
  one->name = number_of_name(line);
}

/* Reads what is mapped now; copies it to `copy`, if that is a file. */
static void read_maps(struct ranges *to, int copy) {
  static char text[1 << 16];
  size_t used = 0;
  long got;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
  to->count = 0;
  while ((got = syscall(SYS_read, fd, text + used, sizeof text - used)) > 0) {
    if (copy >= 0 && syscall(SYS_write, copy, text + used, got) != got) stop_recording("the regions cannot be written");
    char *line = text, *end;
    used += (size_t)got;
    while ((end = memchr(line, '\n', used - (size_t)(line - text)))) {
      *end = 0;
      read_range(to, line);
      line = end + 1;
    }
    used -= (size_t)(line - text);
    memmove(text, line, used);
  }
  syscall(SYS_close, fd);
}

static void put_protection(unsigned protection) {
  static const char *const texts[] = {"PROT_NONE", "PROT_READ", "PROT_WRITE", "PROT_READ|PROT_WRITE", "PROT_EXEC", "PROT_READ|PROT_EXEC", "PROT_WRITE|PROT_EXEC", "PROT_READ|PROT_WRITE|PROT_EXEC"};
  put_text(texts[protection & 7]);
}

static void put_span(const char *name, unsigned long start, unsigned long end) {
  put_text(name);
  put_text("(");
  put_hex(start);
  put_text(", ");
  put_decimal(end - start);
}

static void note_unmapped(unsigned thread, unsigned long start, unsigned long end) {
  if (!begin_line(thread)) return;
  put_span("munmap", start, end);
  put_text(") = 0\n");
}

static void note_protected(unsigned thread, const struct range *one, unsigned long start, unsigned long end) {
  if (!begin_line(thread)) return;
  put_span("mprotect", start, end);
  put_text(", ");
  put_protection(one->protection);
  put_text(") = 0\n");
}

/* Memory that is shared without a file has a name of the kernel's. */
static int has_file(const struct range *one) {
  return one->name >= FIRST_NAME && strncmp(name_at[one->name], "/dev/zero", 9) && strncmp(name_at[one->name], "/SYSV", 5);
}

static void note_mapped(unsigned thread, const struct range *one, unsigned long start, unsigned long end) {
  if (!begin_line(thread)) return;
  put_span("mmap", start, end);
  put_text(", ");
  put_protection(one->protection);
  put_text(one->is_shared ? ", MAP_SHARED" : ", MAP_PRIVATE");
  if (has_file(one)) {
    put_text("|MAP_FIXED, 3<");
    put_text(name_at[one->name]);
    put_text(">, ");
    put_hex(one->offset + (start - one->start));
  } else {
    put_text("|MAP_FIXED|MAP_ANONYMOUS, -1, 0");
  }
  put_text(") = ");
  put_hex(start);
  put_text("\n");
}

static int is_of_heap(unsigned long address) {
  for (unsigned n = heap_count; n-- > 0;)
    if (heaps[n] == (address & -HEAP_BYTES)) return 1;
  return 0;
}

/* A heap is what looks like one: writable from its beginning, and without protection from there to its end. */
static void find_heaps(const struct ranges *now) {
  for (unsigned n = 0; n < now->count; n++) {
    const struct range *one = &now->all[n];
    if (one->start % HEAP_BYTES || one->name != ANONYMOUS || one->protection != (PROT_READ | PROT_WRITE) || is_of_heap(one->start)) continue;
    unsigned long end = one->end;
    if (n + 1 < now->count && one[1].start == end && one[1].name == ANONYMOUS && one[1].protection == PROT_NONE) end = one[1].end;
    if (end - one->start >= HEAP_BYTES && heap_count < MOST_HEAPS) heaps[heap_count++] = one->start;
  }
}

static struct range *range_behind(const struct ranges *in, unsigned long address) { /* the first that ends behind it */
  unsigned low = 0, high = in->count;
  while (low < high) {
    unsigned middle = (low + high) / 2;
    if (in->all[middle].end > address) high = middle;
    else low = middle + 1;
  }
  return (struct range *)&in->all[low];
}

static int is_mapped(const struct ranges *in, unsigned long address) {
  const struct range *one = range_behind(in, address);
  return one < in->all + in->count && one->start <= address;
}

/* The allocator has unmapped it. */
static void take_from_known(struct span gone) {
  unsigned long start = gone.start, end = gone.end;
  struct range *one = range_behind(known, start), *last = known->all + known->count;
  if (start >= end) return;
  if (one < last && one->start < start && one->end > end && known->count < MOST_RANGES) { /* a hole */
    memmove(one + 1, one, (size_t)(last++ - one) * sizeof *one);
    known->count++;
    one[0].end = start;
    one[1].offset += end - one[1].start;
    one[1].start = end;
    return;
  }
  if (one < last && one->start < start) (one++)->end = start;
  struct range *behind = one;
  while (behind < last && behind->end <= end) behind++;
  if (behind < last && behind->start < end) {
    behind->offset += end - behind->start;
    behind->start = end;
  }
  memmove(one, behind, (size_t)(last - behind) * sizeof *one);
  known->count -= (unsigned)(behind - one);
}

/* Heaps that are no longer there are no longer the allocator's. */
static void forget_heaps(const struct ranges *now) {
  for (unsigned n = heap_count; n-- > 0;) {
    const struct range *one = range_behind(now, heaps[n]);
    if (one < now->all + now->count && one->start <= heaps[n] && one->name == ANONYMOUS) continue;
    take_from_known((struct span){heaps[n], heaps[n] + HEAP_BYTES});
    heaps[n] = heaps[--heap_count];
  }
}

static int is_same(const struct range *one, const struct range *other) {
  if (one->name != other->name || one->is_shared != other->is_shared) return 0;
  return one->name == ANONYMOUS || one->offset - one->start == other->offset - other->start;
}

/* Puts back into a look what was there at the last one. */
static void put_back(struct ranges *now, const struct range *before, unsigned long start, unsigned long end) {
  if (now->count == MOST_RANGES) return;
  struct range *one = range_behind(now, start);
  memmove(one + 1, one, (size_t)(now->all + now->count++ - one) * sizeof *one);
  *one = *before;
  one->offset += start - before->start;
  one->start = start;
  one->end = end;
}

/* True if the kernel, which searches from the top, would have given the call this place, which is free now: then another
 * thread has unmapped the call's mapping. */
static int is_unmapped_later(const struct ranges *now, struct span own, unsigned long start) {
  const struct range *above = range_behind(now, start);
  unsigned long low = above > now->all ? above[-1].end : 0, high = above < now->all + now->count ? above->start : ~0ul;
  return own.start && start > own.start && high - low >= own.end - own.start;
}

/* Compares the ranges between two addresses where none begins or ends: before, and now; NULL: none. */
static void compare_piece(unsigned thread, const struct range *before, const struct range *now, unsigned long start, unsigned long end) {
  if ((before && before->name == SPECIAL) || (now && now->name == SPECIAL) || is_of_heap(start)) return;
  if (start == (unsigned long)window) return;
  if (before == NULL && now == NULL) return;
  if (now == NULL) note_unmapped(thread, start, end);
  else if (before == NULL || !is_same(before, now)) note_mapped(thread, now, start, end);
  else if (before->protection != now->protection) note_protected(thread, now, start, end);
}

static unsigned long least(unsigned long a, unsigned long b) { return a < b ? a : b; }

/* The next of a span's two ends behind `at`, if that comes before `end`. */
static unsigned long next_end(unsigned long at, unsigned long end, unsigned long span_start, unsigned long span_end) {
  if (at < span_start) return least(end, span_start);
  return at < span_end ? least(end, span_end) : end;
}

/* Goes from address to address where something begins or ends. `own` is what the call has mapped. */
static void compare_all(unsigned thread, struct ranges *now, struct span own) {
  const struct range *before = known->all, *last_before = before + known->count;
  const struct range *after = now->all, *last_after = after + now->count;
  for (unsigned long at = 0, end; before < last_before || after < last_after; at = end) {
    end = next_end(at, ~0ul, own.start, own.end);
    if (before < last_before) end = next_end(at, end, before->start, before->end);
    if (after < last_after) end = next_end(at, end, after->start, after->end);
    for (unsigned n = 0; n < heap_count; n++) end = next_end(at, end, heaps[n], heaps[n] + HEAP_BYTES);
    int is_before = before < last_before && before->start <= at, is_after = after < last_after && after->start <= at;
    int is_own = at >= own.start && at < own.end;
    if (is_before && !is_after && before->name != SPECIAL && is_unmapped_later(now, own, at)) {
      put_back(now, before, at, end);
      after++, last_after++;
    } else if (is_before || is_after) { /* where the call's own mapping is, nothing was */
      compare_piece(thread, is_before ? before : NULL, is_after && !is_own ? after : NULL, at, end);
    }
    if (before < last_before && before->end <= end) before++;
    if (after < last_after && after->end <= end) after++;
  }
}

/* Writes what the program has mapped and unmapped since the last look. */
static void look_at_mappings(unsigned thread, struct span own) {
  struct ranges *now = known == &looks[0] ? &looks[1] : &looks[0];
  read_maps(now, -1);
  if (!has_mappings) return;
  forget_heaps(now);
  find_heaps(now);
  compare_all(thread, now, own);
  known = now;
}

/* The mapping of a mapped block; nothing for another. */
static struct span span_of(void *block) {
  if (!has_mappings || block == NULL) return (struct span){0, 0};
  const size_t *words = block;
  unsigned long chunk = (unsigned long)&words[-2];
  if (!(words[-1] & IS_MAPPED)) return (struct span){0, 0};
  return (struct span){chunk - words[-2], chunk + (words[-1] & ~(size_t)7)};
}

/* True if the call that returned `block` has mapped memory. */
static int has_mapped(void *block) {
  if (block == NULL) return 0;
  unsigned long address = (unsigned long)block;
  size_t size = ((const size_t *)block)[-1];
  if (size & IS_MAPPED) return 1;
  if (size & IS_OF_HEAP) return !is_of_heap(address);
  return !(address >= break_start && address < (unsigned long)real_sbrk(0)) && !is_mapped(known, address);
}

/* Where the dynamic loader lies: it ends where the last region of its file does. */
static struct span loader;

static void find_loader(unsigned long start) {
  const struct range *one = range_behind(known, start), *last = known->all + known->count;
  loader = (struct span){start, start};
  for (unsigned name = one->name; one < last && one->name == name; one++) loader.end = one->end;
}

static int is_loader(const void *code) { return (unsigned long)code >= loader.start && (unsigned long)code < loader.end; }
