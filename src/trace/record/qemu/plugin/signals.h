/*
 * Signals that the program gets, as text events:
 *
 *   signal b 1 10 0 0           SIGSEGV, si_code 1, si_addr 0x10, si_pid, si_uid: before the handler's first instruction
 *   signal 8                    SIGFPE, of which no more is known
 *
 * QEMU's handler of the host's signals queues them for the program. Ours runs before it and notes what the signal is. It is
 * installed again after each rt_sigaction, which replaces it while QEMU blocks all signals. The event is written when the
 * handler that the program has installed begins. The signal that ends a process is left in the thread's ring, and so is
 * what a parent learns of it by wait4 or waitid.
 *
 * QEMU finds some faults itself (a division by zero, an illegal instruction). A handler's begin after a block that was
 * left in the middle shows them.
 */
#ifndef PAGEWALK_SIGNALS_H
#define PAGEWALK_SIGNALS_H

#include <signal.h>
#include <sys/wait.h>

#include "calls.h"
#include "exec.h"
#include "ring.h"
#include "threads.h"

/* From here on signals have other numbers in the program than on the host. */
#define REAL_TIME 32
#define FAULTS (1u << SIGSEGV | 1u << SIGBUS | 1u << SIGFPE | 1u << SIGILL | 1u << SIGTRAP)

/* The signals that a thread has got and not handled yet, and the call that it makes. */
struct signals {
    volatile uint32_t pending;
    struct note notes[REAL_TIME];
    int action_number;
    uint64_t action_handler;
    uint64_t status_address;
};

static struct signals *signals[MOST_VCPUS];
/* By signal: where the program's handler begins, and QEMU's handler. */
static uint64_t handlers[REAL_TIME];
static void (*qemus_handlers[REAL_TIME])(int, siginfo_t *, void *);

static int is_fault(int number, const siginfo_t *info)
{
    return info->si_code > 0 && (FAULTS >> number & 1) != 0;
}

/* QEMU distinguishes the two codes by tables of its own where it has reserved the addresses of a 32-bit program. */
static struct note note_of(int number, const siginfo_t *info)
{
    if (!is_fault(number, info)) {
        uint64_t status = number == SIGCHLD ? (uint64_t)(uint32_t)info->si_status : 0;
        return (struct note){(uint32_t)number, info->si_code, status, (uint32_t)info->si_pid, info->si_uid};
    }
    int is_known = info->si_code != SEGV_ACCERR || number != SIGSEGV || target->bits == 64;
    uint64_t address = info->si_code == SI_KERNEL ? 0 : (uint64_t)(uintptr_t)info->si_addr - guest_base;
    return (struct note){(uint32_t)number, is_known ? info->si_code : 0, address, 0, 0};
}

static void note_signal(int number, siginfo_t *info, void *context)
{
    struct signals *own = signals[own_vcpu];
    struct ring *ring = threads[own_vcpu].ring;
    int is_noted = own != 0 && ring != 0, fault = is_fault(number, info);
    if (is_noted) {
        ring->last = own->notes[number] = note_of(number, info);
        own->pending |= 1u << number;
    }
    qemus_handlers[number](number, info, context);
    if (!is_noted || !fault) return;
    own->pending &= ~(1u << number); /* it was QEMU's own: a store to translated code */
    ring->last.number = 0;
}

/* Puts our handler before QEMU's. */
static void watch_signal(int number)
{
    struct sigaction action;
    if (number <= 0 || number >= REAL_TIME || sigaction(number, 0, &action) != 0) return;
    if ((action.sa_flags & SA_SIGINFO) == 0 || action.sa_sigaction == note_signal) return;
    qemus_handlers[number] = action.sa_sigaction;
    action.sa_sigaction = note_signal;
    sigaction(number, &action, 0);
}

/* QEMU has installed its handlers. */
static void watch_signals(void)
{
    for (int number = 1; number < REAL_TIME; number++) watch_signal(number);
}

static int is_handler(uint64_t address)
{
    for (int number = 1; number < REAL_TIME; number++) {
        if (handlers[number] == address) return 1;
    }
    return 0;
}

static void put_signal(struct thread *thread, const struct note *note)
{
    char text[96];
    int length = snprintf(text, sizeof text, "signal %x %x %" PRIx64 " %x %x", note->number, (uint32_t)note->code,
                          note->address, note->sender, note->uid);
    put_text(thread, text, (uint32_t)length);
}

