/*
 * The part of QEMU's plugin interface that the recorder uses, declared from its documentation
 * (https://www.qemu.org/docs/master/devel/tcg-plugins.html). The interface is C with stable symbols.
 *
 * Version 1 (QEMU 4.2 to 8.2) has inline operations on one address for all threads. Version 2 and later (9.0) have them
 * on a value for each thread only. PLUGIN_API is the version this compilation is for.
 */
#ifndef PAGEWALK_QEMU_H
#define PAGEWALK_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

typedef struct {
    const char *target_name;
    struct {
        int min, cur;
    } version;
    bool system_emulation;
    int smp_vcpus, max_vcpus;
} qemu_info_t;

enum qemu_plugin_cb_flags { NO_REGS = 0 };
enum qemu_plugin_mem_rw { MEM_BOTH = 3 }; /* 7.2 mistakes loads for stores when asked for one */
enum qemu_plugin_op { INLINE_ADD = 0 };

typedef void (*on_vcpu)(qemu_plugin_id_t, unsigned vcpu);
typedef void (*on_translation)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*on_execution)(unsigned vcpu, void *data);
typedef void (*on_access)(unsigned vcpu, uint32_t info, uint64_t address, void *data);
typedef void (*on_call)(qemu_plugin_id_t, unsigned vcpu, int64_t number, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                        uint64_t, uint64_t, uint64_t);
typedef void (*on_return)(qemu_plugin_id_t, unsigned vcpu, int64_t number, int64_t result);

void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t, on_vcpu);
void qemu_plugin_register_vcpu_exit_cb(qemu_plugin_id_t, on_vcpu);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, on_translation);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, on_execution, enum qemu_plugin_cb_flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, on_access, enum qemu_plugin_cb_flags,
                                      enum qemu_plugin_mem_rw, void *data);
void qemu_plugin_register_vcpu_syscall_cb(qemu_plugin_id_t, on_call);
void qemu_plugin_register_vcpu_syscall_ret_cb(qemu_plugin_id_t, on_return);

void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *data), void *data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t index);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *);
unsigned qemu_plugin_mem_size_shift(uint32_t info);
bool qemu_plugin_mem_is_store(uint32_t info);

#if PLUGIN_API == 1
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, enum qemu_plugin_op, void *value,
                                                uint64_t operand);
#else
struct qemu_plugin_scoreboard;
typedef struct {
    struct qemu_plugin_scoreboard *score;
    size_t offset;
} qemu_plugin_u64;
struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *, enum qemu_plugin_op, qemu_plugin_u64,
                                                         uint64_t operand);
uint64_t qemu_plugin_u64_get(qemu_plugin_u64, unsigned vcpu);
#endif

#endif
