/* assembly/policy/frequency/tinylfu.ts and frequency-sketch.ts in C, with default parameters: no doorkeeper. */
#include "slots.h"

enum { WINDOW_LIST, PROBATION, PROTECTED, SAMPLE = 10 };

struct policy {
  struct slots slots;
  uint32_t length[3], window_room, protected_room, mask;
  uint64_t *words, requests;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  slots_create(&policy->slots, capacity, 3);
  uint32_t outside = (uint32_t)(capacity * (1 - 0.01));
  policy->window_room = capacity - outside > 1 ? capacity - outside : 1;
  policy->protected_room = (uint32_t)((capacity - policy->window_room) * 0.8);
  while (policy->mask + 1 < capacity) policy->mask = 2 * policy->mask + 1;
  policy->words = zeroed((size_t)policy->mask + 1, sizeof(uint64_t));
}

INLINE void destroy(struct policy *policy) { free(policy->words); }

INLINE uint32_t mix(uint64_t key) {
  uint32_t hash = (uint32_t)(key ^ (key >> 32));
  hash = ((hash >> 16) ^ hash) * 0x45d9f3b;
  hash = ((hash >> 16) ^ hash) * 0x45d9f3b;
  return (hash >> 16) ^ hash;
}

static const uint64_t SEEDS[] = {
  UINT64_C(0xc3a5c85c97cb3127), UINT64_C(0xb492b66fbe98f273), UINT64_C(0x9ae16a3b2f90404f), UINT64_C(0xcbf29ce484222325),
};

INLINE uint64_t *word_of(const struct policy *policy, uint32_t hash, uint32_t n) {
  uint64_t product = ((uint64_t)(int64_t)(int32_t)hash + SEEDS[n]) * SEEDS[n];
  return policy->words + ((uint32_t)(product + (product >> 32)) & policy->mask);
}

static uint32_t estimate(const struct policy *policy, uint64_t key) {
  uint32_t hash = mix(key);
  uint64_t least = 15;
  for (uint32_t n = 0; n < 4; n++) {
    uint64_t counter = *word_of(policy, hash, n) >> (16 * (hash & 3) + 4 * n) & 15;
    least = counter < least ? counter : least;
  }
  return (uint32_t)least;
}

static void halve(struct policy *policy) {
  uint64_t odd = 0;
  for (uint32_t n = 0; n <= policy->mask; n++) {
    odd += (uint64_t)__builtin_popcountll(policy->words[n] & UINT64_C(0x1111111111111111));
    policy->words[n] = policy->words[n] >> 1 & UINT64_C(0x7777777777777777);
  }
  policy->requests = (policy->requests - (odd >> 2)) >> 1;
}

INLINE void count(struct policy *policy, uint64_t key) {
  uint32_t hash = mix(key);
  bool raised = false;
  for (uint32_t n = 0; n < 4; n++) {
    uint64_t *word = word_of(policy, hash, n);
    uint32_t shift = 16 * (hash & 3) + 4 * n;
    uint64_t grows = (*word >> shift & 15) != 15;
    *word += grows << shift;
    raised |= grows;
  }
  if (raised && ++policy->requests >= SAMPLE * ((uint64_t)policy->mask + 1)) halve(policy);
}

INLINE uint32_t back(const struct policy *policy, uint32_t list) {
  return policy->slots.nodes[policy->slots.count + list].previous;
}

INLINE void push(struct policy *policy, uint32_t list, uint32_t slot) {
  set_mark(&policy->slots, slot, list);
  list_insert(policy->slots.nodes, policy->slots.count + list, slot);
  policy->length[list]++;
}

INLINE uint32_t pop(struct policy *policy, uint32_t list) {
  uint32_t slot = back(policy, list);
  list_remove(policy->slots.nodes, slot);
  policy->length[list]--;
  return slot;
}

INLINE void hit(struct policy *policy, uint32_t slot) {
  struct slots *slots = &policy->slots;
  count(policy, slots->nodes[slot].key);
  uint32_t list = mark(slots, slot);
  if (list != PROBATION) {
    list_to_front(slots->nodes, slots->count + list, slot);
    return;
  }
  list_remove(slots->nodes, slot);
  policy->length[PROBATION]--;
  push(policy, PROTECTED, slot);
  while (policy->length[PROTECTED] > policy->protected_room) push(policy, PROBATION, pop(policy, PROTECTED));
}

INLINE void miss(struct policy *policy, uint32_t slot) { (void)policy, (void)slot; }

INLINE void evict(struct policy *policy) {
  struct slots *slots = &policy->slots;
  uint32_t main = policy->length[PROBATION] > 0 ? PROBATION : PROTECTED;
  bool from_main = policy->length[WINDOW_LIST] < policy->window_room && policy->length[main] > 0;
  if (!from_main && policy->length[main] > 0) {
    uint32_t candidate = back(policy, WINDOW_LIST);
    from_main = estimate(policy, slots->nodes[candidate].key) > estimate(policy, slots->nodes[back(policy, main)].key);
    if (from_main) {
      uint32_t victim = pop(policy, main);
      push(policy, PROBATION, pop(policy, WINDOW_LIST));
      slots_release(slots, victim);
      return;
    }
  }
  slots_release(slots, pop(policy, from_main ? main : WINDOW_LIST));
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  push(policy, WINDOW_LIST, slot);
  while (policy->length[WINDOW_LIST] > policy->window_room) push(policy, PROBATION, pop(policy, WINDOW_LIST));
}

#define ASK count
#define DESTROY destroy
#define REPLAY replay_tinylfu
#include "replay.h"
