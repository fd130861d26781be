/*
 * The kernel's loop (assembly/engine/pages.ts) and its numbers of pages (requests.ts) in C. A policy includes this after defining
 *
 *   struct policy { struct slots slots; … };
 *   create(policy, capacity)  hit(policy, slot)  miss(policy, slot)  evict(policy)  insert(policy, slot)
 *
 * and names the function it gets with REPLAY. It may also name its own functions with these:
 *
 *   AHEAD(policy, slot)   the memory that `hit` reads first, if that is not the slot's node
 *   ASK(policy, key)      a page that is not resident is requested
 *   EXPIRE(policy)        evicts after a miss
 *   DESTROY(policy)       frees its memory
 */
#include "slots.h"
#include "yardstick.h"

enum { WINDOW = 32, STEP = 1 << 19 };

#ifndef AHEAD
#define AHEAD(policy, slot) ((policy)->slots.nodes + (slot))
#endif
#ifndef ASK
#define ASK(policy, key) (void)(policy), (void)(key)
#endif
#ifndef EXPIRE
#define EXPIRE(policy) (void)(policy)
#endif
#ifndef DESTROY
#define DESTROY(policy) (void)(policy)
#endif

INLINE void fault(struct policy *policy, uint32_t capacity, uint32_t ghost, uint64_t key, uint32_t number) {
  struct slots *slots = &policy->slots;
  ASK(policy, key);
  miss(policy, ghost);
  while (slots->residents >= capacity) evict(policy);
  uint32_t slot = ghost;
  if (ghost == NONE) {
    slot = slots_take(slots, key);
    index_add(slots, slot, number);
  }
  insert(policy, slot);
  mark_resident(slots, slot);
}

INLINE uint32_t serve(struct policy *policy, uint32_t capacity, const uint64_t *keys, const uint32_t *numbers, uint32_t count) {
  struct slots *slots = &policy->slots;
  uint32_t misses = 0;
  for (uint32_t n = 0; n < count; n++) {
    uint32_t slot = index_find(slots, numbers[n]);
    __builtin_prefetch(AHEAD(policy, slot == NONE ? 0 : slot));
  }
  for (uint32_t n = 0; n < count; n++) {
    uint32_t slot = index_find(slots, numbers[n]);
    if (slot != NONE && is_resident(slots, slot)) {
      hit(policy, slot);
      continue;
    }
    fault(policy, capacity, slot, keys[n], numbers[n]);
    EXPIRE(policy);
    misses++;
  }
  return misses;
}

uint64_t REPLAY(const uint64_t *keys, size_t count, uint32_t capacity) {
  struct policy policy = {0};
  struct ids ids = {0};
  create(&policy, capacity);
  ids_resize(&ids, FIRST_BUCKETS);
  uint32_t *numbers = zeroed(STEP, sizeof(uint32_t));
  uint64_t misses = 0;
  for (size_t start = 0; start < count; start += STEP) {
    uint32_t step = count - start < STEP ? (uint32_t)(count - start) : STEP;
    ids_number_all(&ids, keys + start, step, numbers);
    index_reach(&policy.slots, ids.count);
    for (uint32_t at = 0; at < step; at += WINDOW) {
      uint32_t window = step - at < WINDOW ? step - at : WINDOW;
      misses += serve(&policy, capacity, keys + start + at, numbers + at, window);
    }
  }
  DESTROY(&policy);
  free(numbers);
  free(ids.table);
  free(policy.slots.nodes);
  free(policy.slots.states);
  free(policy.slots.slot_of);
  free(policy.slots.number_of);
  return misses;
}
