/*
 * Records the calls of the C library's allocator that a program makes: loaded before libc (LD_PRELOAD), it takes the
 * calls, passes them on to the allocator that the program has, and writes a line a call.
 *
 *   PAGEWALK_HEAP_LOG      the log, a path from the root; beside it, LOG.maps, the process's regions before the first call.
 *                          Where there is a file of that name already: LOG.PID, LOG.PID.2, …
 *   PAGEWALK_HEAP_FOLLOW   set: programs that this one starts are recorded too, in logs of their own
 *
 * The addresses that the program gets are those that it would get without the shim, but for mappings, which lie below
 * the shim's own: it never allocates. Threads may be many: their calls come one by one. A forked child is recorded no
 * further; a program that it starts is, where the shim is to follow. Programs that are statically linked or setuid load
 * no shim. The program's address space should not be randomised (launch.c).
 *
 * It works on glibc 2.34 and later; another allocator that is loaded as a library is recorded without mappings.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void *(*real_sbrk)(intptr_t);

#include "recording.h"

#include "log.h"

#include "mappings.h"

#include "thread.h"

#include "start.h"

/* A call under way: its thread, and errno as the call must leave it. */
struct call {
  enum place place;
  int is_first, error;
  unsigned thread;
};

/* True if the call is to be recorded. Until it ends, nothing else is recorded. */
static int begin_call_from(struct call *call, int is_loader) {
  if (phase != STARTED) {
    if (phase == STARTING) return 0;
    start();
  }
  if (!is_recording()) return 0;
  int error = errno;
  call->place = go_inside(is_loader);
  errno = error;
  if (call->place == NOT_INSIDE) return 0;
  call->is_first = 0;
  call->thread = call->place == INSIDE_TO_THE_END ? ending.thread : number_of_thread(&call->is_first);
  return 1;
}

static int begin_call(struct call *call) { return begin_call_from(call, 0); }

/* Behind the real call, which had to do with these mappings of blocks, if any. */
static void settle_mappings(const struct call *call, struct span old, void *block) {
  struct span own = span_of(block);
  if (own.start && own.start == old.start && own.end == old.end) return;
  if (old.start) take_from_known(old);
  int is_refused = block == NULL && call->error == ENOMEM;
  if (call->is_first || is_refused || has_mapped(block)) look_at_mappings(call->thread, own);
}

/* Begins the call's line. What the program has mapped stands before it. */
static int begin_answer(struct call *call, struct span old, void *block) {
  call->error = errno;
  if (has_mappings) settle_mappings(call, old, block);
  return begin_line(call->thread);
}

static void end_call(const struct call *call) {
  go_outside(call->place);
  errno = call->error;
}

static const struct span NOTHING = {0, 0};

/* `name(a, b) = block` */
static void *answer(struct call *call, const char *name, int count, const size_t *arguments, void *block) {
  if (begin_answer(call, NOTHING, block)) {
    put_call(name, count, arguments);
    put_block(block);
  }
  end_call(call);
  return block;
}

void *malloc(size_t bytes) {
  struct call call;
  if (!begin_call(&call)) return real.malloc(bytes);
  return answer(&call, "malloc", 1, &bytes, real.malloc(bytes));
}

void *calloc(size_t count, size_t bytes) {
  struct call call;
  if (!begin_call(&call)) return real.calloc(count, bytes);
  return answer(&call, "calloc", 2, (size_t[]){count, bytes}, real.calloc(count, bytes));
}

