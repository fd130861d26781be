/* assembly/policy/offline/key-heap.ts in C. */
#ifndef KEY_HEAP_H
#define KEY_HEAP_H

#include "slots.h"

struct key_heap {
  uint64_t *keys;
  uint32_t size, room;
  bool is_vacant;
};

INLINE void key_heap_create(struct key_heap *heap, uint32_t room) {
  uint64_t *keys = aligned_alloc(64, ((size_t)room * sizeof *keys + 24 + 63) / 64 * 64);
  if (keys == NULL) abort();
  *heap = (struct key_heap){.keys = keys + 3, .room = room};
}

INLINE void key_heap_free(struct key_heap *heap) { free(heap->keys - 3); }

INLINE bool key_heap_is_full(const struct key_heap *heap) { return heap->size == heap->room && !heap->is_vacant; }

INLINE void key_heap_clear(struct key_heap *heap) {
  heap->size = 0;
  heap->is_vacant = false;
}

INLINE void key_heap_append(struct key_heap *heap, uint64_t key) { heap->keys[heap->size++] = key; }

static void key_heap_sift_down(struct key_heap *heap, uint32_t place, uint64_t key) {
  uint64_t *keys = heap->keys;
  uint32_t size = heap->size;
  for (uint32_t first = 4 * place + 1; first < size; first = 4 * place + 1) {
    const uint64_t *at = keys + first;
    uint32_t greatest = 0;
    if (first + 4 <= size) {
      uint32_t left = at[1] > at[0], right = 2 + (at[3] > at[2]);
      greatest = left + (right - left) * (at[right] > at[left]); /* without a branch */
    } else {
      for (uint32_t child = 1; first + child < size; child++) {
        if (at[child] > at[greatest]) greatest = child;
      }
    }
    if (at[greatest] <= key) break;
    keys[place] = at[greatest];
    place = first + greatest;
  }
  keys[place] = key;
}

static void key_heap_order(struct key_heap *heap) {
  if (heap->size < 2) return;
  for (uint32_t place = (heap->size - 2) / 4 + 1; place-- > 0;) key_heap_sift_down(heap, place, heap->keys[place]);
}

static void key_heap_add(struct key_heap *heap, uint64_t key) {
  if (heap->is_vacant) {
    heap->is_vacant = false;
    key_heap_sift_down(heap, 0, key);
    return;
  }
  uint64_t *keys = heap->keys;
  uint32_t place = heap->size++;
  for (; place > 0 && keys[(place - 1) >> 2] < key; place = (place - 1) >> 2) keys[place] = keys[(place - 1) >> 2];
  keys[place] = key;
}

/* The greatest key; 0 when there is none. */
static uint64_t key_heap_take_top(struct key_heap *heap) {
  if (heap->is_vacant) {
    heap->is_vacant = false;
    if (--heap->size > 0) key_heap_sift_down(heap, 0, heap->keys[heap->size]);
  }
  if (heap->size == 0) return 0;
  heap->is_vacant = true;
  return heap->keys[0];
}

#endif
