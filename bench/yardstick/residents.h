/* assembly/policy/parts/resident-array.ts in C. A policy defines `struct entry` before. */
#ifndef RESIDENTS_H
#define RESIDENTS_H

#include "slots.h"

struct residents {
  struct entry *entries;
  uint32_t *slots, *index_of, count;
};

INLINE void residents_create(struct residents *residents, uint32_t capacity) {
  residents->entries = zeroed(capacity, sizeof(struct entry));
  residents->slots = zeroed(capacity, sizeof(uint32_t));
  residents->index_of = zeroed(capacity, sizeof(uint32_t));
}

INLINE void residents_free(struct residents *residents) {
  free(residents->entries);
  free(residents->slots);
  free(residents->index_of);
}

INLINE struct entry *residents_push(struct residents *residents, uint32_t slot) {
  uint32_t index = residents->count++;
  residents->slots[index] = slot;
  residents->index_of[slot] = index;
  return residents->entries + index;
}

INLINE void residents_remove(struct residents *residents, uint32_t slot) {
  uint32_t index = residents->index_of[slot], last = --residents->count;
  residents->entries[index] = residents->entries[last];
  residents->slots[index] = residents->slots[last];
  residents->index_of[residents->slots[index]] = index;
}

#endif