void *memalign(size_t alignment, size_t bytes) {
  struct call call;
  if (!begin_call(&call)) return real.memalign(alignment, bytes);
  return answer(&call, "memalign", 2, (size_t[]){alignment, bytes}, real.memalign(alignment, bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  struct call call;
  if (!begin_call(&call)) return real.aligned_alloc(alignment, bytes);
  return answer(&call, "aligned_alloc", 2, (size_t[]){alignment, bytes}, real.aligned_alloc(alignment, bytes));
}

void *valloc(size_t bytes) {
  struct call call;
  if (!begin_call(&call)) return real.valloc(bytes);
  return answer(&call, "valloc", 1, &bytes, real.valloc(bytes));
}

void *pvalloc(size_t bytes) {
  struct call call;
  if (!begin_call(&call)) return real.pvalloc(bytes);
  return answer(&call, "pvalloc", 1, &bytes, real.pvalloc(bytes));
}

int posix_memalign(void **to, size_t alignment, size_t bytes) {
  struct call call;
  if (!begin_call(&call)) return real.posix_memalign(to, alignment, bytes);
  int result = real.posix_memalign(to, alignment, bytes);
  void *block = result == 0 ? *to : NULL;
  if (begin_answer(&call, NOTHING, block)) {
    put_text("posix_memalign([");
    put_address(block);
    put_text("], ");
    put_decimal(alignment);
    put_text(", ");
    put_decimal(bytes);
    put_number(result);
  }
  end_call(&call);
  return result;
}

/* `name(old, a, b) = block` */
static void *answer_realloc(struct call *call, const char *name, void *old, int count, const size_t *arguments, size_t bytes) {
  struct span before = span_of(old);
  uintptr_t address = (uintptr_t)old;
  void *block = real.realloc(old, bytes);
  if (block == NULL && bytes > 0) before = NOTHING;
  if (begin_answer(call, before, block)) {
    put_text(name);
    put_text("(");
    put_address((void *)address);
    for (int n = 0; n < count; n++) {
      put_text(", ");
      put_decimal(arguments[n]);
    }
    put_block(block);
  }
  end_call(call);
  return block;
}

void *realloc(void *old, size_t bytes) {
  struct call call;
  if (!begin_call(&call)) return real.realloc(old, bytes);
  return answer_realloc(&call, "realloc", old, 1, &bytes, bytes);
}

/* In glibc it is realloc, behind a multiplication. */
void *reallocarray(void *old, size_t count, size_t bytes) {
  struct call call;
  size_t product;
  if (__builtin_mul_overflow(count, bytes, &product)) product = SIZE_MAX;
  if (!begin_call(&call)) return real.realloc(old, product);
  return answer_realloc(&call, "reallocarray", old, 2, (size_t[]){count, bytes}, product);
}

/* Its line comes first: a free that ends the process is in the log. */
void free(void *block) {
  struct call call;
  int is_of_loader = is_loader(__builtin_return_address(0));
  if (!begin_call_from(&call, is_of_loader)) return real.free(block);
  call.error = errno;
  struct span gone = span_of(block);
  if (call.place == INSIDE_TO_THE_END && is_of_loader) note_exit();
  if (call.is_first && has_mappings) look_at_mappings(call.thread, NOTHING);
  if (begin_line(call.thread)) {
    put_text("free(");
    put_address(block);
    put_text(") = <void>\n");
  }
  real.free(block);
  if (gone.start) take_from_known(gone);
  end_call(&call);
}

size_t malloc_usable_size(void *block) {
  struct call call;
  if (!begin_call(&call)) return real.malloc_usable_size(block);
  size_t bytes = real.malloc_usable_size(block);
  call.error = errno;
  if (begin_line(call.thread)) {
    put_text("malloc_usable_size(");
    put_address(block);
    put_number((long)bytes);
  }
  end_call(&call);
  return bytes;
}

int malloc_trim(size_t pad) {
  struct call call;
  if (!begin_call(&call)) return real.malloc_trim(pad);
  int result = real.malloc_trim(pad);
  call.error = errno;
  if (begin_line(call.thread)) {
    put_call("malloc_trim", 1, &pad);
    put_number(result);
  }
  end_call(&call);
  return result;
}

int mallopt(int parameter, int value) {
  struct call call;
  if (!begin_call(&call)) return real.mallopt(parameter, value);
  int result = real.mallopt(parameter, value);
  call.error = errno;
  if (begin_line(call.thread)) {
    put_text("mallopt(");
    put_integer(parameter);
    put_text(", ");
    put_integer(value);
    put_number(result);
  }
  end_call(&call);
  return result;
}

static void put_field(const char *name, size_t value) {
  put_text(name);
  put_decimal(value);
}

/* mallinfo is not taken: its numbers are these, cut to 32 bits. */
struct mallinfo2 mallinfo2(void) {
  struct call call;
  if (!begin_call(&call)) return real.mallinfo2();
  struct mallinfo2 m = real.mallinfo2();
  call.error = errno;
  if (begin_line(call.thread)) {
    put_field("mallinfo2() = {arena=", m.arena);
    put_field(", ordblks=", m.ordblks);
    put_field(", smblks=", m.smblks);
    put_field(", hblks=", m.hblks);
    put_field(", hblkhd=", m.hblkhd);
    put_field(", usmblks=", m.usmblks);
    put_field(", fsmblks=", m.fsmblks);
    put_field(", uordblks=", m.uordblks);
    put_field(", fordblks=", m.fordblks);
    put_field(", keepcost=", m.keepcost);
    put_text("}\n");
  }
  end_call(&call);
  return m;
}

/* These write to streams, which may allocate a buffer first: such calls have lines of their own, before this one. */
void malloc_stats(void) {
  struct call call;
  start();
  real.malloc_stats();
  if (!begin_call(&call)) return;
  call.error = errno;
  if (begin_line(call.thread)) put_text("malloc_stats() = <void>\n");
  end_call(&call);
}

int malloc_info(int options, FILE *stream) {
  struct call call;
  start();
  int result = real.malloc_info(options, stream);
  if (!begin_call(&call)) return result;
  call.error = errno;
  if (begin_line(call.thread)) {
    put_text("malloc_info(");
    put_integer(options);
    put_text(", ");
    put_address(stream);
    put_number(result);
  }
  end_call(&call);
  return result;
}

/* The program's own moves of the break; glibc's allocator calls neither of these. */
static void answer_break(struct call *call) {
  call->error = errno;
  unsigned long now = (unsigned long)real_sbrk(0);
  if (begin_line(call->thread)) {
    put_text("brk(");
    put_hex(now);
    put_text(") = ");
    put_hex(now);
    put_text("\n");
  }
  end_call(call);
}

int brk(void *end) {
  struct call call;
  if (!begin_call(&call)) return real.brk(end);
  int result = real.brk(end);
  answer_break(&call);
  return result;
}

void *sbrk(intptr_t bytes) {
  struct call call;
  if (bytes == 0 || !begin_call(&call)) return real_sbrk(bytes);
  void *result = real_sbrk(bytes);
  answer_break(&call);
  return result;
}
