/*
 * System calls as text events. The recorder says by the option `calls` which ones, and what lies behind their pointers:
 *
 *   calls=9+3+257.s1+59u.s0.l1+302.b2:16+22.B0:8
 *           │    │        │          │       └ 8 bytes at argument 0, after the call
 *           │    │        │          └ 16 bytes at argument 2, before it
 *           │    │        └ u: its begin is an event of its own; l1: argument 1 is a list of strings
 *           │    └ argument 1 is a string
 *           └ the call's number          x, as of exit (60x) and exit_group (231X): the thread ends, or its process
 *
 * An event has numbers and bytes; the reader (src/trace/calls/qemu.ts) writes them as strace does:
 *
 *   call 101 ffffff9c 40001000 0 0 0 0 s1=2f746d70 = 3      a call, at its return; all numbers are hexadecimal
 *   enter 9 0 2000 3 22 ffffffff 0                          its begin, in a process with several threads
 *   leave 9 = 4000853000                                    its return
 *   region 400000-401000 r-xp 00000000 fe:00 12 /bin/ls    what an executed program begins with, as maps files have it
 *   exec                                                   it begins
 *   exited 0                                               by exit or exit_group, with that status
 *   heap 402b0c8 30 40002a0 10c2f3 0 0 s0=40206d            a call of the allocator (src/heap/record/wrappers.c)
 *
 * The program's memory is read by the kernel, which returns an error for a bad pointer.
 */
#ifndef PAGEWALK_CALLS_H
#define PAGEWALK_CALLS_H

#include <inttypes.h>
#include <stdio.h>
#include <sys/uio.h>

#include "exec.h"
#include "ring.h"
#include "threads.h"

#define MOST_CALLS 1024
#define MOST_PIECES 2
#define MOST_STRING 4096u  /* PATH_MAX */
#define MOST_ITEM 256u
#define MOST_ITEMS 32u
#define ALLOCATOR_CALL 0x50475741 /* no call of Linux */

struct piece {
    char kind;
    uint8_t argument;
    uint16_t bytes;
};

struct rule {
    uint8_t is_recorded, has_begin, leaves, count;
    struct piece pieces[MOST_PIECES];
};

static struct rule rules[MOST_CALLS];
static const struct piece FORMAT = {'s', 0, 0};

/* The call that a thread makes. */
struct call {
    uint64_t arguments[6];
    const struct rule *rule;
    int has_begun;
    size_t length;
    char text[MOST_TEXT_BYTES];
};

static struct call *calls[MOST_VCPUS];

static void read_rules(const char *text)
{
    while (*text != 0) {
        char *end;
        unsigned long number = strtoul(text, &end, 10);
        struct rule none, *rule = number < MOST_CALLS ? &rules[number] : &none;
        *rule = (struct rule){1, 0, LEAVES_NOT, 0, {{0, 0, 0}}};
        if (*end == 'x') rule->leaves = LEAVES_ALONE;
        if (*end == 'X') rule->leaves = LEAVES_WITH_PROCESS;
        rule->has_begin = *end == 'u' || rule->leaves != LEAVES_NOT;
        end += rule->has_begin;
        while (*end == '.' && rule->count < MOST_PIECES) {
            struct piece *piece = &rule->pieces[rule->count++];
            piece->kind = end[1];
            piece->argument = (uint8_t)strtoul(end + 2, &end, 10);
            if (*end == ':') piece->bytes = (uint16_t)strtoul(end + 1, &end, 10);
        }
        text = end + (*end != 0);
    }
}

/* Reads as much as is readable. Returns the bytes. */
static size_t read_guest(uint64_t address, void *to, size_t bytes)
{
    size_t done = 0;
    while (done < bytes) {
        size_t rest = 4096 - (address + done) % 4096, part = bytes - done < rest ? bytes - done : rest;
        struct iovec here = {(char *)to + done, part}, there = {(void *)guest(address + done), part};
        ssize_t got = syscall(SYS_process_vm_readv, getpid(), &here, 1, &there, 1, 0);
        if (got <= 0) break;
        done += (size_t)got;
    }
    return done;
}

static void add(struct call *call, const char *text)
{
    size_t length = strlen(text);
    if (call->length + length >= sizeof call->text) return;
    memcpy(call->text + call->length, text, length + 1);
    call->length += length;
}

static void add_number(struct call *call, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, " %" PRIx64, number);
    add(call, text);
}

/* As hexadecimal digits, as far as there is room. */
static void add_bytes(struct call *call, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count && call->length + 2 < sizeof call->text; i++) {
        call->text[call->length++] = "0123456789abcdef"[bytes[i] >> 4];
        call->text[call->length++] = "0123456789abcdef"[bytes[i] & 15];
    }
    call->text[call->length] = 0;
}

