/*
 * The kernel's replay loop (assembly/engine/pages.ts) in C. A policy includes this after defining
 *
 *   struct policy { struct slots slots; … };
 *   create(policy, capacity)  hit(policy, slot)  miss(policy, slot)  evict(policy)  insert(policy, slot)
 *
 * and names the function it gets with REPLAY. It may also name its own functions with these:
 *
 *   AHEAD(policy, slot)   the memory that `hit` reads first, if that is not the slot's node
 *   EXPIRE(policy)        evicts after a miss
 *   DESTROY(policy)       frees its memory
 */
#include "slots.h"
#include "yardstick.h"

enum { WINDOW = 32 };

#ifndef AHEAD
#define AHEAD(policy, slot) ((policy)->slots.nodes + (slot))
#endif
#ifndef EXPIRE
#define EXPIRE(policy) (void)(policy)
#endif
#ifndef DESTROY
#define DESTROY(policy) (void)(policy)
#endif

INLINE uint32_t fault(struct policy *policy, uint32_t capacity, uint32_t ghost, uint64_t key, uint32_t hash) {
  struct slots *slots = &policy->slots;
  miss(policy, ghost);
  while (slots->residents >= capacity) evict(policy);
  uint32_t slot = ghost;
  if (ghost == NONE) {
    slot = slots_take(slots, key);
    index_add(slots, slot, hash);
  }
  insert(policy, slot);
  mark_resident(slots, slot);
  return slot;
}

uint64_t REPLAY(const uint64_t *keys, size_t count, uint32_t capacity) {
  struct policy policy = {0};
  create(&policy, capacity);
  struct slots *slots = &policy.slots;
  uint64_t misses = 0, last_key = 0;
  uint32_t slot = NONE, hashes[WINDOW];
  for (size_t start = 0; start < count; start += WINDOW) {
    uint32_t window = count - start < WINDOW ? (uint32_t)(count - start) : WINDOW;
    for (uint32_t n = 0; n < window; n++) {
      hashes[n] = hash_of(keys[start + n]);
      __builtin_prefetch(&slots->buckets[hashes[n] >> slots->shift]);
    }
    for (uint32_t n = 0; n < window; n++) {
      uint32_t likely = (uint32_t)slots->buckets[hashes[n] >> slots->shift];
      __builtin_prefetch(AHEAD(&policy, likely == 0 ? 0 : likely - 1));
    }
    for (uint32_t n = 0; n < window; n++) {
      uint64_t key = keys[start + n];
      if (key != last_key || slot == NONE) {
        slot = index_find(slots, key, hashes[n]);
        last_key = key;
        if (slot == NONE || !is_resident(slots, slot)) {
          slot = fault(&policy, capacity, slot, key, hashes[n]);
          EXPIRE(&policy);
          misses++;
          continue;
        }
      }
      hit(&policy, slot);
    }
  }
  DESTROY(&policy);
  free(slots->nodes);
  free(slots->states);
  free(slots->buckets);
  return misses;
}
