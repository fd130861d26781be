/*
 * The memory that recorded processes share with the reader: a file that each maps. It needs no descriptors, so a program
 * that closes all of its own does not end the recording, and it survives every process: what a killed program has
 * written is read.
 *
 *   0          4 KiB       260 KiB      8 MiB     16 MiB                  16 MiB + 1 GiB
 *   ├ header ──┼ rings ────┼ counters ──┼ index ──┼ events ───────────────┼ blocks … 1 GiB
 *               1024 × 256   1024 pages   2^20 × 8  1024 × 1 MiB
 *
 * The file is sparse: rings, blocks and index take memory when they are used. Each thread has a ring, which only it
 * writes and only the reader reads. `blocks` has the definition of every translation block of any process, once;
 * `index` finds them by their hash.
 *
 * Numbers of this file stand in assembly/abi/recording.ts too; a test compares.
 */
#ifndef PAGEWALK_SHARED_H
#define PAGEWALK_SHARED_H

#include <stdint.h>

#define SHARED_MAGIC 0x51475750u
#define RINGS 1024
#define RING_EVENTS 131072u
#define CHUNK_EVENTS 4096u
#define RINGS_AT 4096u
#define COUNTERS_AT 266240u
#define COUNTER_BYTES 4096u
#define INDEX_AT 8388608u
#define INDEX_SLOTS 1048576u
#define EVENTS_AT 16777216ull
#define BLOCKS_AT (EVENTS_AT + (uint64_t)RINGS * RING_EVENTS * 8)
#define BLOCKS_BYTES 1073741824ull
#define SHARED_BYTES (BLOCKS_AT + BLOCKS_BYTES)
#define SEGMENT_BYTES 1048576u
#define MOST_ANNOUNCED 256

struct header {
    uint64_t magic;
    uint32_t reader;      /* process number of the reader */
    uint32_t failure;     /* FAILED_…: recording has stopped */
    uint64_t clock;       /* the next ticket */
    uint32_t shared;      /* 1 once there are several threads or processes */
    uint32_t rings;       /* rings that have been used: the first so many */
    uint64_t blocks;      /* bytes of `blocks` in use */
    uint32_t indexed;     /* slots of `index` in use */
    uint32_t pad;
    uint64_t announced[MOST_ANNOUNCED]; /* hashes of the paths of programs that run unrecorded, of which the user was warned */
};

enum { FAILED_BLOCKS = 1, FAILED_RINGS = 2, FAILED_VCPUS = 3 };

/* The life of a ring. The reader makes an ended one free again when it has read it. */
enum { RING_FREE, RING_CLAIMED, RING_LIVE, RING_ENDED };

#define NEVER UINT64_MAX

/* A signal: its si_code, si_addr (SIGCHLD: si_status), si_pid and si_uid. */
struct note {
    uint32_t number; /* 0: none */
    int32_t code;
    uint64_t address;
    uint32_t sender, uid;
};

/* How a thread goes: alone, or with its process, which ends or goes on as a program that is not recorded. */
enum { LEAVES_NOT, LEAVES_ALONE, LEAVES_WITH_PROCESS };

struct ring {
    uint32_t state;
    uint32_t pid;
    uint32_t tid;
    uint32_t exact;    /* `counter` counts this thread's instructions alone */
    uint64_t floor;    /* no event that is still to be published has a lower ticket; NEVER inside a system call */
    uint64_t written;  /* events that are published */
    uint32_t parent;   /* the thread that forked this process; 0 if there is none */
    uint32_t leads;    /* it executes or has executed another program, and its number is that of its process */
    struct note last;  /* the last signal that the program has not handled */
    uint64_t at;       /* events that are written; readable when the thread is dead */
    uint64_t limit;    /* where the writer publishes and waits for room */
    uint64_t mark;     /* the counter at the current block's start */
    uint64_t length;   /* the current block's instructions */
    uint32_t leaves;   /* LEAVES_… */
    uint32_t killed;   /* the signal that ended the process, as its parent knows it */
    uint64_t pad2[3];
    uint64_t taken;    /* events that the reader has read */
    uint64_t pad3[15];
};

/*
 * Events: 64 bits each, the top two bits are the type.
 *
 *   63 62 61   59 58       50 49                                         0
 *   ├ 01 ┼ shift ┼ instruction ┼ address (signed) ────────────────────────┤  load; 10: store
 *   ├ 11 ┼ ran (10 bits) ── 52 ┼ … 41 ─ length ─ 32 ┼ block ──────────────┤  a block begins
 *   ├ 00 ┼ 61 ─ code ─ 56 ┼ value ────────────────────────────────────────┤  others
 *
 * An access has 2^shift bytes, and belongs to the instruction with that number in the current block. `block` is a
 * definition's offset in `blocks`, in units of 16 bytes. `ran` is 0 if the block before ended with its last instruction,
 * else one more than the number of its instructions that began.
 */
#define EVENT_LOAD 1ull
#define EVENT_STORE 2ull
#define EVENT_BLOCK 3ull
#define CODE_MARK 1ull  /* value: a ticket. What follows happened after all that has a lower one */
#define CODE_DONE 2ull  /* the current block ends; value: as `ran` */
#define CODE_WIDE 3ull  /* an access, whose address is the next word; value: type, shift and instruction >> 50 */
#define CODE_TEXT 4ull  /* a call event; value: the bytes of its text, which follows */

/* A definition: its instructions as records of a batch. `count` is written last. */
struct instruction {
    uint64_t address;
    uint32_t size;
    uint32_t kind;
};

struct block {
    uint32_t count;
    uint32_t hash;
    uint64_t zero;
    struct instruction instructions[];
};

#define MOST_INSTRUCTIONS 512
#define MOST_TEXT_BYTES 16384

#endif
