/*
 * Tells valgrind's log of the calls of the C library's allocator that a program makes, between its references:
 *
 *   **4711** @ malloc(48) = 0x40352a0 # 0x10c2f3            at the end, where the call returns to
 *
 * It is loaded before libc (LD_PRELOAD) and prints by a client request, which has no effect outside valgrind. From:
 * valgrind's manual, "The Client Request mechanism", and the layout of the request on x86-64 in valgrind/valgrind.h.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#define RUNNING_ON_VALGRIND 0x1001
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

#define CALLER ((unsigned long)__builtin_return_address(0))

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void __libc_free(void *);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t bytes) {
  void *block = __libc_malloc(bytes);
  print("@ malloc(%lu) = %p # 0x%lx\n", bytes, block, CALLER);
  return block;
}

void *calloc(size_t count, size_t bytes) {
  void *block = __libc_calloc(count, bytes);
  print("@ calloc(%lu, %lu) = %p # 0x%lx\n", count, bytes, block, CALLER);
  return block;
}

void *realloc(void *old, size_t bytes) {
  uintptr_t address = (uintptr_t)old;
  void *block = __libc_realloc(old, bytes);
  print("@ realloc(0x%lx, %lu) = %p # 0x%lx\n", address, bytes, block, CALLER);
  return block;
}

void *reallocarray(void *old, size_t count, size_t bytes) {
  uintptr_t address = (uintptr_t)old;
  size_t product;
  if (__builtin_mul_overflow(count, bytes, &product)) product = SIZE_MAX;
  void *block = __libc_realloc(old, product);
  print("@ reallocarray(0x%lx, %lu, %lu) = %p # 0x%lx\n", address, count, bytes, block, CALLER);
  return block;
}

/* Its line comes first: after the call the block has no owner. */
void free(void *block) {
  if (block) print("@ free(%p) # 0x%lx\n", block, CALLER);
  __libc_free(block);
}

void *memalign(size_t alignment, size_t bytes) {
  void *block = __libc_memalign(alignment, bytes);
  print("@ memalign(%lu, %lu) = %p # 0x%lx\n", alignment, bytes, block, CALLER);
  return block;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  void *block = __libc_memalign(alignment, bytes);
  print("@ aligned_alloc(%lu, %lu) = %p # 0x%lx\n", alignment, bytes, block, CALLER);
  return block;
}

int posix_memalign(void **to, size_t alignment, size_t bytes) {
  if (alignment % sizeof(void *) || (alignment & (alignment - 1)) || alignment == 0) return EINVAL;
  int error = errno;
  void *block = __libc_memalign(alignment, bytes);
  errno = error;
  if (!block) return ENOMEM;
  *to = block;
  print("@ posix_memalign([%p], %lu, %lu) = 0 # 0x%lx\n", block, alignment, bytes, CALLER);
  return 0;
}
