/* assembly/policy/queues/sieve.ts in C. */
#include "slots.h"

struct policy {
  struct slots slots;
  uint32_t hand;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  slots_create(&policy->slots, capacity, 1);
  policy->hand = capacity;
}

INLINE void hit(struct policy *policy, uint32_t slot) { set_mark(&policy->slots, slot, 1); }

INLINE void miss(struct policy *policy, uint32_t slot) { (void)policy, (void)slot; }

INLINE void evict(struct policy *policy) {
  struct slots *slots = &policy->slots;
  uint32_t victim = policy->hand;
  while (victim == slots->count || mark(slots, victim) == 1) {
    if (victim != slots->count) set_mark(slots, victim, 0);
    victim = slots->nodes[victim].previous;
  }
  policy->hand = slots->nodes[victim].previous;
  list_remove(slots->nodes, victim);
  slots_release(slots, victim);
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  list_insert(policy->slots.nodes, policy->slots.count, slot);
}

#define REPLAY replay_sieve
#include "replay.h"
