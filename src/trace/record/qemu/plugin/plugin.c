/*
 * The recorder's plugin for QEMU's user mode: writes what each thread executes and accesses into shared memory.
 *
 *   qemu-x86_64 -plugin recorder.so,memory=PATH PROGRAM ARG…
 *
 * A translation block is defined once. Each execution is one event, each access another, with the number of its
 * instruction. A counter that QEMU increments before each instruction shows whether a block was left early, by a fault
 * or to repeat an instruction alone, and where.
 */
#include "atomic.h"
#include "blocks.h"
#include "calls.h"
#include "exec.h"
#include "fork.h"
#include "maps.h"
#include "qemu.h"
#include "ring.h"
#include "shared.h"
#include "signals.h"
#include "threads.h"

EXPORT int qemu_plugin_version = PLUGIN_API;

static atomic_test is_atomic;
static int is_x86_64;
/* Programs that this one executes are recorded too. */
static int follows;
/* Its system calls, and the regions that it begins with, are recorded. */
static int has_calls;
/* Another program of this process was recorded before. The first events of this one are its regions, and `exec`. */
static int is_executed;

/* `data` is the event. */
static void block_begins(unsigned vcpu, void *data)
{
    struct thread *thread = thread_at(vcpu);
    struct ring *ring = thread->ring;
    uint64_t word = (uint64_t)data;
    uint64_t count = count_of(vcpu);
    uint64_t ran = count - ring->mark;
    if (unlikely(ran != ring->length) && is_exact() && ran < ring->length) word |= (ran + 1) << 52;
    ring->mark = count;
    ring->length = word >> 32 & 1023;
    put(thread, word);
}

/*
 * Type and size of an access, at their places in the event, by QEMU's description of it; 0 for an atomic access, which
 * loads and stores. The interface does not tell that from a store, but QEMU keeps `rw` in the bits from 16 on.
 */
static uint64_t kind_of(uint32_t info)
{
    static struct {
        uint64_t info, kind;
    } known[64];
    unsigned place = (info ^ info >> 4 ^ info >> 14) & 63;
    if (unlikely(known[place].info != (uint64_t)info + 1)) {
        uint64_t type = qemu_plugin_mem_is_store(info) ? EVENT_STORE : EVENT_LOAD;
        known[place].kind = (info >> 16 & 3) == MEM_BOTH ? 0 : type << 62 | (uint64_t)qemu_plugin_mem_size_shift(info) << 59;
        known[place].info = (uint64_t)info + 1;
    }
    return known[place].kind;
}

static __attribute__((noinline)) void put_wide(struct thread *thread, uint64_t word, uint64_t address)
{
    if (thread->ring->at + 1 == thread->ring->limit) put(thread, event(CODE_MARK, 0)); /* both words in one chunk */
    put(thread, event(CODE_WIDE, word >> 50));
    put(thread, address);
}

static inline void put_access(struct thread *thread, uint64_t word, uint64_t address)
{
    if (likely(((int64_t)(address << 14) >> 14) == (int64_t)address)) put(thread, word | (address & ((1ull << 50) - 1)));
    else put_wide(thread, word, address);
}

/* An atomic access, as a load and a store. `number` is at its place in the event. */
static void put_modify(struct thread *thread, uint64_t shift, uint64_t number, uint64_t address)
{
    put_access(thread, EVENT_LOAD << 62 | shift << 59 | number, address);
    put_access(thread, EVENT_STORE << 62 | shift << 59 | number, address);
}

/* `data` is the instruction's number, at its place in the event. */
static void accesses(unsigned vcpu, uint32_t info, uint64_t address, void *data)
{
    struct thread *thread = thread_at(vcpu);
    uint64_t kind = kind_of(info);
    if (likely(kind != 0)) {
        put_access(thread, kind | (uint64_t)data, address);
        return;
    }
    put_modify(thread, qemu_plugin_mem_size_shift(info), (uint64_t)data, address);
}

