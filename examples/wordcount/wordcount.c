/* Counts the words of a text and prints the most frequent ones: the program whose recording ships with Pagewalk.
 *
 * It works in phases with different patterns of access, so that policies and TLBs give different results:
 *
 *   write    the text, from a seeded generator    sequential stores, 64 KiB
 *   count    its words in a hash table            a sequential read, and random accesses to 1 MiB, some words hot
 *   collect  the words that the table holds       one scan of the table, a smaller sequential write
 *   sort     them by frequency                    heap sort: jumps that halve, and a load from the table for each
 *   find     words again, rare ones too           random accesses only
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 64 << 10, VOCABULARY = 4000, TABLE_SLOTS = 1 << 16, TOP = 8, LOOKUPS = 4000 };

struct slot {
  uint32_t word; /* offset of the word's first occurrence in the text, plus one; 0: the slot is free */
  uint32_t length;
  uint32_t hash;
  uint32_t count;
};

static char text[TEXT_BYTES];
static struct slot table[TABLE_SLOTS];
static struct slot *found[VOCABULARY];

static char output[4096];

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static uint32_t random_below(uint32_t limit) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)(((random_state >> 32) * limit) >> 32);
}

/* A few words occur often, many seldom: the product of two uniform draws is small more often than large. */
static uint32_t random_word(void) {
  return (uint32_t)((uint64_t)random_below(VOCABULARY) * random_below(VOCABULARY) / VOCABULARY);
}

/* Writes word number `number` at `at`, in syllables. Returns its length. */
static uint32_t spell(char *at, uint32_t number) {
  char *end = at;
  do {
    *end++ = "bdfgklmnprstvz"[number % 14];
    number /= 14;
    *end++ = "aeiou"[number % 5];
    number /= 5;
  } while (number > 0);
  return (uint32_t)(end - at);
}

static void write_text(void) {
  uint32_t at = 0;
  while (at < TEXT_BYTES - 16) {
    at += spell(text + at, random_word());
    text[at++] = random_below(10) == 0 ? '\n' : ' ';
  }
  memset(text + at, ' ', TEXT_BYTES - at);
}

static uint32_t hash_of(const char *word, uint32_t length) {
  uint32_t hash = 2166136261u;
  for (uint32_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)word[i]) * 16777619u;
  return hash;
}

/* Returns the slot that holds the word, or the free slot for it. */
static struct slot *slot_of(const char *word, uint32_t length) {
  uint32_t hash = hash_of(word, length);
  for (uint32_t i = hash >> 16;; i = (i + 1) % TABLE_SLOTS) {
    struct slot *slot = &table[i];
    if (slot->word == 0) {
      slot->hash = hash;
      return slot;
    }
    if (slot->hash == hash && slot->length == length && memcmp(text + slot->word - 1, word, length) == 0) return slot;
  }
}

static uint32_t count_words(void) {
  uint32_t words = 0;
  for (uint32_t at = 0; at < TEXT_BYTES;) {
    uint32_t start = at;
    while (at < TEXT_BYTES && text[at] > ' ') at++;
    if (at > start) {
      struct slot *slot = slot_of(text + start, at - start);
      if (slot->word == 0) {
        slot->word = start + 1;
        slot->length = at - start;
      }
      slot->count++;
      words++;
    }
    at++;
  }
  return words;
}

static uint32_t collect(void) {
  uint32_t distinct = 0;
  for (uint32_t i = 0; i < TABLE_SLOTS; i++) {
    if (table[i].word != 0) found[distinct++] = &table[i];
  }
  return distinct;
}

static int comes_before(const struct slot *a, const struct slot *b) {
  return a->count != b->count ? a->count > b->count : a->word < b->word;
}

/* Restores the heap below `root`; the root of the heap is the last element in the order. */
static void sift(uint32_t root, uint32_t size) {
  for (;;) {
    uint32_t child = 2 * root + 1;
    if (child >= size) return;
    if (child + 1 < size && comes_before(found[child], found[child + 1])) child++;
    if (!comes_before(found[root], found[child])) return;
    struct slot *moved = found[root];
    found[root] = found[child];
    found[child] = moved;
    root = child;
  }
}

static void sort(uint32_t size) {
  for (uint32_t root = size / 2; root-- > 0;) sift(root, size);
  while (size-- > 1) {
    struct slot *last = found[0];
    found[0] = found[size];
    found[size] = last;
    sift(0, size);
  }
}

static uint32_t find_again(void) {
  uint32_t hits = 0;
  char word[16];
  for (uint32_t i = 0; i < LOOKUPS; i++) {
    uint32_t length = spell(word, random_below(VOCABULARY));
    hits += slot_of(word, length)->word != 0;
  }
  return hits;
}

int main(void) {
  /* A buffer of its own, so that references do not depend on the destination of the output. */
  setvbuf(stdout, output, _IOFBF, sizeof output);
  write_text();
  uint32_t words = count_words();
  uint32_t distinct = collect();
  sort(distinct);
  uint32_t hits = find_again();
  printf("%u words, %u distinct, %u of %d found again\n", words, distinct, hits, LOOKUPS);
  for (uint32_t i = 0; i < TOP && i < distinct; i++) {
    printf("%6u %.*s\n", found[i]->count, (int)found[i]->length, text + found[i]->word - 1);
  }
  return 0;
}
