/* assembly/policy/queues/s3-fifo.ts in C, with its default parameters. */
#include "slots.h"

enum { SMALL, MAIN, GHOSTS, HITS = 3, IN_MAIN = 4, ENOUGH = 2 };

struct policy {
  struct slots slots;
  uint32_t length[3], share, room;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  policy->share = (uint32_t)(capacity * 0.1) > 1 ? (uint32_t)(capacity * 0.1) : 1;
  policy->room = (uint32_t)(capacity * 0.9);
  slots_create(&policy->slots, capacity + policy->room, 3);
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
  if ((hits & HITS) < HITS) set_mark(&policy->slots, slot, hits + 1);
}

INLINE void miss(struct policy *policy, uint32_t slot) {
  if (slot == NONE) return;
  list_remove(policy->slots.nodes, slot);
  policy->length[GHOSTS]--;
}

static void remember(struct policy *policy, uint32_t slot) {
  struct slots *slots = &policy->slots;
  while (policy->length[GHOSTS] > 0 && policy->length[GHOSTS] >= policy->room) slots_release(slots, pop(policy, GHOSTS));
  if (policy->room == 0) {
    slots_release(slots, slot);
    return;
  }
  set_mark(slots, slot, 0);
  slots_remember(slots, slot);
  push(policy, GHOSTS, slot);
}

static bool evict_small(struct policy *policy) {
  struct slots *slots = &policy->slots;
  while (policy->length[SMALL] > 0) {
    uint32_t slot = pop(policy, SMALL);
    if (mark(slots, slot) < ENOUGH) {
      remember(policy, slot);
      return true;
    }
    set_mark(slots, slot, IN_MAIN);
    push(policy, MAIN, slot);
  }
  return false;
}

static void evict_main(struct policy *policy) {
  struct slots *slots = &policy->slots;
  uint32_t slot = pop(policy, MAIN);
  for (uint32_t hits = mark(slots, slot); hits != IN_MAIN; hits = mark(slots, slot)) {
    set_mark(slots, slot, hits - 1);
    push(policy, MAIN, slot);
    slot = pop(policy, MAIN);
  }
  slots_release(slots, slot);
}

INLINE void evict(struct policy *policy) {
  bool from_small = policy->length[SMALL] >= policy->share || policy->length[MAIN] == 0;
  if (!from_small || !evict_small(policy)) evict_main(policy);
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  if (is_ghost(&policy->slots, slot)) {
    set_mark(&policy->slots, slot, IN_MAIN);
    push(policy, MAIN, slot);
  } else {
    push(policy, SMALL, slot);
  }
}

#define REPLAY replay_s3_fifo
#include "replay.h"
