/*
 * Makes groups of musl's allocator (mallocng) be allocated and freed repeatedly, so that their classes bounce. A rule
 * then decides which groups are kept, by their number of slots and the number of groups of that size (okay_to_free in
 * musl's free.c).
 *
 *   bouncing SEED ROUNDS LOG
 *
 * LOG gets a line for each call, LOG.maps the process's regions before the first one. It must be linked statically by
 * musl-gcc, so that no memory is donated to the allocator. In each round groups are emptied, one at a time, while all
 * others are full.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "random-program/log.h"

/*
 * Of classes whose groups have 20, 10 or 5 slots, and 16, 8 or 4; and a size of the next class: while blocks of it are
 * in use, blocks of the first size are allocated from their own class.
 */
static const struct { size_t bytes, next, slots; } sizes[] = {{1600, 2000, 20}, {2000, 2500, 16}};
#define SIZES (sizeof sizes / sizeof *sizes)
#define MOST_BLOCKS 1024
#define HELD 16
/* The number of allocations and frees of groups after which a class bounces. */
#define BOUNCES 110

static char *blocks[MOST_BLOCKS];
static unsigned count;
static uint64_t state;

static uint64_t below(uint64_t limit) { /* xorshift64*, Vigna 2016 */
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return ((state * 2685821657736338717ull) >> 11) % limit;
}

static char *make(size_t bytes) {
  char *block = malloc(bytes);
  note("malloc(%zu) = %s\n", bytes, show(block).text);
  return block;
}

static void drop(void *block) {
  free(block);
  note("free(%s) = <void>\n", show(block).text);
}

/* Consecutive blocks belong to one group. */
static int is_next(unsigned n, size_t bytes) {
  return n < count && blocks[n] > blocks[n - 1] && blocks[n] < blocks[n - 1] + 2 * bytes;
}

/* Empties the group of block `n` while no other group has a free slot: the rule decides. */
static void empty(unsigned n, size_t bytes) {
  unsigned first = n, last = n + 1, had = count;
  while (first > 0 && is_next(first, bytes)) first--;
  while (is_next(last, bytes)) last++;
  char *slot = blocks[first];
  drop(slot);
  /* The newest group is filled before one that was full. */
  for (unsigned made = 0; made < 64; made++) {
    char *block = make(bytes);
    if (block < slot + bytes && slot < block + bytes) {
      blocks[first] = block;
      break;
    }
    blocks[count++] = block;
  }
  for (unsigned k = first; k < last && k < had; k++) drop(blocks[k]);
  memmove(blocks + first, blocks + last, (count - last) * sizeof *blocks);
  count -= last - first;
}

/* Blocks of one size, by the number in use: near the numbers at which the rule's decision changes. */
static void go(size_t bytes, size_t next, size_t slots, long rounds) {
  char *held[HELD];
  for (int n = 0; n < HELD; n++) held[n] = make(next);
  for (long round = 0; round < rounds; round++) {
    for (int n = 0; n < (round == 0 ? BOUNCES : BOUNCES / 4); n++) drop(make(bytes));
    size_t many = slots >> below(3), wanted = 9 * many + below(2 * many) - many;
    while (count < wanted) blocks[count++] = make(bytes);
    for (int n = 0; n < 3; n++) empty((unsigned)below(count), bytes);
    /* A new allocation at the address of a freed group shows that it was freed. */
    char *plug = make(many * bytes / 2 + 4096 * below(4));
    for (size_t n = 0; n < slots; n++) blocks[count++] = make(bytes);
    while (count > 0) drop(blocks[--count]);
    drop(plug);
  }
  for (int n = 0; n < HELD; n++) drop(held[n]);
}

int main(int arguments, char **argument) {
  char path[4096];
  if (arguments != 4) return 2;
  int now = personality(0xffffffff);
  if (!(now & ADDR_NO_RANDOMIZE)) {
    personality((unsigned)now | ADDR_NO_RANDOMIZE);
    execv("/proc/self/exe", argument);
    return 10;
  }
  state = strtoull(argument[1], NULL, 10) * 0x9e3779b97f4a7c15ull + 1;
  log_file = create(argument[3]);
  snprintf(path, sizeof path, "%s.maps", argument[3]);
  note_header();
  flush_log();
  copy_maps(create(path));
  for (unsigned n = 0; n < SIZES; n++) go(sizes[n].bytes, sizes[n].next, sizes[n].slots, atol(argument[2]));
  flush_log();
  _exit(0);
}
