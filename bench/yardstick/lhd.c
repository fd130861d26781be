/* assembly/policy/sampled/lhd.ts in C, with its default parameters. */
#include <float.h>
#include <string.h>

#include "rng.h"

enum { CANDIDATES = 32, PERIOD = 8, MIN_PERIOD = 1024, EXPLORATION = 50, ADMISSIONS = 8, CLASSES = 16, AGES = 20000 };

struct entry {
  uint64_t hit_age : 15, explorer : 1, class : 4, last : 44;
};

#include "residents.h"

struct event {
  float hits, evictions;
};

struct policy {
  struct slots slots;
  struct rng rng;
  struct residents residents;
  float (*densities)[AGES];
  struct event (*events)[AGES];
  uint32_t reaches[CLASSES], admissions[ADMISSIONS], admitted, capacity, explorers, reconfigurations, shift;
  float victim_density;
  uint64_t now, left;
  bool has_learned;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  slots_create(&policy->slots, capacity, 0);
  residents_create(&policy->residents, capacity);
  rng_seed(&policy->rng, 1);
  policy->densities = zeroed(CLASSES, sizeof *policy->densities);
  policy->events = zeroed(CLASSES, sizeof *policy->events);
  for (uint32_t group = 0; group < CLASSES; group++) {
    for (uint32_t age = 0; age < AGES - 1; age++) policy->densities[group][age] = (float)((group + 1.0) / (age + 1.0));
    policy->densities[group][AGES - 1] = -FLT_MAX;
  }
  memset(policy->admissions, 0xff, sizeof policy->admissions);
  policy->capacity = capacity;
  policy->shift = 1;
  while ((UINT64_C(1) << policy->shift) * 200 < capacity) policy->shift++;
  policy->left = PERIOD * (uint64_t)capacity > MIN_PERIOD ? PERIOD * (uint64_t)capacity : MIN_PERIOD;
}

INLINE void destroy(struct policy *policy) {
  residents_free(&policy->residents);
  free(policy->densities);
  free(policy->events);
}

INLINE const void *ahead(const struct policy *policy, uint32_t slot) {
  return policy->residents.entries + policy->residents.index_of[slot];
}

INLINE uint32_t age_of(const struct policy *policy, struct entry entry) {
  uint64_t age = (policy->now - entry.last) >> policy->shift;
  return age < AGES - 1 ? (uint32_t)age : AGES - 1;
}

INLINE float density_of(const struct policy *policy, struct entry entry) {
  return policy->densities[entry.class][age_of(policy, entry)] + entry.explorer;
}

static void reconfigure(struct policy *policy) {
  policy->left = PERIOD * (uint64_t)policy->capacity > MIN_PERIOD ? PERIOD * (uint64_t)policy->capacity : MIN_PERIOD;
  policy->reconfigurations++;
  for (uint32_t group = 0; group < CLASSES; group++) {
    float hits = 0, all = 0, lifetime = 0;
    if (!policy->has_learned) memset(policy->densities[group], 0, (AGES - 1) * sizeof(float));
    for (uint32_t age = policy->reaches[group]; age-- > 0;) {
      struct event *event = &policy->events[group][age];
      event->hits *= 0.9f;
      event->evictions *= 0.9f;
      hits += event->hits;
      all += event->hits + event->evictions;
      lifetime += all;
      if (age < AGES - 1) policy->densities[group][age] = (double)all > 1e-5 ? hits / lifetime : 0;
    }
  }
  policy->has_learned = true;
}

INLINE void advance(struct policy *policy) {
  policy->now++;
  if (--policy->left == 0) reconfigure(policy);
}

INLINE uint32_t class_of(uint32_t ages) {
  if (ages >= AGES) return 0;
  if (ages == 0) return CLASSES - 1;
  uint32_t doublings = (uint32_t)__builtin_clz(ages) - 17;
  doublings += ages << doublings < AGES;
  return doublings < CLASSES - 1 ? doublings : CLASSES - 1;
}

INLINE void extend(struct policy *policy, uint32_t group, uint32_t age) {
  if (age >= policy->reaches[group]) policy->reaches[group] = age + 1;
}

INLINE bool request(struct policy *policy, struct entry *entry, uint32_t group, uint32_t hit_age) {
  bool draws = rng_below(&policy->rng, 32) == 0;
  bool explores =
    draws && policy->explorers < (uint32_t)(policy->capacity * 0.01) && policy->reconfigurations < EXPLORATION;
  policy->explorers += explores;
  *entry = (struct entry){.hit_age = hit_age, .explorer = explores, .class = group, .last = policy->now};
  return draws;
}

INLINE void hit(struct policy *policy, uint32_t slot) {
  struct entry *entry = policy->residents.entries + policy->residents.index_of[slot];
  uint32_t age = age_of(policy, *entry);
  policy->events[entry->class][age].hits++;
  extend(policy, entry->class, age);
  policy->explorers -= entry->explorer;
  request(policy, entry, class_of(age + entry->hit_age), age);
  advance(policy);
}

INLINE void miss(struct policy *policy, uint32_t slot) { (void)policy, (void)slot; }

static void evict(struct policy *policy) {
  struct residents *residents = &policy->residents;
  uint32_t drawn[CANDIDATES + 1], victim = 0;
  rng_fill(&policy->rng, residents->count, CANDIDATES, drawn);
  float least = FLT_MAX;
  for (uint32_t n = 0; n < CANDIDATES; n++) {
    float density = density_of(policy, residents->entries[drawn[n]]);
    victim = density < least ? drawn[n] : victim;
    least = density < least ? density : least;
  }
  victim = residents->slots[victim];
  for (uint32_t n = 0; n < ADMISSIONS; n++) {
    uint32_t slot = policy->admissions[n];
    if (slot == NONE) continue;
    float density = density_of(policy, residents->entries[residents->index_of[slot]]);
    if (density >= least) continue;
    least = density;
    victim = slot;
  }
  policy->victim_density = 0.9f * policy->victim_density + (1 - 0.9f) * least;
  struct entry entry = residents->entries[residents->index_of[victim]];
  policy->events[entry.class][age_of(policy, entry)].evictions++;
  extend(policy, entry.class, age_of(policy, entry));
  policy->explorers -= entry.explorer;
  residents_remove(residents, victim);
  for (uint32_t n = 0; n < ADMISSIONS; n++) {
    if (policy->admissions[n] == victim) policy->admissions[n] = NONE;
  }
  slots_release(&policy->slots, victim);
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  struct entry *entry = residents_push(&policy->residents, slot);
  if (!request(policy, entry, class_of(AGES), 0) && density_of(policy, *entry) < policy->victim_density) {
    policy->admissions[policy->admitted] = slot;
    policy->admitted = (policy->admitted + 1) % ADMISSIONS;
  }
  advance(policy);
}

#define AHEAD ahead
#define DESTROY destroy
#define REPLAY replay_lhd
#include "replay.h"
