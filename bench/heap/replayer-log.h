/* The log of a replay: its lines in ltrace's syntax to an array of calls, with blocks by number instead of address. */

enum kind { MALLOC, CALLOC, REALLOC, FREE, MEMALIGN, POSIX_MEMALIGN, VALLOC, PVALLOC, THREAD_EXIT, NOTHING };

struct call {
  uint16_t kind;
  /* A realloc that failed in the log: its block remains. */
  uint16_t isRefused;
  uint32_t thread;
  /* Numbers of the block that the call takes and of the one that it returns; 0: none. */
  uint32_t given, made;
  uint64_t a, b;
};

/* Blocks by their address in the log: open addressing; number 0 marks an empty entry. */
struct place {
  uint64_t address;
  uint32_t number;
};

static struct call *calls;
static uint64_t callCount;
static uint32_t blockCount = 1;
static struct place *places;
static uint64_t placeMask;

static struct place *placeOf(uint64_t address) {
  uint64_t at = (address >> 4) * 0x9e3779b97f4a7c15u >> 20 & placeMask;
  while (places[at].number != 0 && places[at].address != address) at = (at + 1) & placeMask;
  return &places[at];
}

/* The number of the block at the log's `address`; 0: there is none. The entry of a freed block remains, without a block. */
static uint32_t numberAt(uint64_t address) {
  return address == 0 ? 0 : placeOf(address)->number & 0x7fffffff;
}

static uint32_t made(uint64_t address) {
  if (address == 0) return 0;
  struct place *place = placeOf(address);
  place->address = address;
  place->number = 0x80000000 | blockCount;
  return blockCount++;
}

static uint32_t freed(uint64_t address) {
  uint32_t number = numberAt(address);
  if (number != 0) placeOf(address)->number = 0x80000000;
  return number;
}

static uint64_t numberIn(const char **at) {
  while (**at == ' ' || **at == ',' || **at == '[') ++*at;
  if (strncmp(*at, "nil", 3) == 0 || strncmp(*at, "(nil)", 5) == 0 || strncmp(*at, "NULL", 4) == 0) {
    while (**at != ',' && **at != ')' && **at != '\n' && **at != ']') ++*at;
    return 0;
  }
  char *end;
  uint64_t value = strtoull(*at, &end, 0);
  *at = *end == ']' ? end + 1 : end;
  return value;
}

static uint32_t threadOf(const char **at) {
  static uint32_t ids[MOST_THREADS], count;
  uint32_t id = 0;
  if (strncmp(*at, "[pid ", 5) == 0) {
    *at += 5;
    id = numberIn(at);
    while (**at == ']' || **at == ' ') ++*at;
  }
  for (uint32_t n = 0; n < count; n++)
    if (ids[n] == id) return n;
  if (count == MOST_THREADS) fail("replayer: too many threads");
  ids[count] = id;
  return count++;
}

static int isCall(const char **at, const char *name) {
  size_t length = strlen(name);
  if (strncmp(*at, name, length) != 0 || (*at)[length] != '(') return 0;
  *at += length + 1;
  return 1;
}

/* The result after the arguments; a failure that the call reports by a number is NULL. */
static uint64_t resultIn(const char *at, const char *end) {
  const char *equals = memrchr(at, '=', end - at);
  if (equals == NULL) return 0;
  equals++;
  return numberIn(&equals);
}

static void readCall(const char *at, const char *end, struct call *call) {
  call->kind = NOTHING;
  call->thread = threadOf(&at);
  uint64_t result = resultIn(at, end);
  if (isCall(&at, "malloc") || isCall(&at, "valloc") || isCall(&at, "pvalloc")) {
    call->kind = at[-2] == 'c' && at[-3] == 'o' && at[-7] == 'm' ? MALLOC : at[-8] == 'p' ? PVALLOC : VALLOC;
    call->a = numberIn(&at);
    call->made = made(result);
  } else if (isCall(&at, "calloc")) {
    call->kind = CALLOC;
    call->a = numberIn(&at);
    call->b = numberIn(&at);
    call->made = made(result);
  } else if (isCall(&at, "free")) {
    call->kind = FREE;
    call->given = freed(numberIn(&at));
    if (call->given == 0) call->kind = NOTHING;
  } else if (isCall(&at, "realloc") || isCall(&at, "reallocarray")) {
    int isArray = at[-2] == 'y';
    uint64_t address = numberIn(&at);
    call->kind = REALLOC;
    call->given = numberAt(address);
    call->a = numberIn(&at);
    int isTooMuch = isArray && __builtin_mul_overflow(call->a, numberIn(&at), &call->a);
    if (isTooMuch) call->kind = NOTHING;
    else if (result == 0 && call->a != 0) call->isRefused = 1;
    else {
      freed(address);
      call->made = made(result);
    }
  } else if (isCall(&at, "memalign") || isCall(&at, "aligned_alloc")) {
    call->kind = MEMALIGN;
    call->a = numberIn(&at);
    call->b = numberIn(&at);
    call->made = made(result);
  } else if (isCall(&at, "posix_memalign")) {
    uint64_t address = numberIn(&at);
    call->kind = POSIX_MEMALIGN;
    call->a = numberIn(&at);
    call->b = numberIn(&at);
    if (result == 0) call->made = made(address);
  } else if (isCall(&at, "thread_exit")) call->kind = THREAD_EXIT;
  if (call->kind == NOTHING) call->given = 0;
}

static void readLog(const char *path) {
  int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) fail("replayer: no such log");
  const char *text = mmap(NULL, status.st_size + 1, PROT_READ, MAP_SHARED, file, 0);
  uint64_t lines = 1;
  for (int64_t n = 0; n < status.st_size; n++) lines += text[n] == '\n';
  calls = own(lines * sizeof *calls);
  blocks = own((lines + 1) * sizeof *blocks);
  for (placeMask = 1024; placeMask < lines * 2; placeMask *= 2) {}
  places = own(placeMask-- * sizeof *places);
  for (const char *at = text, *last = text + status.st_size; at < last;) {
    const char *end = memchr(at, '\n', last - at);
    if (end == NULL) end = last;
    if (*at != '#' && end != at) readCall(at, end, &calls[callCount++]);
    at = end + 1;
  }
}
