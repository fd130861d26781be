/* assembly/policy/frequency/lfuda.ts in C, for fewer than 2^32 requests. */
#include "heap.h"

struct record {
  uint64_t rank, requests;
};

struct policy {
  struct slots slots;
  struct heap heap;
  struct record *records;
  uint64_t age, turn;
  bool is_vacant;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  slots_create(&policy->slots, capacity, 0);
  heap_create(&policy->heap, capacity, capacity);
  policy->records = zeroed(capacity, sizeof(struct record));
}

INLINE void destroy(struct policy *policy) {
  heap_free(&policy->heap);
  free(policy->records);
}

INLINE const void *ahead(const struct policy *policy, uint32_t slot) { return policy->records + slot; }

INLINE void count(struct policy *policy, uint32_t slot, uint64_t requests) {
  uint64_t rank = (requests + policy->age) << 32 | ++policy->turn;
  policy->records[slot] = (struct record){.rank = rank, .requests = requests};
}

INLINE void hit(struct policy *policy, uint32_t slot) { count(policy, slot, policy->records[slot].requests + 1); }

INLINE void miss(struct policy *policy, uint32_t slot) { (void)policy, (void)slot; }

INLINE void evict(struct policy *policy) {
  struct heap *heap = &policy->heap;
  uint32_t victim = heap->places[0].slot;
  while (policy->records[victim].rank != heap->places[0].rank) {
    heap_replace_top(heap, victim, policy->records[victim].rank);
    victim = heap->places[0].slot;
  }
  policy->age = heap->places[0].rank >> 32;
  policy->is_vacant = true;
  slots_release(&policy->slots, victim);
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  count(policy, slot, 1);
  if (policy->is_vacant) heap_replace_top(&policy->heap, slot, policy->records[slot].rank);
  else heap_add(&policy->heap, slot, policy->records[slot].rank);
  policy->is_vacant = false;
}

#define AHEAD ahead
#define DESTROY destroy
#define REPLAY replay_lfuda
#include "replay.h"
