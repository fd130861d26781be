/* glibc calls calloc and free when threads are created and end. These functions replace them, so that each such call
 * is logged. musl creates threads without its allocator. */

#ifdef __GLIBC__
static void *noted_calloc(size_t, size_t);
static void noted_free(void *);
void *calloc(size_t count, size_t bytes) { return noted_calloc(count, bytes); }
void free(void *address) { noted_free(address); }

/* The library's own, or those of a recorder under which the program runs. */
static void *real_calloc(size_t count, size_t bytes) {
  static void *(*next)(size_t, size_t);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "calloc");
  return next(count, bytes);
}

static void real_free(void *address) {
  static void (*next)(void *);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "free");
  next(address);
}
#else
static void *real_calloc(size_t count, size_t bytes) { return calloc(count, bytes); }
static void real_free(void *address) { free(address); }
#endif
