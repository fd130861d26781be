/* The threads of this process, and the counter of their instructions. */
#ifndef PAGEWALK_THREADS_H
#define PAGEWALK_THREADS_H

#include <fcntl.h>
#include <sys/mman.h>

#include "qemu.h"
#include "ring.h"

/*
 * QEMU numbers a thread one above the highest that is alive. A relay of threads, each of which starts the next, so counts
 * up. Tables by number are sparse, and have no more rows than threads that a relay may have.
 */
#define MOST_VCPUS 1048576u

static struct thread threads[MOST_VCPUS];
/* Rows in use: the first so many. */
static unsigned vcpus_used;
/* Threads that this process has had. */
static uint32_t threads_started;
/* The thread is in a system call of this vcpu. */
static __thread int calling = -1;
/* Of the thread itself, for handlers of signals: its place needs no allocation. */
static __thread unsigned own_vcpu __attribute__((tls_model("initial-exec")));

/* Of a thread beyond the table, after which recording has stopped, another thread's row. */
static inline struct thread *thread_at(unsigned vcpu)
{
    return &threads[vcpu % MOST_VCPUS];
}

/* Returns whether there is a row for the thread. */
static int begin_row(unsigned vcpu, struct ring *ring)
{
    if (vcpu >= MOST_VCPUS) return 0;
    threads[vcpu] = thread_of(ring);
    unsigned used = __atomic_load_n(&vcpus_used, __ATOMIC_RELAXED);
    while (used <= vcpu && !__atomic_compare_exchange_n(&vcpus_used, &used, vcpu + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        ;
    return 1;
}

/* Maps a part of the file, at an address or anywhere; null when that fails. */
static void *map_file(void *at, uint64_t offset, uint64_t bytes)
{
    int file = open(memory_path, O_RDWR | O_CLOEXEC);
    if (file < 0) return 0;
    int flags = MAP_SHARED | MAP_NORESERVE | (at == 0 ? 0 : MAP_FIXED);
    void *mapped = mmap(at, bytes, PROT_READ | PROT_WRITE, flags, file, (off_t)offset);
    close(file);
    return mapped == MAP_FAILED ? 0 : mapped;
}

#if PLUGIN_API == 1

/*
 * Of all threads of the process, and so exact while there is one. It lies in the file, so that it can be read when the
 * process is dead: in the page of the first thread's ring.
 */
static uint64_t *counter;

static int create_counter(struct ring *ring)
{
    counter = map_file(0, COUNTERS_AT + number_of(ring) * (uint64_t)COUNTER_BYTES, COUNTER_BYTES);
    if (counter != 0) *counter = 0;
    return counter != 0;
}

/* A child's own counter, at the address that translated code increments. Returns whether it can be read from outside. */
static int follow_counter(struct ring *ring)
{
    uint64_t count = *counter;
    int is_shared = map_file(counter, COUNTERS_AT + number_of(ring) * (uint64_t)COUNTER_BYTES, COUNTER_BYTES) != 0;
    if (!is_shared) mmap(counter, COUNTER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    *counter = count;
    return is_shared;
}

static uint64_t count_of(unsigned vcpu)
{
    (void)vcpu;
    return *counter;
}

static void count_instruction(struct qemu_plugin_insn *instruction)
{
    qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD, counter, 1);
}

static int is_exact(void)
{
    return threads_started == 1;
}

#else

static qemu_plugin_u64 counter; /* of each thread */

static int create_counter(struct ring *ring)
{
    (void)ring;
    counter = (qemu_plugin_u64){qemu_plugin_scoreboard_new(sizeof(uint64_t)), 0};
    return counter.score != 0;
}

static int follow_counter(struct ring *ring)
{
    (void)ring;
    return 0;
}

static uint64_t count_of(unsigned vcpu)
{
    return qemu_plugin_u64_get(counter, vcpu);
}

static void count_instruction(struct qemu_plugin_insn *instruction)
{
    qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(instruction, INLINE_ADD, counter, 1);
}

static int is_exact(void)
{
    return 1;
}

#endif

#endif
