/* assembly/policy/learning/lecar.ts in C, with its default parameters. */
#include <math.h>

#include "frequencies.h"
#include "rng.h"

enum { STACK, BY_LRU, BY_LFU };

struct policy {
  struct slots slots;
  struct frequencies frequencies;
  struct rng rng;
  uint64_t now;
  uint32_t ghosts[3], requested, capacity, room;
  double weight;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  policy->capacity = capacity;
  policy->room = capacity / 2;
  policy->weight = 0.5;
  policy->requested = NONE;
  slots_create(&policy->slots, capacity + 2 * policy->room, 3);
  frequencies_create(&policy->frequencies, policy->slots.count, capacity, false);
  rng_seed(&policy->rng, 1);
}

INLINE void destroy(struct policy *policy) { frequencies_free(&policy->frequencies); }

INLINE uint32_t sentinel(const struct policy *policy, uint32_t list) { return policy->slots.count + list; }

INLINE void hit(struct policy *policy, uint32_t slot) {
  policy->now++;
  list_to_front(policy->slots.nodes, sentinel(policy, STACK), slot);
  frequencies_request(&policy->frequencies, slot, policy->now);
}

static void adjust_weights(struct policy *policy, uint32_t slot) {
  uint64_t age = policy->now - (policy->frequencies.words[slot].usage & TIME);
  double gain = exp(0.45 * exp(-5.298317366548036 * (double)age / policy->capacity));
  bool by_lru = mark(&policy->slots, slot) == BY_LRU;
  double lru = by_lru ? policy->weight : policy->weight * gain;
  double lfu = by_lru ? (1 - policy->weight) * gain : 1 - policy->weight;
  policy->weight = fmin(fmax(lru / (lru + lfu), 0.01), 0.99);
}

INLINE void miss(struct policy *policy, uint32_t slot) {
  policy->now++;
  policy->requested = slot;
  if (slot != NONE) adjust_weights(policy, slot);
}

INLINE void forget(struct policy *policy, uint32_t list) {
  struct slots *slots = &policy->slots;
  uint32_t oldest = slots->nodes[sentinel(policy, list)].previous;
  if (oldest == policy->requested) {
    list_to_front(slots->nodes, sentinel(policy, list), oldest);
    oldest = slots->nodes[sentinel(policy, list)].previous;
  }
  list_remove(slots->nodes, oldest);
  slots_release(slots, oldest);
  policy->ghosts[list]--;
}

static void evict(struct policy *policy) {
  struct slots *slots = &policy->slots;
  uint32_t oldest = slots->nodes[sentinel(policy, STACK)].previous, rarest = frequencies_first(&policy->frequencies);
  bool agreed = oldest == rarest, by_lru = agreed || rng_real(&policy->rng) < policy->weight;
  uint32_t victim = by_lru ? oldest : rarest, list = by_lru ? BY_LRU : BY_LFU;
  list_remove(slots->nodes, victim);
  frequencies_remove(&policy->frequencies, victim, policy->now);
  if (agreed || policy->room == 0) {
    slots_release(slots, victim);
    return;
  }
  bool is_requested = policy->requested != NONE && mark(slots, policy->requested) == list;
  while (policy->ghosts[list] - is_requested >= policy->room) forget(policy, list);
  set_mark(slots, victim, list);
  slots_remember(slots, victim);
  list_insert(slots->nodes, sentinel(policy, list), victim);
  policy->ghosts[list]++;
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  struct slots *slots = &policy->slots;
  uint64_t frequency = 1;
  if (is_ghost(slots, slot)) {
    list_remove(slots->nodes, slot);
    policy->ghosts[mark(slots, slot)]--;
    frequency += policy->frequencies.words[slot].usage >> TIME_BITS;
  }
  set_mark(slots, slot, STACK);
  list_insert(slots->nodes, sentinel(policy, STACK), slot);
  frequencies_add(&policy->frequencies, slot, frequency, policy->now);
}

#define DESTROY destroy
#define REPLAY replay_lecar
#include "replay.h"
