/* assembly/policy/queues/fifo.ts in C. */
#include "slots.h"

struct policy {
  struct slots slots;
};

INLINE void create(struct policy *policy, uint32_t capacity) { slots_create(&policy->slots, capacity, 1); }

INLINE void hit(struct policy *policy, uint32_t slot) { (void)policy, (void)slot; }

INLINE void miss(struct policy *policy, uint32_t slot) { (void)policy, (void)slot; }

INLINE void evict(struct policy *policy) {
  struct slots *slots = &policy->slots;
  uint32_t victim = slots->nodes[slots->count].previous;
  list_remove(slots->nodes, victim);
  slots_release(slots, victim);
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  list_insert(policy->slots.nodes, policy->slots.count, slot);
}

#define REPLAY replay_fifo
#include "replay.h"
