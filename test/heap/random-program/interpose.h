/* glibc calls calloc and free when threads come and go. They find these, and so each call of theirs has a line. musl
 * makes threads without its allocator. */

#ifdef __GLIBC__
void *__libc_calloc(size_t, size_t);
void __libc_free(void *);
static void *real_calloc(size_t count, size_t bytes) { return __libc_calloc(count, bytes); }
static void real_free(void *address) { __libc_free(address); }

static void *noted_calloc(size_t, size_t);
static void noted_free(void *);
void *calloc(size_t count, size_t bytes) { return noted_calloc(count, bytes); }
void free(void *address) { noted_free(address); }
#else
static void *real_calloc(size_t count, size_t bytes) { return calloc(count, bytes); }
static void real_free(void *address) { free(address); }
#endif
