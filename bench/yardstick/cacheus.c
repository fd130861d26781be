/* assembly/policy/learning/cacheus.ts, sr-lru.ts and learning-rate.ts in C, with cacheus's default parameters. */
#include <math.h>

#include "frequencies.h"
#include "rng.h"

enum { SR, R, BY_LRU, BY_LFU, PLACE = 3, NEW = 4, DEMOTED = 8, MAX_BAD_PERIODS = 10 };

struct policy {
  struct slots slots;
  struct frequencies frequencies;
  struct rng rng;
  uint64_t now;
  uint32_t lengths[4], requested[4], capacity, room, target, demoted, new_ghosts;
  bool is_filling;
  double weight;
  double rate, first_rate, rate_before, hit_rate;
  uint32_t hits, requests, bad, worse;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  policy->capacity = capacity;
  policy->room = capacity / 2;
  policy->weight = 0.5;
  policy->target = (uint32_t)(capacity * 0.01 + 0.5);
  if (policy->target == 0) policy->target = 1;
  policy->requested[BY_LRU] = policy->requested[BY_LFU] = NONE;
  policy->rate = sqrt(2 * 0.6931471805599453 / capacity);
  policy->first_rate = fmin(fmax(policy->rate, 0.001), 1);
  slots_create(&policy->slots, capacity + 2 * policy->room, 4);
  frequencies_create(&policy->frequencies, policy->slots.count, capacity, true);
  rng_seed(&policy->rng, 1);
}

INLINE void destroy(struct policy *policy) { frequencies_free(&policy->frequencies); }

INLINE double thousandths(double value) { return floor(value * 1000 + 0.5) / 1000; }

static void rest(struct policy *policy, bool fell) {
  policy->bad++;
  policy->worse += fell;
  if (policy->bad >= MAX_BAD_PERIODS) {
    policy->rate = policy->first_rate;
    policy->bad = 0;
  } else if (fell && policy->worse >= MAX_BAD_PERIODS) {
    policy->rate = policy->first_rate;
    policy->worse = 0;
  } else if (fell) {
    if (policy->rate >= 1) policy->rate = 0.9;
    else if (policy->rate <= 0.001) policy->rate = 5 * 0.001;
    else if (rng_real(&policy->rng) < 0.5) policy->rate = fmin(policy->rate * 1.25, 1);
    else policy->rate = fmax(policy->rate * 0.75, 0.001);
  }
}

static void adapt(struct policy *policy) {
  double before = policy->rate, hit_rate = thousandths((double)policy->hits / policy->requests);
  double gain = hit_rate - policy->hit_rate, change = thousandths(before) - thousandths(policy->rate_before);
  if (gain * change != 0) {
    double step = fabs(policy->rate * change);
    policy->rate = gain * change > 0 ? fmin(policy->rate + step, 1) : fmax(policy->rate - step, 0.001);
    policy->bad = policy->worse = 0;
  } else if (gain < 0 || (gain == 0 && hit_rate == 0)) rest(policy, gain < 0);
  policy->rate_before = before;
  policy->hit_rate = hit_rate;
  policy->hits = policy->requests = 0;
}

INLINE void advance(struct policy *policy) {
  policy->now++;
  if (++policy->requests >= policy->capacity) adapt(policy);
}

INLINE uint32_t sentinel(const struct policy *policy, uint32_t list) { return policy->slots.count + list; }

INLINE uint32_t back(const struct policy *policy, uint32_t list) {
  return policy->slots.nodes[sentinel(policy, list)].previous;
}

INLINE void push(struct policy *policy, uint32_t list, uint32_t slot, uint32_t bits) {
  set_mark(&policy->slots, slot, list | bits);
  list_insert(policy->slots.nodes, sentinel(policy, list), slot);
  policy->lengths[list]++;
}

INLINE uint32_t pull(struct policy *policy, uint32_t slot) {
  uint32_t bits = mark(&policy->slots, slot);
  list_remove(policy->slots.nodes, slot);
  policy->lengths[bits & PLACE]--;
  return bits;
}

INLINE uint32_t reused_room(const struct policy *policy) {
  return policy->capacity - (policy->target < policy->capacity ? policy->target : policy->capacity);
}

INLINE uint32_t room_after_miss(const struct policy *policy) {
  uint32_t room = reused_room(policy);
  return room > 1 ? room - 1 : 0;
}

INLINE void limit_reused(struct policy *policy, uint32_t room) {
  while (policy->lengths[R] > room) {
    uint32_t last = back(policy, R);
    push(policy, SR, last, DEMOTED | (pull(policy, last) & NEW));
    policy->demoted++;
  }
}

