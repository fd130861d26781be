/* Which thread calls, and that calls come one by one. Two locks: a thread has its `turn` from the call to its line, and is
 * `inside` as long.
 *
 * A thread that ends takes its turn when its last destructors run and does not give it back: the kernel does, once the
 * thread is gone (a robust mutex). So nothing comes between a thread's last calls and the end of its cache, and the
 * thread whose turn is next writes that this one has ended.
 *
 * One thing has to come between. A detached thread gives its stack back behind the end of its cache, and may have to
 * wait for another thread that frees stacks just now, which waits for its turn. What frees stacks is the loader; its calls
 * go inside without a turn when they see that the thread that ends has fallen asleep, and write that it has ended.
 *
 * Thread-local variables would make every thread's first block larger (its vector of them). What is known of a thread
 * lies in the value of a key instead:  number << 3 | rounds of destructors that have been.
 */

#define LAST_ROUND (PTHREAD_DESTRUCTOR_ITERATIONS - 1)
#define PATIENCE_NS 2000000l

static pthread_key_t key;
static unsigned thread_count;

/* The thread that has its turn to its end; its number, the kernel's number of it, and whether its line is written. */
static struct {
  unsigned thread;
  long tid;
  int is_noted;
} ending;

static void note_exit(void) {
  if (ending.is_noted) return;
  if (begin_line(ending.thread)) put_text("thread_exit()\n");
  ending.is_noted = 1;
}

/* True if the thread is asleep: `4711 (name) S …` */
static int is_asleep(long tid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/self/task/%ld/stat", tid);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  long got = syscall(SYS_read, fd, text, sizeof text - 1);
  if (fd >= 0) syscall(SYS_close, fd);
  if (got <= 0) return 0;
  text[got] = 0;
  const char *end = strrchr(text, ')');
  return end && end[1] == ' ' && end[2] == 'S';
}

/* NOT_INSIDE: this thread is inside already, below in its stack. */
enum place { NOT_INSIDE, INSIDE_IN_TURN, INSIDE_TO_THE_END, INSIDE_BETWEEN };

/* The loader's free, perhaps of a stack that the thread that ends waits for. */
static int wait_for_turn_or_sleep(void) {
  for (;;) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PATIENCE_NS;
    if (until.tv_nsec >= 1000000000l) until.tv_sec++, until.tv_nsec -= 1000000000l;
    int error = pthread_mutex_timedlock(&shared->turn, &until);
    if (error != ETIMEDOUT) return error;
    long tid = __atomic_load_n(&ending.tid, __ATOMIC_ACQUIRE);
    if (tid && is_asleep(tid)) return ETIMEDOUT;
  }
}

static enum place go_inside(int is_loader) {
  int error = is_loader ? wait_for_turn_or_sleep() : pthread_mutex_lock(&shared->turn);
  if (error == EDEADLK && !ending.tid) return NOT_INSIDE;
  pthread_mutex_lock(&shared->inside);
  if (error == EDEADLK) return INSIDE_TO_THE_END;
  if (error == ETIMEDOUT) {
    if (ending.tid) note_exit();
    return INSIDE_BETWEEN;
  }
  if (error == EOWNERDEAD) {
    pthread_mutex_consistent(&shared->turn);
    note_exit();
    __atomic_store_n(&ending.tid, 0, __ATOMIC_RELEASE);
  }
  return INSIDE_IN_TURN;
}

static void go_outside(enum place place) {
  pthread_mutex_unlock(&shared->inside);
  if (place == INSIDE_IN_TURN) pthread_mutex_unlock(&shared->turn);
}

/* The calling thread's number, from 1 in order of first calls; whether this is its first. */
static unsigned number_of_thread(int *is_first) {
  uintptr_t value = (uintptr_t)pthread_getspecific(key);
  *is_first = value == 0;
  if (value == 0) pthread_setspecific(key, (void *)(value = (uintptr_t)++thread_count << 3));
  return (unsigned)(value >> 3);
}

static void end_thread(void *given) {
  uintptr_t value = (uintptr_t)given;
  if (!is_recording()) return;
  if ((value & 7) < LAST_ROUND) {
    pthread_setspecific(key, (void *)(value + 1));
  } else if (go_inside(0) == INSIDE_IN_TURN) {
    ending.thread = (unsigned)(value >> 3);
    ending.is_noted = 0;
    __atomic_store_n(&ending.tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
    go_outside(INSIDE_TO_THE_END);
  }
}

static void make_locks(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&shared->turn, &attributes);
  pthread_mutexattr_destroy(&attributes);
  pthread_mutex_init(&shared->inside, NULL);
  pthread_key_create(&key, end_thread);
}
