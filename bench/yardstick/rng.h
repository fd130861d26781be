/* assembly/core/rng.ts in C. */
#ifndef RNG_H
#define RNG_H

#include <stdint.h>

#include "slots.h"

struct rng {
  uint64_t s[4];
};

INLINE uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

/* The output n, from 1, of SplitMix64 with this seed. */
INLINE uint64_t splitmix64(uint64_t seed, uint64_t n) {
  uint64_t z = seed + n * UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

INLINE void rng_seed(struct rng *rng, uint64_t seed) {
  for (int n = 0; n < 4; n++) rng->s[n] = splitmix64(seed, (uint64_t)n + 1);
}

INLINE uint64_t rng_next(struct rng *rng) {
  uint64_t *s = rng->s, result = rotate(s[1] * 5, 7) * 9, shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotate(s[3], 45);
  return result;
}

INLINE double rng_real(struct rng *rng) { return (double)(rng_next(rng) >> 11) * 0x1p-53; }

INLINE uint64_t rng_below(struct rng *rng, uint64_t bound) {
  uint64_t product = (rng_next(rng) >> 32) * bound;
  if ((product & UINT32_MAX) < bound) {
    uint64_t threshold = ((UINT64_C(1) << 32) - bound) % bound;
    while ((product & UINT32_MAX) < threshold) product = (rng_next(rng) >> 32) * bound;
  }
  return product >> 32;
}

/* `count` numbers below `bound` to `at`, with room for one more. */
INLINE void rng_fill(struct rng *rng, uint32_t bound, uint32_t count, uint32_t *at) {
  uint64_t threshold = (0u - bound) % bound;
  struct rng state = *rng;
  for (uint32_t n = 0; n < count;) {
    uint64_t result = rng_next(&state);
    uint64_t high = (result >> 32) * bound, low = (result & UINT32_MAX) * bound;
    at[n] = (uint32_t)(high >> 32);
    n += (high & UINT32_MAX) >= threshold;
    at[n] = (uint32_t)(low >> 32);
    n += (low & UINT32_MAX) >= threshold;
  }
  *rng = state;
}

#endif
