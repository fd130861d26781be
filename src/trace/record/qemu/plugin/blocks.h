/*
 * The definitions of translation blocks, shared by all processes: the same code at the same address has one definition,
 * which any process finds by its hash. Lock-free: a definition is written before its place is stored in the index, and
 * two processes that write the same one at once only waste one's bytes.
 *
 *   index slot   ├ hash (32 bits) ┼ block (offset / 16, 32 bits) ┤     0: empty
 */
#ifndef PAGEWALK_BLOCKS_H
#define PAGEWALK_BLOCKS_H

#include <string.h>

#include "qemu.h"
#include "ring.h"

static uint32_t hash_of(const struct instruction *instructions, uint32_t count)
{
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++) {
        hash = (hash ^ instructions[i].address ^ ((uint64_t)instructions[i].size << 56)) * 0x9e3779b97f4a7c15ull;
        hash ^= hash >> 29;
    }
    return (uint32_t)(hash >> 32) | 1;
}

/* A place for so many bytes that does not cross the end of a segment; 0 when there is none. The first is never given. */
static uint64_t allocate_block(uint64_t bytes)
{
    uint64_t used = __atomic_load_n(&header->blocks, __ATOMIC_RELAXED);
    for (;;) {
        uint64_t at = used == 0 ? 16 : used;
        if (at / SEGMENT_BYTES != (at + bytes - 1) / SEGMENT_BYTES) at = (at / SEGMENT_BYTES + 1) * SEGMENT_BYTES;
        if (at + bytes > BLOCKS_BYTES) return 0;
        if (__atomic_compare_exchange_n(&header->blocks, &used, at + bytes, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return at;
    }
}

static struct block *block_at(uint64_t offset)
{
    return (struct block *)(memory + BLOCKS_AT + offset);
}

static int is_same(const struct block *block, const struct instruction *instructions, uint32_t count)
{
    return __atomic_load_n(&block->count, __ATOMIC_ACQUIRE) == count &&
           memcmp(block->instructions, instructions, count * sizeof *instructions) == 0;
}

static uint32_t write_block(const struct instruction *instructions, uint32_t count, uint32_t hash)
{
    uint64_t offset = allocate_block(sizeof(struct block) + count * sizeof *instructions);
    if (offset == 0) {
        fail(FAILED_BLOCKS);
        return 0;
    }
    struct block *block = block_at(offset);
    memcpy(block->instructions, instructions, count * sizeof *instructions);
    block->hash = hash;
    __atomic_store_n(&block->count, count, __ATOMIC_RELEASE);
    return (uint32_t)(offset / 16);
}

/* The number of the block of these instructions: its offset in units of 16 bytes; 0 when there is no room. */
static uint32_t block_number(const struct instruction *instructions, uint32_t count)
{
    uint64_t *index = (uint64_t *)(memory + INDEX_AT);
    uint32_t hash = hash_of(instructions, count);
    uint32_t written = 0;
    for (uint32_t slot = hash >> 1, tries = 0; tries < 64; slot++, tries++) {
        uint64_t *entry = index + slot % INDEX_SLOTS;
        uint64_t found = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
        if (found == 0) {
            if (written == 0) written = write_block(instructions, count, hash);
            uint64_t mine = (uint64_t)hash << 32 | written;
            if (written == 0 || __atomic_compare_exchange_n(entry, &found, mine, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return written;
        }
        uint32_t number = (uint32_t)found;
        if (found >> 32 == hash && is_same(block_at((uint64_t)number * 16), instructions, count)) return number;
    }
    return written != 0 ? written : write_block(instructions, count, hash); /* the index is crowded here */
}

#endif
