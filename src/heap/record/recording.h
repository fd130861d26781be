/* The recording of this process: whether it goes on, and its end. */

/* A page that a forked child finds empty: it records nothing. */
static struct shared {
  int is_recording;
  pthread_mutex_t turn, inside;
} *shared;

static int is_recording(void) { return shared && __atomic_load_n(&shared->is_recording, __ATOMIC_RELAXED); }

static void say(const char *text) {
  long put = syscall(SYS_write, 2, text, strlen(text));
  (void)put;
}

static void stop_recording(const char *why) {
  say("pagewalk: the recording of the heap ends here: ");
  say(why);
  say("\n");
  shared->is_recording = 0;
}
