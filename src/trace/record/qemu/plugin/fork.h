/*
 * A process forks: the child writes to a ring of its own from its first instruction on. The parent claims the ring before
 * the fork, so that the reader waits for the child as for any thread. The blocks are already shared.
 */
#ifndef PAGEWALK_FORK_H
#define PAGEWALK_FORK_H

#include <pthread.h>

#include "ring.h"
#include "signals.h"
#include "threads.h"

static __thread struct ring *childs_ring;

static void before_fork(void)
{
    childs_ring = calling >= 0 ? claim_ring() : 0;
}

static void in_child(void)
{
    if (calling < 0) return;
    unsigned vcpu = (unsigned)calling;
    struct ring *ring = childs_ring, *parents = threads[vcpu].ring;
    memset(threads, 0, vcpus_used * sizeof *threads);
    childs_ring = 0;
    threads_started = 1;
    threads[vcpu] = thread_of(ring);
    if (ring == 0 || parents == 0) return;
    uint32_t parent = parents->tid;
    ring->mark = parents->mark;
    ring->length = parents->length;
    __atomic_store_n(&ring->pid, (uint32_t)getpid(), __ATOMIC_SEQ_CST);
    __atomic_store_n(&ring->tid, (uint32_t)getpid(), __ATOMIC_SEQ_CST);
    ring->parent = parent;
    ring->exact = (uint32_t)follow_counter(ring);
    if (signals[vcpu] != 0) signals[vcpu]->pending = 0;
}

/* In the parent, after the call: until it runs, a child that is killed counts as this thread. */
static void forked(int64_t child)
{
    struct ring *ring = childs_ring;
    childs_ring = 0;
    if (ring == 0) return;
    if (child < 0) {
        __atomic_store_n(&ring->floor, NEVER, __ATOMIC_SEQ_CST);
        __atomic_store_n(&ring->state, RING_ENDED, __ATOMIC_SEQ_CST);
        return;
    }
    uint32_t mine = (uint32_t)getpid();
    if (!__atomic_compare_exchange_n(&ring->pid, &mine, (uint32_t)child, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) return;
    __atomic_store_n(&ring->tid, (uint32_t)child, __ATOMIC_SEQ_CST);
}

static void watch_forks(void)
{
    pthread_atfork(before_fork, 0, in_child);
}

#endif
