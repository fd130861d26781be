/*
 * The functions of QEMU's plugin interface that the recorder calls, with the types that QEMU declares them with: in
 * include/qemu/qemu-plugin.h of 7.2 (version 1) and 9.0 (version 2, whose functions 10.0 has too). A declaration of the
 * recorder that differs does not compile.
 */
#include "qemu.h"

typedef uint64_t id;
typedef unsigned int vcpu;
typedef uint32_t meminfo;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

void qemu_plugin_register_vcpu_init_cb(id, void (*)(id, vcpu));
void qemu_plugin_register_vcpu_exit_cb(id, void (*)(id, vcpu));
void qemu_plugin_register_vcpu_tb_trans_cb(id, void (*)(id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(vcpu, void *), enum qemu_plugin_cb_flags, void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, void (*)(vcpu, meminfo, uint64_t, void *),
                                      enum qemu_plugin_cb_flags, enum qemu_plugin_mem_rw, void *);
void qemu_plugin_register_vcpu_syscall_cb(id, void (*)(id, vcpu, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                                       uint64_t, uint64_t, uint64_t));
void qemu_plugin_register_vcpu_syscall_ret_cb(id, void (*)(id, vcpu, int64_t, int64_t));
void qemu_plugin_register_atexit_cb(id, void (*)(id, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *);
unsigned int qemu_plugin_mem_size_shift(meminfo);
bool qemu_plugin_mem_is_store(meminfo);

#if PLUGIN_API == 1
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, enum qemu_plugin_op, void *, uint64_t);
#else
struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *, enum qemu_plugin_op, qemu_plugin_u64,
                                                         uint64_t);
uint64_t qemu_plugin_u64_get(qemu_plugin_u64, vcpu);
_Static_assert(sizeof(qemu_plugin_u64) == sizeof(void *) + sizeof(size_t), "an entry: its scoreboard, its offset");
#endif

/* The exports of a plugin. */
extern int qemu_plugin_version;
int qemu_plugin_install(id, const qemu_info_t *, int, char **);
_Static_assert(offsetof(qemu_info_t, version) == sizeof(char *), "target_name, then the versions");
_Static_assert(offsetof(qemu_info_t, system_emulation) == sizeof(char *) + 2 * sizeof(int), "min and cur");

_Static_assert(NO_REGS == 0 && MEM_BOTH == 3 && INLINE_ADD == 0, "QEMU_PLUGIN_CB_NO_REGS, _MEM_RW, _INLINE_ADD_U64");
