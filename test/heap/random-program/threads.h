/* Threads that take turns: one runs, the others wait until it passes the turn. So calls are made one at a time, in the
 * order of the log, which is the same for the same seed. The program provides the stacks, so that no thread maps one.
 *
 * A thread that ends first passes its turn. The next thread joins it before anything else, so that the C library's work
 * at the end of a thread is not interleaved with other calls: the thread's last frees, then its cache is emptied
 * (`thread_exit()` in the log), then the joiner frees the memory that pthread_create allocated.
 */

#define MOST_THREADS 64
#define STACK_BYTES (256u << 10)
/* linux/futex.h, which musl-gcc does not find. */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

static struct thread {
  pthread_t handle;
  unsigned number;
  int is_living, may_go;
} threads[MOST_THREADS];
static char stacks[MOST_THREADS][STACK_BYTES] __attribute__((aligned(4096)));

static unsigned most_living = 1, living = 1, thread_count = 1;
static struct thread *leaving; /* has passed its turn, and ends */
static pthread_t joiner;       /* waits for it, and had this number */
static unsigned joiner_number;
static long calls_left;

static void make_call(void);
static void *live(void *);

static void wait_turn(struct thread *me) {
  while (!__atomic_load_n(&me->may_go, __ATOMIC_ACQUIRE)) syscall(SYS_futex, &me->may_go, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
  me->may_go = 0;
  if (leaving == NULL) current = me->number;
}

static void pass_turn(struct thread *to) {
  __atomic_store_n(&to->may_go, 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, &to->may_go, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static struct thread *some_living(const struct thread *other_than) {
  for (;;) {
    struct thread *one = &threads[below(most_living)];
    if (one->is_living && one != other_than) return one;
  }
}

static void start_thread(void) {
  struct thread *one = threads;
  while (one->is_living) one++;
  *one = (struct thread){.number = ++thread_count, .is_living = 1};
  living++;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stacks[one - threads], STACK_BYTES);
  if (pthread_create(&one->handle, &attributes, live, one)) _exit(6);
  pthread_attr_destroy(&attributes);
}

static void note_exit(void) {
  note_thread();
  note("thread_exit()\n");
  current = joiner_number;
  leaving = NULL;
}

/* True if this is the joiner's first free. */
static int is_behind_exit(void) { return leaving && joiner_number && pthread_equal(pthread_self(), joiner); }

static void see_off(struct thread *one, const struct thread *me) {
  joiner = pthread_self();
  joiner_number = me->number;
  pthread_join(one->handle, NULL);
  if (leaving) note_exit();
  joiner_number = 0;
  one->is_living = 0;
  living--;
}

/* Makes some calls, then may create threads. */
static void take_turn(const struct thread *me) {
  if (leaving) see_off(leaving, me);
  for (uint64_t n = 1 + below(one_in(4) ? 60 : 6); n > 0 && calls_left > 0; n--, calls_left--) make_call();
  if (living < most_living && one_in(living < most_living / 2 + 1 ? 4 : 40)) start_thread();
}

static void *live(void *argument) {
  struct thread *me = argument;
  for (;;) {
    wait_turn(me);
    take_turn(me);
    if (one_in(50)) break;
    pass_turn(calls_left > 0 ? some_living(NULL) : &threads[0]);
  }
  leaving = me;
  pass_turn(calls_left > 0 ? some_living(me) : &threads[0]);
  return NULL;
}

static void live_first(void) {
  threads[0] = (struct thread){.number = 1, .is_living = 1, .may_go = 1};
  while (calls_left > 0) {
    wait_turn(&threads[0]);
    take_turn(&threads[0]);
    if (calls_left > 0) pass_turn(some_living(NULL));
  }
}
