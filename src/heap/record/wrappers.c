/*
 * Reports the calls of the C library's allocator that a program makes to the recorder of its references, between these:
 *
 *   malloc(48) = 0x40352a0 # 0x10c2f3            at the end, where the call returns to
 *
 * It is loaded before libc (LD_PRELOAD). Compiled with -DQEMU it makes a system call that Linux does not have, which the
 * plugin sees (src/trace/record/qemu/plugin/calls.h): the format and up to five numbers. Without, it prints to valgrind's
 * log by a client request, which has no effect outside valgrind. From: valgrind's manual, "The Client Request mechanism",
 * and the layout of the request on x86-64 in valgrind/valgrind.h.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef QEMU

#define ALLOCATOR_CALL 0x50475741

#define print(format, ...) print_numbers(format, (unsigned long[5]){__VA_ARGS__})

static void print_numbers(const char *format, const unsigned long *numbers) {
  int error = errno;
  syscall(ALLOCATOR_CALL, format, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
  errno = error;
}

#else

#define PRINTF_VALIST_BY_REF 0x1403

static unsigned long request(unsigned long code, const void *a, const void *b) {
  unsigned long result = 0;
#if defined(__x86_64__)
  volatile unsigned long arguments[6] = {code, (unsigned long)a, (unsigned long)b, 0, 0, 0};
  __asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
                   : "=d"(result)
                   : "a"(&arguments[0]), "0"(result)
                   : "cc", "memory");
#else
  (void)code, (void)a, (void)b;
#endif
  return result;
}

static void print(const char *format, ...) {
  int error = errno;
  va_list arguments;
  va_start(arguments, format);
  request(PRINTF_VALIST_BY_REF, format, &arguments);
  va_end(arguments);
  errno = error;
}

#endif

#define CALLER ((unsigned long)__builtin_return_address(0))

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void __libc_free(void *);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t bytes) {
  void *block = __libc_malloc(bytes);
  print("@ malloc(%lu) = 0x%lx # 0x%lx\n", bytes, (unsigned long)block, CALLER);
  return block;
}

void *calloc(size_t count, size_t bytes) {
  void *block = __libc_calloc(count, bytes);
  print("@ calloc(%lu, %lu) = 0x%lx # 0x%lx\n", count, bytes, (unsigned long)block, CALLER);
  return block;
}

void *realloc(void *old, size_t bytes) {
  uintptr_t address = (uintptr_t)old;
  void *block = __libc_realloc(old, bytes);
  print("@ realloc(0x%lx, %lu) = 0x%lx # 0x%lx\n", address, bytes, (unsigned long)block, CALLER);
  return block;
}

void *reallocarray(void *old, size_t count, size_t bytes) {
  uintptr_t address = (uintptr_t)old;
  size_t product;
  if (__builtin_mul_overflow(count, bytes, &product)) product = SIZE_MAX;
  void *block = __libc_realloc(old, product);
  print("@ reallocarray(0x%lx, %lu, %lu) = 0x%lx # 0x%lx\n", address, count, bytes, (unsigned long)block, CALLER);
  return block;
}

/* Its line comes first: after the call the block has no owner. */
void free(void *block) {
  if (block) print("@ free(0x%lx) # 0x%lx\n", (unsigned long)block, CALLER);
  __libc_free(block);
}

void *memalign(size_t alignment, size_t bytes) {
  void *block = __libc_memalign(alignment, bytes);
  print("@ memalign(%lu, %lu) = 0x%lx # 0x%lx\n", alignment, bytes, (unsigned long)block, CALLER);
  return block;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  void *block = __libc_memalign(alignment, bytes);
  print("@ aligned_alloc(%lu, %lu) = 0x%lx # 0x%lx\n", alignment, bytes, (unsigned long)block, CALLER);
  return block;
}

int posix_memalign(void **to, size_t alignment, size_t bytes) {
  if (alignment % sizeof(void *) || (alignment & (alignment - 1)) || alignment == 0) return EINVAL;
  int error = errno;
  void *block = __libc_memalign(alignment, bytes);
  errno = error;
  if (!block) return ENOMEM;
  *to = block;
  print("@ posix_memalign([0x%lx], %lu, %lu) = 0 # 0x%lx\n", (unsigned long)block, alignment, bytes, CALLER);
  return 0;
}