/* How far a mistake moves the border between SR and R. */
INLINE uint32_t step_of(uint32_t those, uint32_t these) {
  uint32_t step = (uint32_t)((double)those / (these > 1 ? these : 1) + 0.5);
  return step > 1 ? step : 1;
}

INLINE void hit(struct policy *policy, uint32_t slot) {
  advance(policy);
  policy->hits++;
  frequencies_request(&policy->frequencies, slot, policy->now);
  if ((mark(&policy->slots, slot) & PLACE) == R) {
    list_to_front(policy->slots.nodes, sentinel(policy, R), slot);
    return;
  }
  uint32_t bits = pull(policy, slot);
  if (bits & DEMOTED) {
    uint32_t step = step_of(policy->new_ghosts, policy->demoted--);
    policy->target -= step < policy->target ? step : policy->target - 1;
  }
  push(policy, R, slot, bits & NEW);
  limit_reused(policy, reused_room(policy));
}

static void adjust_weights(struct policy *policy, uint32_t slot) {
  uint32_t bits = mark(&policy->slots, slot);
  bool by_lru = (bits & PLACE) == BY_LRU;
  if (by_lru && (bits & NEW)) {
    policy->target += step_of(policy->demoted, policy->new_ghosts - 1);
    uint32_t most = policy->capacity > 2 ? policy->capacity - 1 : 1;
    if (policy->target > most) policy->target = most;
  }
  double loss = exp(-policy->rate);
  double lru = by_lru ? policy->weight * loss : policy->weight;
  double lfu = by_lru ? 1 - policy->weight : (1 - policy->weight) * loss;
  policy->weight = fmin(fmax(lru / (lru + lfu), 0.01), 0.99);
}

INLINE void miss(struct policy *policy, uint32_t slot) {
  advance(policy);
  policy->is_filling = policy->slots.residents < policy->capacity;
  uint32_t place = slot == NONE ? SR : mark(&policy->slots, slot) & PLACE;
  policy->requested[BY_LRU] = place == BY_LRU ? slot : NONE;
  policy->requested[BY_LFU] = place == BY_LFU ? slot : NONE;
  if (slot != NONE) adjust_weights(policy, slot);
}

INLINE void forget(struct policy *policy, uint32_t list) {
  uint32_t oldest = back(policy, list);
  if (oldest == policy->requested[list]) {
    list_to_front(policy->slots.nodes, sentinel(policy, list), oldest);
    oldest = back(policy, list);
  }
  policy->new_ghosts -= (pull(policy, oldest) & NEW) != 0;
  slots_release(&policy->slots, oldest);
}

static void evict(struct policy *policy) {
  struct slots *slots = &policy->slots;
  uint32_t oldest = back(policy, policy->lengths[SR] > 0 ? SR : R), rarest = frequencies_first(&policy->frequencies);
  bool agreed = oldest == rarest, by_lru = agreed || rng_real(&policy->rng) < policy->weight;
  uint32_t victim = by_lru ? oldest : rarest, list = by_lru ? BY_LRU : BY_LFU;
  uint32_t bits = pull(policy, victim);
  policy->demoted -= (bits & DEMOTED) != 0;
  frequencies_remove(&policy->frequencies, victim, policy->now);
  if (agreed || policy->room == 0) {
    slots_release(slots, victim);
    return;
  }
  while (policy->lengths[list] - (policy->requested[list] != NONE) >= policy->room) forget(policy, list);
  bits = by_lru ? bits & NEW : 0;
  policy->new_ghosts += bits != 0;
  slots_remember(slots, victim);
  push(policy, list, victim, bits);
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  if (is_ghost(&policy->slots, slot)) {
    uint64_t frequency = policy->frequencies.words[slot].usage >> TIME_BITS;
    policy->new_ghosts -= (pull(policy, slot) & NEW) != 0;
    frequencies_add(&policy->frequencies, slot, frequency, policy->now);
    push(policy, R, slot, 0);
    limit_reused(policy, room_after_miss(policy));
    return;
  }
  frequencies_add(&policy->frequencies, slot, 1, policy->now);
  if (policy->is_filling && policy->lengths[SR] == 0 && policy->lengths[R] < reused_room(policy)) {
    push(policy, R, slot, 0);
    return;
  }
  bool is_first = policy->is_filling && policy->lengths[SR] < policy->target;
  push(policy, SR, slot, is_first ? 0 : NEW);
  if (!is_first) limit_reused(policy, room_after_miss(policy));
}

#define DESTROY destroy
#define REPLAY replay_cacheus
#include "replay.h"
