/* assembly/policy/adaptive/arc.ts in C. */
#include "slots.h"

enum { T1, T2, B1, B2 };

struct policy {
  struct slots slots;
  uint32_t capacity, length[4], origin;
  double p;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  slots_create(&policy->slots, 2 * capacity, 4);
  policy->capacity = capacity;
}

INLINE uint32_t back(const struct policy *policy, uint32_t list) {
  return policy->slots.nodes[policy->slots.count + list].previous;
}

INLINE void hit(struct policy *policy, uint32_t slot) {
  struct slots *slots = &policy->slots;
  if (mark(slots, slot) == T1) {
    policy->length[T1]--;
    policy->length[T2]++;
    set_mark(slots, slot, T2);
  }
  list_to_front(slots->nodes, slots->count + T2, slot);
}

static void drop(struct policy *policy, uint32_t list) {
  uint32_t slot = back(policy, list);
  list_remove(policy->slots.nodes, slot);
  slots_release(&policy->slots, slot);
  policy->length[list]--;
}

static void forget(struct policy *policy) {
  const uint32_t *length = policy->length;
  uint32_t capacity = policy->capacity;
  while (length[T1] + length[B1] >= capacity && length[B1] > 0) drop(policy, B1);
  uint64_t most = 2 * (uint64_t)capacity - (length[T1] >= capacity ? 0 : 1);
  while ((uint64_t)length[T1] + length[T2] + length[B1] + length[B2] > most && length[B2] > 0) drop(policy, B2);
}

static void adapt(struct policy *policy) {
  double b1 = policy->length[B1], b2 = policy->length[B2], capacity = policy->capacity;
  if (policy->origin == B2) {
    policy->p -= b2 >= b1 ? 1 : b1 / b2;
    if (policy->p < 0) policy->p = 0;
  } else {
    policy->p += b1 >= b2 ? 1 : b2 / b1;
    if (policy->p > capacity) policy->p = capacity;
  }
}

INLINE void miss(struct policy *policy, uint32_t slot) {
  policy->origin = slot == NONE ? T1 : mark(&policy->slots, slot);
  if (slot == NONE) forget(policy);
  else adapt(policy);
}

INLINE void demote(struct policy *policy, uint32_t from, uint32_t to) {
  struct slots *slots = &policy->slots;
  uint32_t victim = back(policy, from);
  list_to_front(slots->nodes, slots->count + to, victim);
  set_mark(slots, victim, to);
  slots_remember(slots, victim);
  policy->length[from]--;
  policy->length[to]++;
}

INLINE void evict(struct policy *policy) {
  double t1 = policy->length[T1];
  bool from_t1 = t1 > policy->p || (policy->origin == B2 && t1 == policy->p) || policy->length[T2] == 0;
  if (!from_t1 || t1 == 0) demote(policy, T2, B2);
  else if (policy->origin == T1 && t1 >= policy->capacity) drop(policy, T1);
  else demote(policy, T1, B1);
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  struct slots *slots = &policy->slots;
  if (!is_ghost(slots, slot)) {
    policy->length[T1]++;
    list_insert(slots->nodes, slots->count + T1, slot);
    return;
  }
  policy->length[mark(slots, slot)]--;
  policy->length[T2]++;
  set_mark(slots, slot, T2);
  list_to_front(slots->nodes, slots->count + T2, slot);
}

#define REPLAY replay_arc
#include "replay.h"
