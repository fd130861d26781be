/* assembly/policy/queues/qdlp.ts in C, with its default parameters. */
#include "slots.h"

enum { PROBATION, MAIN, GHOSTS, MOST = 3, HITS = 15, IN_MAIN = 16 };

struct policy {
  struct slots slots;
  uint32_t length[3], main_room, ghost_room, replaced;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  uint32_t share = (uint32_t)(capacity * 0.1) > 1 ? (uint32_t)(capacity * 0.1) : 1;
  policy->main_room = capacity - share;
  policy->ghost_room = (uint32_t)(capacity * 0.9);
  policy->replaced = NONE;
  slots_create(&policy->slots, capacity + policy->ghost_room, 3);
}

INLINE void push(struct policy *policy, uint32_t list, uint32_t slot) {
  list_insert(policy->slots.nodes, policy->slots.count + list, slot);
  policy->length[list]++;
}

INLINE uint32_t pop(struct policy *policy, uint32_t list) {
  uint32_t slot = policy->slots.nodes[policy->slots.count + list].previous;
  list_remove(policy->slots.nodes, slot);
  policy->length[list]--;
  return slot;
}

INLINE void hit(struct policy *policy, uint32_t slot) {
  uint32_t hits = mark(&policy->slots, slot);
  if ((hits & HITS) < MOST) set_mark(&policy->slots, slot, hits + 1);
}

INLINE void miss(struct policy *policy, uint32_t slot) {
  if (slot == NONE) return;
  list_remove(policy->slots.nodes, slot);
  policy->length[GHOSTS]--;
}

static void remember(struct policy *policy, uint32_t slot) {
  struct slots *slots = &policy->slots;
  while (policy->length[GHOSTS] > 0 && policy->length[GHOSTS] >= policy->ghost_room) slots_release(slots, pop(policy, GHOSTS));
  if (policy->ghost_room == 0) {
    slots_release(slots, slot);
    return;
  }
  set_mark(slots, slot, 0);
  slots_remember(slots, slot);
  push(policy, GHOSTS, slot);
}

static uint32_t pop_victim(struct policy *policy) {
  struct slots *slots = &policy->slots;
  uint32_t slot = pop(policy, MAIN);
  for (uint32_t hits = mark(slots, slot); hits != IN_MAIN; hits = mark(slots, slot)) {
    set_mark(slots, slot, hits - 1);
    push(policy, MAIN, slot);
    slot = pop(policy, MAIN);
  }
  return slot;
}

INLINE bool is_main_full(const struct policy *policy) {
  return policy->length[MAIN] > 0 && policy->length[MAIN] >= policy->main_room;
}

INLINE void admit(struct policy *policy, uint32_t slot) {
  set_mark(&policy->slots, slot, IN_MAIN);
  push(policy, MAIN, slot);
}

INLINE void evict(struct policy *policy) {
  struct slots *slots = &policy->slots;
  while (policy->length[MAIN] <= policy->main_room && policy->length[PROBATION] > 0) {
    uint32_t slot = pop(policy, PROBATION);
    if (mark(slots, slot) == 0) {
      remember(policy, slot);
      return;
    }
    uint32_t victim = is_main_full(policy) ? pop_victim(policy) : NONE;
    admit(policy, slot);
    if (victim == NONE) continue;
    slots_release(slots, victim);
    return;
  }
  slots_release(slots, pop_victim(policy));
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  if (!is_ghost(&policy->slots, slot)) {
    push(policy, PROBATION, slot);
    return;
  }
  if (is_main_full(policy)) policy->replaced = pop_victim(policy);
  admit(policy, slot);
}

/* The page that a returning ghost replaced is evicted after the request. */
INLINE void expire(struct policy *policy) {
  if (policy->replaced == NONE) return;
  slots_release(&policy->slots, policy->replaced);
  policy->replaced = NONE;
}

#define EXPIRE expire
#define REPLAY replay_qdlp
#include "replay.h"
