/*
 * A thread's ring of events, and the clock that orders the threads.
 *
 *   taken            written    at   limit
 *   ├─ for the reader ─┼────────┤      │         positions count events from the thread's start
 *
 * A thread writes events without any synchronisation. It publishes them at each limit and before each system call. At a
 * limit it waits until the reader has left room for another chunk.
 *
 * A mark has a ticket of the clock that all threads share. A thread takes one after each atomic access, after each
 * system call and at each limit. The reader orders the stretches between marks by ticket; `floor` says how far it can go
 * without the thread. A thread sets its floor to the clock before it takes a ticket, so that the reader, which reads the
 * clock before the floors, never overtakes it.
 */
#ifndef PAGEWALK_RING_H
#define PAGEWALK_RING_H

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shared.h"

/* Milliseconds to wait for a ring. */
#define MOST_NAPS 10000

static char *memory;
static struct header *header;
static const char *memory_path;

struct thread {
    struct ring *ring;
    uint64_t *events;
};

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

static uint32_t number_of(const struct ring *ring)
{
    return (uint32_t)(ring - (struct ring *)(memory + RINGS_AT));
}

/* Of threads for which there is no ring: recording has stopped, and the program goes on. */
static struct ring lost_ring;
static uint64_t lost_events[RING_EVENTS];

/* Null: the thread is not recorded. */
static struct thread thread_of(struct ring *ring)
{
    if (ring == 0) return (struct thread){&lost_ring, lost_events};
    char *events = memory + EVENTS_AT + (uint64_t)number_of(ring) * RING_EVENTS * 8;
    return (struct thread){ring, (uint64_t *)events};
}

/* Events are lost from here on: the reader is gone, or there is no room for what it needs. */
static int discarding;

static void fail(uint32_t failure)
{
    __atomic_store_n(&header->failure, failure, __ATOMIC_RELEASE);
    discarding = 1;
}