/* Ends the current block, after the instructions of it that ran. Returns whether it was left in the middle. */
static int end_block(struct thread *thread, unsigned vcpu)
{
    struct ring *ring = thread->ring;
    uint64_t count = count_of(vcpu), ran = count - ring->mark;
    int is_early = is_exact() && ran < ring->length;
    put(thread, event(CODE_DONE, is_early ? ran + 1 : 0));
    ring->mark = count;
    ring->length = 0;
    return is_early;
}

/* `data`: the address of a handler. The program may also call the function itself. */
static void handler_begins(unsigned vcpu, void *data)
{
    if (vcpu >= MOST_VCPUS) return;
    struct thread *thread = &threads[vcpu];
    struct signals *own = signals[vcpu];
    uint32_t due = 0;
    if (own == 0 || thread->ring == 0) return;
    for (int number = 1; number < REAL_TIME; number++) {
        if (handlers[number] == (uint64_t)(uintptr_t)data) due |= 1u << number;
    }
    uint32_t noted = due & __atomic_fetch_and(&own->pending, ~due, __ATOMIC_SEQ_CST);
    int is_early = end_block(thread, vcpu);
    if (noted == 0 && is_early && (due & FAULTS) != 0) {
        char text[16];
        int length = snprintf(text, sizeof text, "signal %x", (unsigned)__builtin_ctz(due & FAULTS));
        put_text(thread, text, (uint32_t)length);
    }
    for (int number = 1; number < REAL_TIME; number++) {
        if ((noted >> number & 1) != 0) put_signal(thread, &own->notes[number]);
    }
    if ((noted >> (thread->ring->last.number & 31) & 1) != 0) thread->ring->last.number = 0;
}

/* A child that a signal has ended. The status is that of wait4, or waitid's structure. */
static void note_end_of_child(uint32_t pid, uint32_t number)
{
    struct ring *rings = (struct ring *)(memory + RINGS_AT);
    uint32_t used = __atomic_load_n(&header->rings, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < used; i++) {
        if (rings[i].pid == pid) __atomic_store_n(&rings[i].killed, number, __ATOMIC_SEQ_CST);
    }
}

static void read_status(uint64_t address, int64_t number, int64_t result)
{
    int32_t words[8] = {0};
    if (number == target->waitid) {
        int pid_at = target->bits / 16; /* in words: 4 or 2, and one more where pointers have four bytes */
        if (target->bits == 32) pid_at++;
        if (result != 0 || read_guest(address, words, sizeof words) != sizeof words) return;
        if (words[2] == CLD_KILLED || words[2] == CLD_DUMPED) note_end_of_child((uint32_t)words[pid_at], (uint32_t)words[pid_at + 2]);
    } else if (result > 0 && read_guest(address, words, 4) == 4 && WIFSIGNALED(words[0])) {
        note_end_of_child((uint32_t)result, (uint32_t)WTERMSIG(words[0]));
    }
}

/* Before a call that sets a handler, or waits for a child. */
static void signal_call_begins(unsigned vcpu, int64_t number, const uint64_t *arguments)
{
    struct signals *own = signals[vcpu];
    own_vcpu = vcpu;
    if (own == 0) return;
    own->action_number = 0;
    own->status_address = number == target->wait4 ? arguments[1] : number == target->waitid ? arguments[2] : 0;
    if (number != target->sigaction || arguments[0] >= REAL_TIME) return;
    size_t width = (size_t)target->bits / 8;
    own->action_number = (int)arguments[0];
    own->action_handler = handlers[own->action_number];
    uint64_t handler = 0;
    if (arguments[1] != 0 && read_guest(arguments[1], &handler, width) == width) own->action_handler = handler;
}

static void signal_call_ends(unsigned vcpu, int64_t number, int64_t result)
{
    struct signals *own = signals[vcpu];
    if (own == 0) return;
    if (own->status_address != 0) read_status(own->status_address, number, result);
    if (own->action_number == 0) return;
    if (result == 0) handlers[own->action_number] = own->action_handler;
    watch_signal(own->action_number);
    own->action_number = 0;
}

/* A thread whose signals are recorded. The child of a fork has a copy. */
static void follow_signals(unsigned vcpu)
{
    if (signals[vcpu] == 0) signals[vcpu] = calloc(1, sizeof **signals);
    if (signals[vcpu] != 0) signals[vcpu]->pending = 0;
}

/* The thread ends, and may get a signal yet. */
static void forget_signals(unsigned vcpu)
{
    struct signals *own = signals[vcpu];
    __atomic_store_n(&signals[vcpu], 0, __ATOMIC_SEQ_CST);
    free(own);
}

#endif