/* The first access of the instruction is marked: what follows it is later than what came before it in other threads. */
static void accesses_atomically(unsigned vcpu, uint32_t info, uint64_t address, void *data)
{
    put_mark(thread_at(vcpu));
    accesses(vcpu, info, address, data);
}

/* `cmpxchg16b`: the first of its accesses, a load of aligned bytes, stands for all. */
static void exchanges_pair(unsigned vcpu, uint32_t info, uint64_t address, void *data)
{
    int is_first = !qemu_plugin_mem_is_store(info) || kind_of(info) == 0;
    if (address % 16 != 0 || !is_first) return;
    put_mark(thread_at(vcpu));
    put_modify(thread_at(vcpu), 4, (uint64_t)data, address);
}

static void instrument(struct qemu_plugin_insn *instruction, uint64_t number)
{
    void *data = (void *)(number << 50);
    const uint8_t *bytes = qemu_plugin_insn_haddr(instruction);
    size_t size = qemu_plugin_insn_size(instruction);
    on_access access = accesses;
    if (bytes != 0 && is_atomic(bytes, size)) access = accesses_atomically;
    if (bytes != 0 && is_x86_64 && is_pair_exchange(bytes, size)) access = exchanges_pair;
    count_instruction(instruction);
    qemu_plugin_register_vcpu_mem_cb(instruction, access, NO_REGS, MEM_BOTH, data);
}

/* Before its first instruction. */
static void begin_program(const struct qemu_plugin_tb *tb)
{
    static int has_begun;
    if (has_begun) return;
    has_begun = 1;
    if (has_calls) watch_signals();
    uint64_t code_address = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    if (has_calls && !is_executed) save_regions(code_address);
    if (!is_executed || threads[0].ring == 0) return;
    if (has_calls) put_regions(&threads[0], code_address);
    put_text(&threads[0], "exec", 4);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    find_guest(qemu_plugin_tb_get_insn(tb, 0));
    begin_program(tb);
    struct instruction instructions[MOST_INSTRUCTIONS];
    size_t count = qemu_plugin_tb_n_insns(tb);
    if (discarding || count == 0 || count > MOST_INSTRUCTIONS) return;
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(tb, i);
        uint32_t size = (uint32_t)qemu_plugin_insn_size(instruction);
        instructions[i] = (struct instruction){qemu_plugin_insn_vaddr(instruction), size, 0};
    }
    uint64_t number = block_number(instructions, (uint32_t)count);
    if (number == 0) return;
    uint64_t word = EVENT_BLOCK << 62 | (uint64_t)count << 32 | number;
    void *start = (void *)(uintptr_t)instructions[0].address;
    if (is_handler(instructions[0].address)) qemu_plugin_register_vcpu_tb_exec_cb(tb, handler_begins, NO_REGS, start);
    qemu_plugin_register_vcpu_tb_exec_cb(tb, block_begins, NO_REGS, (void *)word);
    for (size_t i = 0; i < count; i++) instrument(qemu_plugin_tb_get_insn(tb, i), i);
}

/* The ring of the process's first thread, claimed before the thread exists. */
static struct ring *first_ring;

/* Called by the thread that creates it. */
static void thread_begins(qemu_plugin_id_t id, unsigned vcpu)
{
    (void)id;
    struct ring *ring = first_ring != 0 ? first_ring : claim_ring();
    first_ring = 0;
    if (!begin_row(vcpu, ring)) fail(FAILED_VCPUS);
    if (discarding || ring == 0) return;
    __atomic_fetch_add(&threads_started, 1, __ATOMIC_SEQ_CST);
    if (has_calls) follow_calls(vcpu), follow_signals(vcpu);
    ring->mark = count_of(vcpu);
    ring->exact = (uint32_t)is_exact();
}

