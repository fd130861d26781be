/* assembly/policy/sampled/hyperbolic.ts in C, with its default parameters. */
#include <math.h>

#include "rng.h"

enum { SAMPLES = 64 };

struct entry {
  double requests, entered;
};

#include "residents.h"

struct policy {
  struct slots slots;
  struct rng rng;
  struct residents residents;
  double last_priority, now;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  slots_create(&policy->slots, capacity, 0);
  residents_create(&policy->residents, capacity);
  rng_seed(&policy->rng, 1);
}

INLINE void destroy(struct policy *policy) { residents_free(&policy->residents); }

INLINE const void *ahead(const struct policy *policy, uint32_t slot) {
  return policy->residents.entries + policy->residents.index_of[slot];
}

INLINE void hit(struct policy *policy, uint32_t slot) {
  policy->now++;
  policy->residents.entries[policy->residents.index_of[slot]].requests++;
}

INLINE void miss(struct policy *policy, uint32_t slot) {
  (void)slot;
  policy->now++;
}

static void evict(struct policy *policy) {
  struct residents *residents = &policy->residents;
  uint32_t drawn[SAMPLES + 1], least[2] = {0, 0};
  rng_fill(&policy->rng, residents->count, SAMPLES, drawn);
  double requests[2] = {INFINITY, INFINITY}, ages[2] = {1, 1}, now = policy->now;
  for (uint32_t n = 0; n < SAMPLES; n += 2) {
    for (uint32_t lane = 0; lane < 2; lane++) {
      struct entry entry = residents->entries[drawn[n + lane]];
      double age = now - entry.entered;
      bool is_less = entry.requests * ages[lane] < requests[lane] * age;
      requests[lane] = is_less ? entry.requests : requests[lane];
      ages[lane] = is_less ? age : ages[lane];
      least[lane] = is_less ? drawn[n + lane] : least[lane];
    }
  }
  uint32_t lane = requests[1] * ages[0] < requests[0] * ages[1];
  policy->last_priority = requests[lane] / ages[lane];
  uint32_t victim = residents->slots[least[lane]];
  residents_remove(residents, victim);
  slots_release(&policy->slots, victim);
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  double last = policy->last_priority;
  struct entry entry = {.requests = last == 0 ? 1 : 0.1 + 0.9 * last, .entered = policy->now};
  *residents_push(&policy->residents, slot) = entry;
}

#define AHEAD ahead
#define DESTROY destroy
#define REPLAY replay_hyperbolic
#include "replay.h"