/* A string of at most `most` bytes; a longer one ends with `+`. Returns whether it can be read. */
static int add_string(struct call *call, uint64_t address, size_t most, const char *before)
{
    uint8_t bytes[MOST_STRING];
    size_t length = 0, got, ends = 0;
    do {
        size_t part = most - length < 256 ? most - length : 256;
        got = read_guest(address + length, bytes + length, part);
        ends = strnlen((char *)bytes + length, got);
        length += ends;
    } while (got == 256 && ends == got && length < most);
    if (got == 0 && length == 0) return 0;
    add(call, before);
    add_bytes(call, bytes, length);
    if (ends == got) add(call, "+");
    return 1;
}

static void add_strings(struct call *call, uint64_t address)
{
    uint64_t item = 0;
    for (unsigned i = 0; i < MOST_ITEMS; i++, item = 0) {
        size_t width = (size_t)target->bits / 8;
        if (read_guest(address + i * width, &item, width) != width || item == 0) return;
        if (!add_string(call, item, MOST_ITEM, ".")) return;
    }
    add(call, ".+");
}

static void add_piece(struct call *call, const struct piece *piece)
{
    uint64_t address = call->arguments[piece->argument % 6];
    char begin[8] = {' ', piece->kind, (char)('0' + piece->argument % 6), '=', 0};
    uint8_t bytes[256];
    if (address == 0) return;
    if (piece->kind == 's') {
        add_string(call, address, MOST_STRING, begin);
    } else if (piece->kind == 'l') {
        add(call, begin);
        add_strings(call, address);
    } else if (piece->bytes <= sizeof bytes && read_guest(address, bytes, piece->bytes) == piece->bytes) {
        add(call, begin);
        add_bytes(call, bytes, piece->bytes);
    }
}

/* The pieces that are read before the call, or those after it. */
static void add_pieces(struct call *call, int is_after)
{
    for (unsigned i = 0; i < call->rule->count; i++) {
        const struct piece *piece = &call->rule->pieces[i];
        if ((piece->kind == 'B') == is_after) add_piece(call, piece);
    }
}

static void begin_text(struct call *call, const char *kind, int64_t number)
{
    call->length = 0;
    add(call, kind);
    add_number(call, (uint64_t)number);
}

static void put_call(struct thread *thread, const struct call *call)
{
    put_text(thread, call->text, (uint32_t)call->length);
}

/* Returns whether the call is the allocator's report, which has no effect. */
static int put_allocation(struct thread *thread, unsigned vcpu, int64_t number, const uint64_t *arguments)
{
    if (number != ALLOCATOR_CALL || calls[vcpu] == 0) return 0;
    struct call *call = calls[vcpu];
    memcpy(call->arguments, arguments, sizeof call->arguments);
    call->rule = 0;
    call->length = 0;
    add(call, "heap");
    for (int i = 0; i < 6; i++) add_number(call, arguments[i]);
    add_piece(call, &FORMAT);
    put_mark(thread);
    put(thread, event(CODE_DONE, 0));
    put_call(thread, call);
    return 1;
}

static void call_text_begins(struct thread *thread, unsigned vcpu, int64_t number, const uint64_t *arguments)
{
    struct call *call = calls[vcpu];
    if (call == 0) return;
    call->rule = number >= 0 && number < MOST_CALLS && rules[number].is_recorded ? &rules[number] : 0;
    if (call->rule == 0) return;
    memcpy(call->arguments, arguments, sizeof call->arguments);
    call->has_begun = call->rule->has_begin || threads_started > 1;
    begin_text(call, call->has_begun ? "enter" : "call", number);
    for (int i = 0; i < 6; i++) add_number(call, arguments[i]);
    add_pieces(call, 0);
    if (!call->has_begun) return;
    put(thread, event(CODE_DONE, 0));
    put_call(thread, call);
    if (call->rule->leaves == LEAVES_NOT) return;
    begin_text(call, "exited", (int64_t)(arguments[0] & 255));
    put_call(thread, call);
    __atomic_store_n(&thread->ring->leaves, call->rule->leaves, __ATOMIC_SEQ_CST);
}

static void call_text_ends(struct thread *thread, unsigned vcpu, int64_t number, int64_t result)
{
    struct call *call = calls[vcpu];
    if (call == 0 || call->rule == 0) return;
    if (call->has_begun) begin_text(call, "leave", number);
    add(call, " =");
    add_number(call, (uint64_t)result);
    if (result >= 0 || result < -4095) add_pieces(call, 1);
    call->rule = 0;
    put_call(thread, call);
}

/* A thread of a process whose calls are recorded. Its child by fork has a copy. */
static void follow_calls(unsigned vcpu)
{
    if (calls[vcpu] == 0) calls[vcpu] = malloc(sizeof **calls);
    if (calls[vcpu] != 0) calls[vcpu]->rule = 0;
}

static void forget_calls(unsigned vcpu)
{
    free(calls[vcpu]);
    calls[vcpu] = 0;
}

#endif
