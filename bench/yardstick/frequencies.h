/* assembly/policy/parts/frequency-order.ts and usage.ts in C. */
#ifndef FREQUENCIES_H
#define FREQUENCIES_H

#include "heap.h"

enum { LISTS = 32, TIME_BITS = 40, MAX_FREQUENCY = (1 << 24) - 1 };

#define LISTED UINT32_C(0x80000000)
#define TIME ((UINT64_C(1) << TIME_BITS) - 1)

/* A slot's links in the list of its frequency, or its usage. */
union word {
  struct {
    uint32_t next, previous;
  };
  uint64_t usage;
};

struct frequencies {
  struct heap heap;
  union word *words;
  uint64_t flip;
  uint32_t count, filled;
};

INLINE void frequencies_join(struct frequencies *frequencies, uint32_t before, uint32_t after) {
  frequencies->words[before].next = after;
  frequencies->words[after].previous = before;
}

INLINE void frequencies_create(struct frequencies *frequencies, uint32_t slots, uint32_t most, bool latest_first) {
  heap_create(&frequencies->heap, slots, most);
  frequencies->words = zeroed((size_t)slots + LISTS, sizeof(union word));
  frequencies->flip = latest_first ? TIME : 0;
  frequencies->count = slots;
  for (uint32_t list = 0; list < LISTS; list++) frequencies_join(frequencies, slots + list, slots + list);
}

INLINE void frequencies_free(struct frequencies *frequencies) {
  heap_free(&frequencies->heap);
  free(frequencies->words);
}

INLINE uint64_t usage_of(uint64_t frequency, uint64_t time) {
  return (frequency < MAX_FREQUENCY ? frequency : MAX_FREQUENCY) << TIME_BITS | time;
}

INLINE void frequencies_add(struct frequencies *frequencies, uint32_t slot, uint64_t frequency, uint64_t time) {
  if (frequency >= LISTS) {
    frequencies->words[slot].usage = usage_of(frequency, time);
    heap_add(&frequencies->heap, slot, usage_of(frequency, frequencies->flip == 0 ? time : 0));
    return;
  }
  uint32_t sentinel = frequencies->count + (uint32_t)frequency, after = frequencies->words[sentinel].next;
  frequencies_join(frequencies, sentinel, slot);
  frequencies_join(frequencies, slot, after);
  frequencies->heap.place_of[slot] = LISTED + (uint32_t)frequency;
  frequencies->filled |= UINT32_C(1) << frequency;
}

INLINE void frequencies_unlink(struct frequencies *frequencies, uint32_t slot) {
  frequencies_join(frequencies, frequencies->words[slot].previous, frequencies->words[slot].next);
}

INLINE void frequencies_request(struct frequencies *frequencies, uint32_t slot, uint64_t time) {
  uint32_t place = frequencies->heap.place_of[slot];
  uint64_t usage = frequencies->words[slot].usage, frequency = usage >> TIME_BITS;
  if (place >= LISTED) {
    frequencies_unlink(frequencies, slot);
    frequencies_add(frequencies, slot, place - LISTED + 1, time);
  } else if (frequency < MAX_FREQUENCY) frequencies->words[slot].usage = (frequency + 1) << TIME_BITS | time;
}

/* The usage is then the frequency, and `time`. */
INLINE void frequencies_remove(struct frequencies *frequencies, uint32_t slot, uint64_t time) {
  uint32_t place = frequencies->heap.place_of[slot];
  uint64_t frequency = place - LISTED;
  if (place >= LISTED) frequencies_unlink(frequencies, slot);
  else {
    frequency = frequencies->words[slot].usage >> TIME_BITS;
    heap_remove(&frequencies->heap, slot);
  }
  frequencies->words[slot].usage = usage_of(frequency, time);
}

static uint32_t frequencies_first_of_heap(struct frequencies *frequencies) {
  struct heap *heap = &frequencies->heap;
  for (;;) {
    uint32_t slot = heap->places[0].slot;
    uint64_t rank = frequencies->words[slot].usage ^ frequencies->flip;
    if (rank == heap->places[0].rank) return slot;
    heap_replace_top(heap, slot, rank);
  }
}

INLINE uint32_t frequencies_first(struct frequencies *frequencies) {
  for (uint32_t filled = frequencies->filled; filled != 0; filled &= filled - 1) {
    uint32_t list = frequencies->count + (uint32_t)__builtin_ctz(filled);
    uint32_t slot = frequencies->flip != 0 ? frequencies->words[list].next : frequencies->words[list].previous;
    if (slot == list) continue;
    frequencies->filled = filled;
    return slot;
  }
  frequencies->filled = 0;
  return frequencies_first_of_heap(frequencies);
}

#endif
