/* assembly/core/ids.ts in C: dense numbers for keys. */
#ifndef IDS_H
#define IDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define INLINE static inline __attribute__((always_inline))

enum { FIRST_BUCKETS = 4096, KEYS_AT_ONCE = 128 };

struct bucket {
  uint64_t key;
  uint32_t id, unused; /* the number + 1; 0: empty */
};

struct ids {
  struct bucket *table;
  uint32_t count, mask, shift;
};

INLINE void *zeroed(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory == NULL) abort();
  return memory;
}

INLINE uint32_t hash_of(uint64_t key) {
  return (uint32_t)(((key ^ (key >> 32)) * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

static void ids_resize(struct ids *ids, uint32_t size) {
  struct ids grown = {.table = zeroed(size, sizeof *grown.table), .count = ids->count, .mask = size - 1};
  grown.shift = (uint32_t)__builtin_clz(grown.mask);
  for (uint32_t n = 0; ids->table != NULL && n <= ids->mask; n++) {
    if (ids->table[n].id == 0) continue;
    uint32_t at = hash_of(ids->table[n].key) >> grown.shift;
    while (grown.table[at].id != 0) at = (at + 1) & grown.mask;
    grown.table[at] = ids->table[n];
  }
  free(ids->table);
  *ids = grown;
}

INLINE uint32_t ids_of(struct ids *ids, uint64_t key) {
  for (uint32_t at = hash_of(key) >> ids->shift;; at = (at + 1) & ids->mask) {
    struct bucket *bucket = ids->table + at;
    if (bucket->id != 0 && bucket->key == key) return bucket->id - 1;
    if (bucket->id != 0) continue;
    *bucket = (struct bucket){.key = key, .id = ++ids->count};
    uint32_t size = ids->mask + 1, id = ids->count - 1;
    if (ids->count > size - (size >> 2)) ids_resize(ids, size << 1);
    return id;
  }
}

static void ids_number_all(struct ids *ids, const uint64_t *keys, uint32_t count, uint32_t *into) {
  for (uint32_t start = 0; start < count; start += KEYS_AT_ONCE) {
    uint32_t end = start + KEYS_AT_ONCE < count ? start + KEYS_AT_ONCE : count;
    for (uint32_t n = start; n < end; n++) __builtin_prefetch(ids->table + (hash_of(keys[n]) >> ids->shift));
    for (uint32_t n = start; n < end; n++) into[n] = ids_of(ids, keys[n]);
  }
}

#endif
