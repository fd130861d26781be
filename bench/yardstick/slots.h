/*
 * The kernel's slots in C: entries with their links, states, free list, and the index that finds a slot by its page's number.
 * Same layouts and same algorithms as assembly/policy/slots.ts, slot-index.ts and assembly/core/list.ts, so that a
 * yardstick measures the cost of WebAssembly and not of another design.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include <string.h>

#include "ids.h"

#define NONE UINT32_MAX

enum { FREE, TAKEN, RESIDENT, GHOST, STATE = 3, MARK_SHIFT = 2 };

struct node {
  uint64_t key;
  uint32_t next, previous;
};

struct slots {
  struct node *nodes;
  uint8_t *states;
  uint32_t *slot_of; /* by number: the slot + 1; 0: the page has none */
  uint32_t *number_of;
  uint32_t count, residents, ghosts, fresh, freed, pages;
};

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
  *slots = (struct slots){.count = count, .freed = NONE};
  slots->nodes = zeroed((size_t)count + lists, sizeof(struct node));
  slots->states = zeroed(count, 1);
  slots->number_of = zeroed(count, sizeof(uint32_t));
  for (uint32_t n = 0; n < lists; n++) join(slots->nodes, count + n, count + n);
}

/* Makes room for the pages that were numbered since. */
static void index_reach(struct slots *slots, uint32_t pages) {
  if (pages <= slots->pages) return;
  uint32_t room = pages > 2 * slots->pages ? pages : 2 * slots->pages;
  uint32_t *grown = zeroed(room, sizeof(uint32_t));
  if (slots->pages > 0) memcpy(grown, slots->slot_of, slots->pages * sizeof(uint32_t));
  free(slots->slot_of);
  slots->slot_of = grown;
  slots->pages = room;
}

INLINE uint32_t index_find(const struct slots *slots, uint32_t number) { return slots->slot_of[number] - 1; }

INLINE void index_add(struct slots *slots, uint32_t slot, uint32_t number) {
  slots->slot_of[number] = slot + 1;
  slots->number_of[slot] = number;
}

INLINE void index_remove(struct slots *slots, uint32_t slot) { slots->slot_of[slots->number_of[slot]] = 0; }

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