static struct ring *find_ring(void)
{
    struct ring *rings = (struct ring *)(memory + RINGS_AT);
    for (uint32_t i = 0; i < RINGS; i++) {
        uint32_t expected = RING_FREE;
        struct ring *ring = rings + i;
        if (!__atomic_compare_exchange_n(&ring->state, &expected, RING_CLAIMED, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            continue;
        ring->pid = (uint32_t)getpid();
        ring->tid = (uint32_t)syscall(SYS_gettid);
        ring->written = ring->at = ring->limit = ring->taken = 0;
        ring->mark = ring->length = 0;
        ring->parent = ring->leads = ring->leaves = ring->killed = 0;
        ring->last = (struct note){0, 0, 0, 0, 0};
        ring->floor = __atomic_load_n(&header->clock, __ATOMIC_SEQ_CST);
        uint32_t used = __atomic_load_n(&header->rings, __ATOMIC_RELAXED);
        if (used > 0) __atomic_store_n(&header->shared, 1, __ATOMIC_SEQ_CST);
        while (used < i + 1 && !__atomic_compare_exchange_n(&header->rings, &used, i + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            ;
        __atomic_store_n(&ring->state, RING_LIVE, __ATOMIC_SEQ_CST);
        return ring;
    }
    return 0;
}

/* The lowest ring that is free, claimed for the calling thread. Of threads that have ended, the reader frees rings. */
static struct ring *claim_ring(void)
{
    for (int naps = 0; naps < MOST_NAPS && !discarding; naps++) {
        struct ring *ring = find_ring();
        if (ring != 0) return ring;
        usleep(1000);
    }
    fail(FAILED_RINGS);
    return 0;
}

static void publish(struct ring *ring)
{
    if (!discarding) __atomic_store_n(&ring->written, ring->at, __ATOMIC_RELEASE);
}

/* Without a reader the program goes on, unrecorded. What the reader would have removed is removed here. */
static void forget_reader(void)
{
    if (kill((pid_t)header->reader, 0) == 0 || errno != ESRCH) return;
    discarding = 1;
    char folder[4096] = "";
    strncpy(folder, memory_path, sizeof folder - 1);
    char *name = strrchr(folder, '/');
    unlink(memory_path);
    if (name != 0) *name = 0, rmdir(folder);
}

static void wait_for_room(struct ring *ring)
{
    unsigned naps = 0;
    while (!discarding && ring->at + CHUNK_EVENTS - __atomic_load_n(&ring->taken, __ATOMIC_ACQUIRE) > RING_EVENTS) {
        usleep(naps < 20 ? 50 : 500);
        if (++naps % 64 == 0) forget_reader();
    }
}

static inline uint64_t event(uint64_t code, uint64_t value)
{
    return code << 56 | value;
}

static int is_access(uint64_t word)
{
    return word >> 62 == EVENT_LOAD || word >> 62 == EVENT_STORE;
}

static uint64_t take_ticket(struct ring *ring)
{
    __atomic_store_n(&ring->floor, __atomic_load_n(&header->clock, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
    return __atomic_fetch_add(&header->clock, 1, __ATOMIC_SEQ_CST);
}

/*
 * At a limit: the written chunk is published, the next one begins with a mark. An access comes before the mark, since it
 * may belong to the access before it: the next event is at a limit again.
 */
static __attribute__((noinline)) void next_chunk(struct thread *thread, uint64_t word)
{
    struct ring *ring = thread->ring;
    publish(ring);
    if (ring->at == 0) ring->tid = (uint32_t)syscall(SYS_gettid);
    wait_for_room(ring);
    if (is_access(word)) {
        ring->limit = ring->at + 1;
        return;
    }
    ring->limit = (ring->at & ~(uint64_t)(CHUNK_EVENTS - 1)) + CHUNK_EVENTS;
    if (!header->shared) return;
    uint64_t ticket = take_ticket(ring);
    thread->events[ring->at++ & (RING_EVENTS - 1)] = event(CODE_MARK, ticket);
    __atomic_store_n(&ring->floor, ticket, __ATOMIC_RELEASE);
}

static inline void put(struct thread *thread, uint64_t word)
{
    struct ring *ring = thread->ring;
    if (unlikely(ring->at == ring->limit)) next_chunk(thread, word);
    thread->events[ring->at & (RING_EVENTS - 1)] = word;
    ring->at++;
}

/* Events before the mark that are not published keep the floor at their own ticket. */
static inline void put_mark(struct thread *thread)
{
    struct ring *ring = thread->ring;
    if (ring->at == ring->limit) next_chunk(thread, event(CODE_MARK, 0));
    else if (header->shared) put(thread, event(CODE_MARK, __atomic_fetch_add(&header->clock, 1, __ATOMIC_SEQ_CST)));
}

/* A call event. Its words lie in one chunk, without a mark between them. */
static void put_text(struct thread *thread, const char *text, uint32_t bytes)
{
    uint64_t words = (bytes + 7) / 8 + 1, word;
    while (thread->ring->limit - thread->ring->at < words) put(thread, event(CODE_MARK, 0));
    put(thread, event(CODE_TEXT, bytes));
    for (uint32_t i = 0; i < bytes; i += 8) {
        word = 0;
        memcpy(&word, text + i, bytes - i < 8 ? bytes - i : 8);
        put(thread, word);
    }
}

/* A system call: nothing of this thread is outstanding until it returns. */
static void enter_call(struct thread *thread)
{
    put(thread, event(CODE_DONE, 0));
    publish(thread->ring);
    __atomic_store_n(&thread->ring->floor, NEVER, __ATOMIC_SEQ_CST);
}

static void leave_call(struct thread *thread)
{
    struct ring *ring = thread->ring;
    if (ring->at == ring->limit) {
        next_chunk(thread, event(CODE_MARK, 0));
        return;
    }
    uint64_t ticket = take_ticket(ring);
    put(thread, event(CODE_MARK, ticket));
    __atomic_store_n(&ring->floor, ticket, __ATOMIC_RELEASE);
}

static void end_ring(struct thread *thread)
{
    struct ring *ring = thread->ring;
    if (ring->leaves == LEAVES_NOT) put(thread, event(CODE_DONE, 0)); /* else its last event says how it ended */
    publish(ring);
    __atomic_store_n(&ring->floor, NEVER, __ATOMIC_SEQ_CST);
    __atomic_store_n(&ring->state, RING_ENDED, __ATOMIC_SEQ_CST);
}

/* A thread that execve has ended, of the program before. */
static void end_ring_of_dead(struct ring *ring)
{
    struct thread thread = thread_of(ring);
    int has_room = ring->at - __atomic_load_n(&ring->taken, __ATOMIC_ACQUIRE) < RING_EVENTS;
    if (has_room) thread.events[ring->at++ & (RING_EVENTS - 1)] = event(CODE_DONE, 0);
    publish(ring);
    __atomic_store_n(&ring->floor, NEVER, __ATOMIC_SEQ_CST);
    __atomic_store_n(&ring->state, RING_ENDED, __ATOMIC_SEQ_CST);
}

/* The ring of the program before, in the same process. */
static struct ring *resume_ring(uint32_t number)
{
    struct ring *rings = (struct ring *)(memory + RINGS_AT), *ring = rings + number;
    uint32_t pid = (uint32_t)getpid(), used = __atomic_load_n(&header->rings, __ATOMIC_SEQ_CST);
    if (number >= RINGS || ring->pid != pid) return 0;
    ring->mark = ring->length = 0;
    ring->leaves = ring->last.number = 0;
    for (uint32_t i = 0; i < used; i++) {
        uint32_t state = __atomic_load_n(&rings[i].state, __ATOMIC_SEQ_CST);
        if (i != number && state == RING_LIVE && rings[i].pid == pid) end_ring_of_dead(rings + i);
    }
    return ring;
}

#endif
