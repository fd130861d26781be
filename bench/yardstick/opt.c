/* assembly/policy/offline/opt.ts in C. */
#include "key-heap.h"
#include "rng.h"
#include "yardstick.h"

enum { SAMPLE = 256, SHARE = 8, SLOT_BITS = 31, DONE = 1 };

struct policy {
  struct slots slots;
  uint64_t now, horizon, epoch;
  struct key_heap far;
  uint32_t *next_uses;
  const uint32_t *future;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  slots_create(&policy->slots, capacity, 1);
  key_heap_create(&policy->far, capacity);
  policy->next_uses = zeroed(capacity, sizeof(uint32_t));
  policy->horizon = UINT64_MAX;
  policy->future = gaps;
}

INLINE void destroy(struct policy *policy) {
  key_heap_free(&policy->far);
  free(policy->next_uses);
}

INLINE const void *ahead(const struct policy *policy, uint32_t slot) { return policy->next_uses + slot; }

static void retire(struct policy *policy, uint32_t slot) {
  list_insert(policy->slots.nodes, policy->slots.count, slot);
  set_mark(&policy->slots, slot, DONE);
}

static void push(struct policy *policy, uint32_t slot, uint64_t time) {
  uint64_t distance = time - policy->epoch;
  if (key_heap_is_full(&policy->far) || distance >> (64 - SLOT_BITS)) {
    key_heap_clear(&policy->far);
    policy->horizon = UINT64_MAX;
  } else key_heap_add(&policy->far, distance << SLOT_BITS | slot);
}

INLINE void expect(struct policy *policy, uint32_t slot) {
  uint32_t gap = *policy->future++;
  policy->now++;
  if (gap == NEVER) {
    retire(policy, slot);
    return;
  }
  uint64_t time = policy->now + gap;
  policy->next_uses[slot] = (uint32_t)time;
  if (time >= policy->horizon) push(policy, slot, time);
}

INLINE void gather_if_past(struct policy *policy, uint32_t slot, uint32_t least) {
  uint32_t distance = policy->next_uses[slot] - (uint32_t)policy->now;
  if (distance < least || !is_resident(&policy->slots, slot)) return;
  key_heap_append(&policy->far, (uint64_t)distance << SLOT_BITS | slot);
}

static void gather(struct policy *policy) {
  struct key_heap *far = &policy->far;
  uint32_t count = policy->slots.fresh;
  policy->epoch = policy->now;
  key_heap_clear(far);
  for (uint32_t n = count < SAMPLE ? count : SAMPLE; n > 0; n--)
    gather_if_past(policy, (uint32_t)((splitmix64(policy->now, n) >> 32) * count >> 32), 1);
  key_heap_order(far);
  uint64_t least = 0;
  for (uint32_t n = far->size / SHARE + 1; n > 0; n--) least = key_heap_take_top(far) >> SLOT_BITS;
  key_heap_clear(far);
  for (uint32_t slot = 0; slot < count; slot++) gather_if_past(policy, slot, (uint32_t)least);
  key_heap_order(far);
  policy->horizon = policy->now + least;
}

static uint32_t furthest(struct policy *policy) {
  for (;;) {
    uint64_t key = key_heap_take_top(&policy->far), time = policy->epoch + (key >> SLOT_BITS);
    uint32_t slot = (uint32_t)(key & ((UINT64_C(1) << SLOT_BITS) - 1));
    if (time <= policy->now) gather(policy);
    else if (is_resident(&policy->slots, slot) && policy->next_uses[slot] == (uint32_t)time) return slot;
  }
}

INLINE void hit(struct policy *policy, uint32_t slot) { expect(policy, slot); }

INLINE void miss(struct policy *policy, uint32_t slot) { (void)policy, (void)slot; }

INLINE void evict(struct policy *policy) {
  struct slots *slots = &policy->slots;
  uint32_t victim = slots->nodes[slots->count].next;
  if (victim != slots->count) list_remove(slots->nodes, victim);
  else victim = furthest(policy);
  slots_release(slots, victim);
}

INLINE void insert(struct policy *policy, uint32_t slot) { expect(policy, slot); }

#define AHEAD ahead
#define DESTROY destroy
#define REPLAY replay_opt
#include "replay.h"
