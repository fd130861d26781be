/*
 * The kernel's slots in C: entries with their links, states, free list, and the hash that finds a slot by its key.
 * Same layouts and same algorithms as assembly/policy/slots.ts, slot-index.ts and assembly/core/list.ts, so that a
 * yardstick measures the cost of WebAssembly and not of another design.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define NONE UINT32_MAX
#define INLINE static inline __attribute__((always_inline))

enum { FREE, TAKEN, RESIDENT, GHOST, STATE = 3, MARK_SHIFT = 2 };

struct node {
  uint64_t key;
  uint32_t next, previous;
};

struct slots {
  struct node *nodes;
  uint8_t *states;
  uint64_t *buckets;
  uint32_t count, residents, ghosts, fresh, freed, shift, mask;
};

INLINE void *zeroed(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (memory == NULL) abort();
  return memory;
}

INLINE void join(struct node *nodes, uint32_t before, uint32_t after) {
  nodes[before].next = after;
  nodes[after].previous = before;
}

INLINE void list_insert(struct node *nodes, uint32_t before, uint32_t node) {
  uint32_t after = nodes[before].next;
  join(nodes, before, node);
  join(nodes, node, after);
}

INLINE void list_remove(struct node *nodes, uint32_t node) {
  join(nodes, nodes[node].previous, nodes[node].next);
}

INLINE void list_to_front(struct node *nodes, uint32_t sentinel, uint32_t node) {
  list_remove(nodes, node);
  list_insert(nodes, sentinel, node);
}

INLINE void slots_create(struct slots *slots, uint32_t count, uint32_t lists) {
  uint32_t bits = 3;
  while ((UINT64_C(1) << bits) < 2 * (uint64_t)count) bits++;
  *slots = (struct slots){.count = count, .freed = NONE, .shift = 32 - bits, .mask = (UINT32_C(1) << bits) - 1};
  slots->nodes = zeroed((size_t)count + lists, sizeof(struct node));
  slots->states = zeroed(count, 1);
  slots->buckets = zeroed((size_t)slots->mask + 1, sizeof(uint64_t));
  for (uint32_t n = 0; n < lists; n++) join(slots->nodes, count + n, count + n);
}

INLINE uint32_t hash_of(uint64_t key) {
  return (uint32_t)(((key ^ (key >> 32)) * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

INLINE uint32_t index_find(const struct slots *slots, uint64_t key, uint32_t hash) {
  for (uint32_t at = hash >> slots->shift;; at = (at + 1) & slots->mask) {
    uint64_t bucket = slots->buckets[at];
    if (bucket == 0) return NONE;
    if ((uint32_t)(bucket >> 32) != hash) continue;
    uint32_t slot = (uint32_t)bucket - 1;
    if (slots->nodes[slot].key == key) return slot;
  }
}

INLINE void index_add(struct slots *slots, uint32_t slot, uint32_t hash) {
  uint32_t at = hash >> slots->shift;
  while (slots->buckets[at] != 0) at = (at + 1) & slots->mask;
  slots->buckets[at] = (uint64_t)hash << 32 | (slot + 1);
}

INLINE void index_remove(struct slots *slots, uint32_t slot) {
  uint64_t *buckets = slots->buckets;
  uint32_t mask = slots->mask, hash = hash_of(slots->nodes[slot].key);
  uint64_t wanted = (uint64_t)hash << 32 | (slot + 1);
  uint32_t hole = hash >> slots->shift;
  while (buckets[hole] != wanted) hole = (hole + 1) & mask;
  for (uint32_t at = (hole + 1) & mask; buckets[at] != 0; at = (at + 1) & mask) {
    uint32_t home = (uint32_t)(buckets[at] >> 32) >> slots->shift;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    buckets[hole] = buckets[at];
    hole = at;
  }
  buckets[hole] = 0;
}

INLINE bool is_resident(const struct slots *slots, uint32_t slot) {
  return (slots->states[slot] & STATE) == RESIDENT;
}

INLINE bool is_ghost(const struct slots *slots, uint32_t slot) {
  return (slots->states[slot] & STATE) == GHOST;
}

INLINE uint32_t mark(const struct slots *slots, uint32_t slot) {
  return slots->states[slot] >> MARK_SHIFT;
}

INLINE void set_mark(struct slots *slots, uint32_t slot, uint32_t mark) {
  slots->states[slot] = (uint8_t)((slots->states[slot] & STATE) | mark << MARK_SHIFT);
}

INLINE uint32_t slots_take(struct slots *slots, uint64_t key) {
  uint32_t slot = slots->freed;
  if (slot != NONE) slots->freed = slots->nodes[slot].next;
  else slot = slots->fresh++;
  slots->nodes[slot].key = key;
  slots->states[slot] = TAKEN;
  return slot;
}

INLINE void mark_resident(struct slots *slots, uint32_t slot) {
  if (is_ghost(slots, slot)) slots->ghosts--;
  slots->states[slot] = (uint8_t)((slots->states[slot] & ~STATE) | RESIDENT);
  slots->residents++;
}

INLINE void slots_remember(struct slots *slots, uint32_t slot) {
  slots->residents--;
  slots->ghosts++;
  slots->states[slot] |= GHOST;
}

INLINE void slots_release(struct slots *slots, uint32_t slot) {
  if (is_ghost(slots, slot)) slots->ghosts--;
  else slots->residents--;
  index_remove(slots, slot);
  slots->states[slot] = FREE;
  slots->nodes[slot].next = slots->freed;
  slots->freed = slot;
}

#endif
