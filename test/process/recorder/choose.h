/* Random arguments of calls: addresses near mappings, sizes, protections. They are the same for the same seed. */

#define PAGE 4096ul
#define HUGE_PAGE (1ul << 21)
#define MOST_AREAS 4096
#define MOST_OWN 64

/* The parts of a run in addition to the basic mix. */
enum { ALL = 1, FILES = 2, UNPRIVILEGED = 4, LIMITS = 8, LOCKS = 16, HUGE = 32, FORK = 64, MANY = 128 };
static int modes;

/* Ranges that were mapped, from which addresses are chosen; parts may be unmapped. */
static struct area {
  uint64_t start, bytes;
  int grows;
} areas[MOST_AREAS];
static unsigned area_count;

/* The recorder's own regions, which no call may unmap. */
static struct own {
  uint64_t start, end;
  int is_readable, is_writable;
} own[MOST_OWN];
static unsigned own_count;

static uint64_t heap_start, heap_end;
/* The end of the many initial regions of --many. */
static uint64_t many_end;
static uint64_t state;

static uint64_t draw(void) { /* xorshift64*, Vigna 2016 */
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 2685821657736338717ull;
}

static uint64_t below(uint64_t limit) { return (draw() >> 11) % limit; }

static int one_in(uint64_t count) { return below(count) == 0; }

static void remember(uint64_t start, uint64_t bytes, int grows) {
  struct area *area = &areas[area_count < MOST_AREAS ? area_count++ : below(MOST_AREAS)];
  area->start = start;
  area->bytes = (bytes + PAGE - 1) & ~(PAGE - 1);
  area->grows = grows;
}

static struct area *some_area(void) {
  return &areas[below(4) ? area_count - 1 - below(area_count < 24 ? area_count : 24) : below(area_count)];
}

/* A page near a range that was mapped. */
static uint64_t some_page(void) {
  if (area_count == 0 || one_in(40)) return 0x7ffff0000000ul + below(16384) * PAGE;
  struct area *area = some_area();
  return area->start + below(area->bytes / PAGE + 1) * PAGE;
}

/* Mostly few pages, sometimes many, sometimes invalid. */
static uint64_t some_bytes(void) {
  uint64_t kind = below(60);
  if (kind == 0) return 0;
  if (kind == 1) return -(uint64_t)(below(1000) * PAGE);
  if (kind < 5) return (1 + below(600)) * PAGE;
  if (kind < 12) return 1 + below(30 * PAGE);
  return (1 + below(30)) * PAGE;
}

static uint64_t some_protection(void) {
  static const int choices[] = {PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ, PROT_WRITE, PROT_NONE};
  return (uint64_t)choices[below(6)];
}

/* True if the range is in areas that calls mapped, or is refused by the kernel in any case. */
static int is_playground(uint64_t start, uint64_t bytes) {
  uint64_t end = start + (bytes ? bytes : 1);
  if (end < start) return 1;
  if (bytes > 1ul << 40) return 0;
  if (start >= heap_start && end <= heap_end && end > start) return 1;
  for (int found = 1; found && start < end;) {
    found = 0;
    for (unsigned n = 0; n < area_count; n++)
      if (start >= areas[n].start && start < areas[n].start + areas[n].bytes) start = areas[n].start + areas[n].bytes, found = 1;
  }
  return start >= end;
}

/* True if it overlaps the recorder's own regions. */
static int is_own(uint64_t start, uint64_t bytes) {
  for (unsigned n = 0; n < own_count; n++)
    if (start < own[n].end && start + bytes > own[n].start) return 1;
  return 0;
}

/* Records the present mappings as the recorder's own. */
static void learn_own(void) {
  static char text[1 << 14];
  size_t used = 0;
  ssize_t got;
  int fd = open("/proc/self/maps", O_RDONLY);
  while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0) used += (size_t)got;
  close(fd);
  text[used] = 0;
  for (char *line = text; line && *line && own_count < MOST_OWN; line = strchr(line, '\n'), line = line ? line + 1 : line) {
    char permissions[8];
    struct own *one = &own[own_count];
    if (sscanf(line, "%lx-%lx %7s", &one->start, &one->end, permissions) != 3 || one->start >> 47) continue;
    size_t length = strcspn(line, "\n");
    int is_special = memmem(line, length, "[vvar", 5) != NULL;
    one->is_readable = permissions[0] == 'r' && !is_special;
    one->is_writable = permissions[1] == 'w';
    own_count++;
  }
}