static void thread_ends(qemu_plugin_id_t id, unsigned vcpu)
{
    (void)id;
    if (vcpu >= MOST_VCPUS) return;
    if (threads[vcpu].ring != 0) end_ring(&threads[vcpu]);
    forget_calls(vcpu);
    forget_signals(vcpu);
}

static void call_begins(qemu_plugin_id_t id, unsigned vcpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                        uint64_t e, uint64_t f, uint64_t g, uint64_t h)
{
    (void)id, (void)g, (void)h;
    if (vcpu >= MOST_VCPUS) return;
    struct thread *thread = &threads[vcpu];
    const uint64_t arguments[6] = {a, b, c, d, e, f};
    if (thread->ring == 0 || put_allocation(thread, vcpu, number, arguments)) return;
    if (has_calls) signal_call_begins(vcpu, number, arguments);
    call_text_begins(thread, vcpu, number, arguments);
    enter_call(thread);
    calling = (int)vcpu;
    if (target == 0 || discarding) return;
    int is_at = number == target->execveat && (int)a == AT_FDCWD && e == 0;
    if (number != target->execve && !is_at) return;
    if (follows) follow_exec(thread, is_at ? b : a, is_at ? c : b, is_at ? d : c);
    __atomic_store_n(&thread->ring->leaves, LEAVES_WITH_PROCESS, __ATOMIC_SEQ_CST);
    warn_of_exec(is_at ? b : a, follows);
}

static void call_ends(qemu_plugin_id_t id, unsigned vcpu, int64_t number, int64_t result)
{
    (void)id;
    if (vcpu >= MOST_VCPUS || (number == ALLOCATOR_CALL && has_calls)) return;
    calling = -1;
    if (threads[vcpu].ring == 0) return;
    forked(result);
    threads[vcpu].ring->leaves = LEAVES_NOT; /* an execve that failed */
    if (has_calls) signal_call_ends(vcpu, number, result);
    leave_call(&threads[vcpu]);
    call_text_ends(&threads[vcpu], vcpu, number, result);
}

static int refuse(const char *reason)
{
    fprintf(stderr, "pagewalk: the program cannot be recorded: %s\n", reason);
    return -1;
}

static void process_ends(qemu_plugin_id_t id, void *data)
{
    (void)id, (void)data;
    forget_reader();
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    const char *ring = 0;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "memory=", 7) == 0) memory_path = argv[i] + 7;
        if (strncmp(argv[i], "follow=", 7) == 0) follows = strcmp(argv[i] + 7, "on") == 0;
        if (strncmp(argv[i], "calls=", 6) == 0) read_rules(argv[i] + 6), has_calls = 1;
        if (strncmp(argv[i], "ring=", 5) == 0) ring = argv[i] + 5;
    }
    memory = memory_path == 0 ? 0 : map_file(0, 0, SHARED_BYTES);
    header = (struct header *)memory;
    if (header == 0 || header->magic != SHARED_MAGIC) return refuse("its memory cannot be mapped");
    first_ring = ring == 0 ? claim_ring() : resume_ring((uint32_t)strtoul(ring, 0, 10));
    if (first_ring == 0) return refuse("there are too many threads");
    if (!create_counter(first_ring)) return refuse("its counter cannot be mapped");
    target = target_of(info->target_name);
    follows = follows && target != 0;
    has_calls = has_calls && target != 0;
    is_executed = ring != 0;
    if (has_calls) remember_own_ranges();
    is_atomic = atomic_test_of(info->target_name);
    is_x86_64 = strcmp(info->target_name, "x86_64") == 0;
    remember_options();
    watch_forks();
    qemu_plugin_register_vcpu_init_cb(id, thread_begins);
    qemu_plugin_register_vcpu_exit_cb(id, thread_ends);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, process_ends, 0);
    qemu_plugin_register_vcpu_syscall_cb(id, call_begins);
    qemu_plugin_register_vcpu_syscall_ret_cb(id, call_ends);
    return 0;
}
