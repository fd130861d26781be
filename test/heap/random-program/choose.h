/* Random arguments of calls, the same for the same seed. */

enum mix { SMALL, MEDIUM, LARGE, ALL, FEW };
static enum mix mix = ALL;

static uint64_t state;

static uint64_t draw(void) { /* xorshift64*, Vigna 2016 */
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 2685821657736338717ull;
}

static uint64_t below(uint64_t limit) { return (draw() >> 11) % limit; }

static int one_in(uint64_t count) { return below(count) == 0; }

/* Blocks in use. */
#define MOST_BLOCKS 4096

static struct block {
  char *address;
  size_t bytes;
} blocks[MOST_BLOCKS];
static unsigned block_count;
static size_t live_bytes;

/* The present target number of blocks, and the limit on bytes in use. */
static unsigned wanted;
#define MOST_LIVE_BYTES ((size_t)192 << 20)

static void choose_wanted(void) {
  static const unsigned most[] = {3000, 600, 60, 1200, 6};
  wanted = (unsigned)(one_in(8) ? below(4) : below(most[mix]));
}

static size_t small_bytes(void) {
  uint64_t kind = below(20);
  if (kind < 14) return below(160);
  if (kind < 19) return below(1100);
  return 1000 + below(100);
}

static size_t medium_bytes(void) {
  uint64_t kind = below(20);
  if (kind < 6) return below(1100);
  if (kind < 14) return 1000 + below(8 << 10);
  if (kind < 19) return below(32 << 10);
  return below(128 << 10);
}

/* Many sizes near the threshold of mapped blocks, few near its maximum. */
static size_t large_bytes(void) {
  uint64_t kind = below(200);
  if (kind < 60) return below(128 << 10);
  if (kind < 120) return (120 << 10) + below(16 << 10);
  if (kind < 180) return below(1 << 20);
  if (kind < 198) return below(8 << 20);
  return below(48 << 20);
}

/* A few sizes, so that memory shared by blocks of one size is allocated and freed repeatedly. */
static size_t few_bytes(void) { return ((size_t)1000 << below(6)) + below(3) * 300; }

/* Sizes that are always refused: beyond PTRDIFF_MAX, or beyond the address space. */
static size_t refused_bytes(void) {
  if (one_in(2)) return (size_t)PTRDIFF_MAX - 16 + below(64);
  if (one_in(2)) return SIZE_MAX - below(5000);
  return ((size_t)1 << (47 + below(15))) + below(1 << 20);
}

static size_t some_bytes(void) {
  if (one_in(1500)) return refused_bytes();
  switch (mix) {
  case SMALL: return small_bytes();
  case MEDIUM: return medium_bytes();
  case LARGE: return one_in(3) ? medium_bytes() : large_bytes();
  case FEW: return few_bytes();
  default: break;
  }
  uint64_t kind = below(40);
  return kind < 28 ? small_bytes() : kind < 39 ? medium_bytes() : large_bytes();
}

/* For calls that round up or clear memory: never as large. */
static size_t some_fewer_bytes(void) { return mix == SMALL || !one_in(6) ? small_bytes() : medium_bytes(); }

/* Powers of two, sometimes another number. */
static size_t some_alignment(void) {
  if (one_in(60)) return below(5000);
  if (one_in(30)) return (size_t)1 << (13 + below(9));
  return (size_t)1 << below(13);
}

static struct block *some_block(void) {
  return &blocks[one_in(3) ? block_count - 1 - below(block_count < 16 ? block_count : 16) : below(block_count)];
}

/* True if so much is in use that blocks should be freed. */
static int is_full(void) { return block_count >= MOST_BLOCKS - 1 || live_bytes > MOST_LIVE_BYTES; }

static void remember(char *address, size_t bytes) {
  if (address == NULL) return;
  blocks[block_count++] = (struct block){address, bytes};
  live_bytes += bytes;
}

static void forget(struct block *block) {
  live_bytes -= block->bytes;
  *block = blocks[--block_count];
}

static int is_untouched;

/* Stores to the block: to both ends of its usable bytes. */
static void fill(char *address, size_t bytes) {
  size_t most = bytes < 64 ? bytes : 64;
  if (address == NULL || is_untouched) return;
  memset(address, (int)draw(), most);
  memset(address + bytes - most, (int)draw(), most);
}
