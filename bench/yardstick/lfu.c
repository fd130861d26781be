/* assembly/policy/frequency/lfu.ts in C. */
#include "slots.h"

enum { SENTINEL = 0 };

struct policy {
  struct slots slots;
  struct node *buckets; /* key: the frequency */
  uint32_t *bucket_of, unused_bucket, free_bucket;
};

INLINE void create(struct policy *policy, uint32_t capacity) {
  slots_create(&policy->slots, capacity, capacity + 2);
  policy->buckets = zeroed((size_t)capacity + 2, sizeof(struct node));
  policy->bucket_of = zeroed(capacity, sizeof(uint32_t));
  policy->unused_bucket = SENTINEL + 1;
}

INLINE void destroy(struct policy *policy) {
  free(policy->buckets);
  free(policy->bucket_of);
}

static uint32_t add_bucket(struct policy *policy, uint32_t before, uint64_t frequency) {
  uint32_t bucket = policy->free_bucket, sentinel;
  if (bucket != SENTINEL) policy->free_bucket = policy->buckets[bucket].next;
  else bucket = policy->unused_bucket++;
  policy->buckets[bucket].key = frequency;
  list_insert(policy->buckets, before, bucket);
  sentinel = policy->slots.count + bucket;
  join(policy->slots.nodes, sentinel, sentinel);
  return bucket;
}

static void drop_bucket(struct policy *policy, uint32_t bucket) {
  list_remove(policy->buckets, bucket);
  policy->buckets[bucket].next = policy->free_bucket;
  policy->free_bucket = bucket;
}

INLINE bool is_empty(const struct policy *policy, uint32_t bucket) {
  uint32_t sentinel = policy->slots.count + bucket;
  return policy->slots.nodes[sentinel].next == sentinel;
}

INLINE void hit(struct policy *policy, uint32_t slot) {
  struct node *nodes = policy->slots.nodes, *buckets = policy->buckets;
  uint32_t bucket = policy->bucket_of[slot], higher = buckets[bucket].next;
  uint64_t frequency = buckets[bucket].key + 1;
  if (buckets[higher].key != frequency) {
    if (nodes[slot].next == nodes[slot].previous) {
      buckets[bucket].key = frequency;
      return;
    }
    higher = add_bucket(policy, bucket, frequency);
  }
  list_to_front(nodes, policy->slots.count + higher, slot);
  policy->bucket_of[slot] = higher;
  if (is_empty(policy, bucket)) drop_bucket(policy, bucket);
}

INLINE void miss(struct policy *policy, uint32_t slot) { (void)policy, (void)slot; }

INLINE void evict(struct policy *policy) {
  struct slots *slots = &policy->slots;
  uint32_t bucket = policy->buckets[SENTINEL].next;
  uint32_t victim = slots->nodes[slots->count + bucket].previous;
  list_remove(slots->nodes, victim);
  if (is_empty(policy, bucket)) drop_bucket(policy, bucket);
  slots_release(slots, victim);
}

INLINE void insert(struct policy *policy, uint32_t slot) {
  uint32_t bucket = policy->buckets[SENTINEL].next;
  if (policy->buckets[bucket].key != 1) bucket = add_bucket(policy, SENTINEL, 1);
  list_insert(policy->slots.nodes, policy->slots.count + bucket, slot);
  policy->bucket_of[slot] = bucket;
}

#define DESTROY destroy
#define REPLAY replay_lfu
#include "replay.h"
