/* Which thread calls, and that calls come one by one: a lock is held from the call to its line.
 *
 * A thread that ends takes the lock when its last destructors run and does not give it back: the kernel does, once the
 * thread is gone (the lock is a robust mutex). So nothing comes between a thread's last calls and the end of its cache,
 * and the thread that gets the lock next writes that this one has ended. Only a detached thread frees blocks of the
 * loader's behind the end of its cache; the line stands before these.
 *
 * Thread-local variables would make every thread's first block larger (its vector of them). What is known of a thread
 * lies in the value of a key instead:  number << 3 | rounds of destructors that have been.
 */

#define LAST_ROUND (PTHREAD_DESTRUCTOR_ITERATIONS - 1)

/* A page that a forked child finds empty: it records nothing. */
static struct shared {
  int is_recording;
  pthread_mutex_t lock;
} *shared;

static pthread_key_t key;
static unsigned thread_count;
static unsigned ending; /* the thread that has the lock to its end */
static int is_end_noted;

static int is_recording(void) { return shared && __atomic_load_n(&shared->is_recording, __ATOMIC_RELAXED); }

static void stop_recording(const char *why) {
  say("pagewalk: the recording of the heap ends here: ");
  say(why);
  say("\n");
  shared->is_recording = 0;
}

static void note_exit(void) {
  if (is_end_noted) return;
  if (begin_line(ending)) put_text("thread_exit()\n");
  is_end_noted = 1;
}

enum locked { NOT_LOCKED, LOCKED, LOCKED_TO_THE_END };

/* NOT_LOCKED: this thread has the lock already, below in its stack. */
static enum locked take_lock(void) {
  switch (pthread_mutex_lock(&shared->lock)) {
  case 0: return LOCKED;
  case EOWNERDEAD:
    pthread_mutex_consistent(&shared->lock);
    note_exit();
    ending = 0;
    return LOCKED;
  case EDEADLK: return ending ? LOCKED_TO_THE_END : NOT_LOCKED;
  default: return NOT_LOCKED;
  }
}

static void give_lock(enum locked locked) {
  if (locked == LOCKED) pthread_mutex_unlock(&shared->lock);
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
  } else if (take_lock() == LOCKED) {
    ending = (unsigned)(value >> 3);
    is_end_noted = 0;
  }
}

static void make_lock(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&shared->lock, &attributes);
  pthread_mutexattr_destroy(&attributes);
  pthread_key_create(&key, end_thread);
}
