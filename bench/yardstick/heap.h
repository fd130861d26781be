/* assembly/core/heap.ts in C. */
#ifndef HEAP_H
#define HEAP_H

#include "slots.h"

struct place {
  uint64_t rank;
  uint32_t slot, unused;
};

struct heap {
  struct place *places;
  uint32_t *place_of;
  uint32_t size;
};

INLINE void heap_create(struct heap *heap, uint32_t slots, uint32_t most) {
  struct place *places = aligned_alloc(64, ((size_t)most * sizeof *places + 127) / 64 * 64);
  if (places == NULL) abort();
  *heap = (struct heap){.places = places + 3, .place_of = zeroed(slots, sizeof(uint32_t))};
}

INLINE void heap_free(struct heap *heap) {
  free(heap->places - 3);
  free(heap->place_of);
}

INLINE void heap_put(struct heap *heap, uint32_t place, struct place content) {
  heap->places[place] = content;
  heap->place_of[content.slot] = place;
}

static void heap_sift_up(struct heap *heap, uint32_t place, struct place content) {
  while (place > 0 && heap->places[(place - 1) >> 2].rank > content.rank) {
    heap_put(heap, place, heap->places[(place - 1) >> 2]);
    place = (place - 1) >> 2;
  }
  heap_put(heap, place, content);
}

/* The heap's fields are kept in locals, since a store could change them as far as a compiler knows. */
static uint32_t heap_sift_down(const struct heap *heap, uint32_t place, uint64_t rank) {
  struct place *places = heap->places;
  uint32_t *place_of = heap->place_of, size = heap->size;
  for (uint32_t first = 4 * place + 1; first < size; first = 4 * place + 1) {
    const struct place *at = places + first;
    uint32_t least = 0;
    if (first + 4 <= size) {
      uint32_t left = at[1].rank < at[0].rank, right = 2 + (at[3].rank < at[2].rank);
      least = left + (right - left) * (at[right].rank < at[left].rank); /* without a branch */
    } else {
      for (uint32_t child = 1; first + child < size; child++) {
        if (at[child].rank < at[least].rank) least = child;
      }
    }
    if (at[least].rank >= rank) break;
    uint32_t slot = at[least].slot;
    places[place].rank = at[least].rank;
    places[place].slot = slot;
    place_of[slot] = place;
    place = first + least;
  }
  return place;
}

INLINE void heap_add(struct heap *heap, uint32_t slot, uint64_t rank) {
  heap_sift_up(heap, heap->size++, (struct place){.rank = rank, .slot = slot});
}

INLINE void heap_replace_top(struct heap *heap, uint32_t slot, uint64_t rank) {
  heap_put(heap, heap_sift_down(heap, 0, rank), (struct place){.rank = rank, .slot = slot});
}

INLINE uint64_t heap_rank(const struct heap *heap, uint32_t slot) { return heap->places[heap->place_of[slot]].rank; }

INLINE void heap_increase(struct heap *heap, uint32_t slot, uint64_t rank) {
  uint32_t place = heap_sift_down(heap, heap->place_of[slot], rank);
  heap_put(heap, place, (struct place){.rank = rank, .slot = slot});
}

INLINE void heap_remove(struct heap *heap, uint32_t slot) {
  uint32_t place = heap->place_of[slot];
  struct place last = heap->places[--heap->size];
  if (place == heap->size) return;
  heap_sift_up(heap, heap_sift_down(heap, place, last.rank), last);
}

#endif
