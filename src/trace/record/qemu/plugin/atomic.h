/*
 * Instructions that synchronise threads, by their bits: x86's `lock` prefix and `xchg` with memory; the exclusive,
 * acquiring and atomic loads and stores of AArch64 (Arm ARM, C4.1.94); RISC-V's A extension.
 */
#ifndef PAGEWALK_ATOMIC_H
#define PAGEWALK_ATOMIC_H

#include <stdint.h>
#include <string.h>

#include "qemu.h"

static int x86_is_atomic(const uint8_t *bytes, size_t size, int has_rex)
{
    for (size_t i = 0; i < size; i++) {
        switch (bytes[i]) {
        case 0xf0:
            return 1;
        case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66: case 0x67: case 0xf2: case 0xf3:
            continue;
        }
        if (has_rex && (bytes[i] & 0xf0) == 0x40) continue;
        return (bytes[i] & 0xfe) == 0x86 && i + 1 < size && bytes[i + 1] < 0xc0;
    }
    return 0;
}

/* `cmpxchg16b`, with or without `lock`, which QEMU makes of four accesses of 8 bytes: 0F C7 /1 with REX.W. */
static int is_pair_exchange(const uint8_t *bytes, size_t size)
{
    while (size > 0 && (bytes[0] == 0xf0 || bytes[0] == 0xf2 || bytes[0] == 0xf3 || (bytes[0] >= 0x64 && bytes[0] <= 0x67)))
        bytes++, size--;
    return size > 3 && (bytes[0] & 0xf8) == 0x48 && bytes[1] == 0x0f && bytes[2] == 0xc7 && (bytes[3] >> 3 & 7) == 1 &&
           bytes[3] < 0xc0;
}

static int x86_64_is_atomic(const uint8_t *bytes, size_t size)
{
    return x86_is_atomic(bytes, size, 1);
}

static int i386_is_atomic(const uint8_t *bytes, size_t size)
{
    return x86_is_atomic(bytes, size, 0);
}

static int aarch64_is_atomic(const uint8_t *bytes, size_t size)
{
    uint32_t word;
    if (size != 4) return 0;
    memcpy(&word, bytes, 4);
    return (word & 0x3f000000) == 0x08000000 || (word & 0x3b200c00) == 0x38200000;
}

static int riscv_is_atomic(const uint8_t *bytes, size_t size)
{
    return size == 4 && (bytes[0] & 0x7f) == 0x2f;
}

static int none_is_atomic(const uint8_t *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return 0;
}

typedef int (*atomic_test)(const uint8_t *bytes, size_t size);

static atomic_test atomic_test_of(const char *target)
{
    if (strcmp(target, "x86_64") == 0) return x86_64_is_atomic;
    if (strcmp(target, "i386") == 0) return i386_is_atomic;
    if (strcmp(target, "aarch64") == 0) return aarch64_is_atomic;
    return strncmp(target, "riscv", 5) == 0 ? riscv_is_atomic : none_is_atomic;
}

#endif
