/*
 * A program with eight concurrent threads, for recordings of its allocations.
 *
 *   threads [ROUNDS]
 *
 * In each round eight threads build trees of words, pass blocks to each other to be freed, copy pieces of the program's
 * own file that they map, and grow buffers. Some are joined, some are detached and end at any time. It prints a sum
 * that does not depend on the order of the threads.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORKERS 8
#define WORDS 900
#define MOST_HANDED 256

struct tree {
  struct tree *less, *more;
  unsigned count;
  char word[];
};

/* Blocks that threads leave for each other to free. */
static struct {
  pthread_mutex_t lock;
  void *blocks[MOST_HANDED];
  unsigned count;
} handed = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Running threads, including detached ones, and their results. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t is_done;
  unsigned at_work;
  unsigned long sum;
} work = {.lock = PTHREAD_MUTEX_INITIALIZER, .is_done = PTHREAD_COND_INITIALIZER};

static uint64_t draw(uint64_t *state) { /* xorshift64*, Vigna 2016 */
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 2685821657736338717ull >> 33;
}

/* Leaves a block for the next thread, and frees one that was left. */
static void hand_on(void *block) {
  void *other = NULL;
  pthread_mutex_lock(&handed.lock);
  if (handed.count == MOST_HANDED) other = handed.blocks[--handed.count / 2], handed.blocks[handed.count / 2] = handed.blocks[handed.count];
  handed.blocks[handed.count++] = block;
  pthread_mutex_unlock(&handed.lock);
  free(other);
}

static void free_handed(void) {
  while (handed.count > 0) free(handed.blocks[--handed.count]);
}

static void add_word(struct tree **at, const char *word) {
  while (*at) {
    int order = strcmp(word, (*at)->word);
    if (order == 0) {
      (*at)->count++;
      return;
    }
    at = order < 0 ? &(*at)->less : &(*at)->more;
  }
  *at = calloc(1, sizeof **at + strlen(word) + 1);
  strcpy((*at)->word, word);
  (*at)->count = 1;
}

static unsigned long drop_tree(struct tree *tree) {
  if (!tree) return 0;
  unsigned long sum = drop_tree(tree->less) + drop_tree(tree->more) + tree->count * strlen(tree->word);
  if (tree->count & 1) hand_on(tree);
  else free(tree);
  return sum;
}

static unsigned long count_words(uint64_t *state) {
  struct tree *tree = NULL;
  for (int n = 0; n < WORDS; n++) {
    char *word;
    if (asprintf(&word, "%0*lu", (int)(1 + draw(state) % 60), (unsigned long)(draw(state) % 400)) < 0) abort();
    add_word(&tree, word);
    free(word);
  }
  return drop_tree(tree);
}

/* A buffer that grows beyond the threshold of mapped blocks. */
static unsigned long grow_buffer(uint64_t *state) {
  char *buffer = NULL;
  size_t bytes = 0;
  for (int n = 0; n < 24; n++) {
    size_t more = draw(state) % 20000;
    buffer = realloc(buffer, bytes + more + 1);
    memset(buffer + bytes, n, more + 1);
    bytes += more;
  }
  unsigned long last = (unsigned char)buffer[bytes];
  free(buffer);
  return last;
}

static unsigned long copy_file(uint64_t *state) {
  int fd = open("/proc/self/exe", O_RDONLY);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) abort();
  size_t bytes = (size_t)status.st_size;
  unsigned char *file = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  if (file == MAP_FAILED) abort();
  void *piece = NULL;
  if (posix_memalign(&piece, 64, draw(state) % bytes + 64) != 0) abort();
  memcpy(piece, file, 64);
  munmap(file, bytes);
  unsigned long first = *(unsigned char *)piece;
  hand_on(piece);
  return first;
}

static void *run(void *seed) {
  uint64_t state = (uintptr_t)seed * 0x9e3779b97f4a7c15ull + 1;
  unsigned long sum = count_words(&state) + grow_buffer(&state) + copy_file(&state) + count_words(&state);
  pthread_mutex_lock(&work.lock);
  work.sum += sum;
  work.at_work--;
  pthread_cond_signal(&work.is_done);
  pthread_mutex_unlock(&work.lock);
  return NULL;
}

static void run_round(unsigned round) {
  pthread_t threads[WORKERS];
  work.at_work = WORKERS;
  for (unsigned n = 0; n < WORKERS; n++)
    if (pthread_create(&threads[n], NULL, run, (void *)(uintptr_t)(round * WORKERS + n + 1))) abort();
  for (unsigned n = 0; n < WORKERS; n++) {
    if (n % 3 == 2) pthread_detach(threads[n]);
    else pthread_join(threads[n], NULL);
  }
  pthread_mutex_lock(&work.lock);
  while (work.at_work > 0) pthread_cond_wait(&work.is_done, &work.lock);
  pthread_mutex_unlock(&work.lock);
}

int main(int count, char **arguments) {
  unsigned rounds = count > 1 ? (unsigned)atoi(arguments[1]) : 3;
  for (unsigned round = 0; round < rounds; round++) run_round(round);
  free_handed();
  printf("%lu\n", work.sum);
}
