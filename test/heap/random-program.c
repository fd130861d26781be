/*
 * Makes random calls of the C library's allocator and records the answers.
 *
 *   random-program SEED CALLS LOG [--mix small|medium|large|all|few] [--threads N] [--mapped] [--mallopt] [--untouched] [--info] [--portable]
 *
 * LOG gets a line for each call, in order, LOG.maps the process's regions before the first one.
 *
 *   --mix       sizes of blocks: `large` is about mapped blocks, `all`, the default, alternates these three;
 *               `few` has few blocks of few sizes
 *   --threads   number of threads at one time, at most 64; they are created, take turns, and end
 *   --mapped    the program maps and unmaps memory for itself between the calls, and moves the break
 *   --mallopt   settings change, at the beginning and during the run
 *   --untouched the program does not store to its blocks
 *   --info      it requests the heap's figures during the run; glibc's texts are written to LOG.info
 *   --portable  calls that only the C library has are left out: another allocator is preloaded
 *
 * Addresses are not randomised (personality, then itself again). It allocates nothing that is not in the log, and is
 * built by gcc for glibc and by musl-gcc for musl, which lacks some calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "random-program/log.h"

#include "random-program/donated.h"

#include "random-program/choose.h"

#include "random-program/interpose.h"

#include "random-program/calls.h"

#include "random-program/threads.h"

static int has_mappings, has_settings, has_info, is_portable;

static void make_rare_call(void) {
#ifdef __GLIBC__
  if (!is_portable && one_in(3)) return call_trim();
  if (!is_portable && one_in(2)) return call_pvalloc();
#endif
  call_valloc();
}

static void allocate(void) {
  switch (below(16)) {
  case 0:
  case 1: return call_calloc();
  case 2:
  case 3: return call_realloc();
  case 4: return call_reallocarray();
  case 5: return one_in(2) ? call_memalign() : call_aligned_alloc();
  case 6: return one_in(2) ? call_posix_memalign() : call_usable_size();
  default: return call_malloc();
  }
}

static void make_call(void) {
  if (one_in(300)) choose_wanted();
  if (has_mappings && one_in(40)) return call_mapping();
#ifdef __GLIBC__
  if (has_settings && one_in(400)) return call_mallopt();
  if (has_info && one_in(20)) return tell_figures();
#endif
  if (one_in(500)) return make_rare_call();
  if (is_full() || below(10) < (block_count < wanted ? 3 : 7)) return one_in(8) && !is_full() ? call_realloc() : call_free();
  allocate();
}

static void read_mode(const char *name, const char *value) {
  static const char *const mixes[] = {"small", "medium", "large", "all", "few"};
  if (strcmp(name, "--mapped") == 0) has_mappings = 1;
  else if (strcmp(name, "--mallopt") == 0) has_settings = 1;
  else if (strcmp(name, "--untouched") == 0) is_untouched = 1;
  else if (strcmp(name, "--info") == 0) has_info = 1;
  else if (strcmp(name, "--portable") == 0) is_portable = 1;
  else if (strcmp(name, "--threads") == 0 && value) most_living = (unsigned)atoi(value);
  else if (strcmp(name, "--mix") == 0 && value)
    for (int n = SMALL; n <= FEW; n++) mix = strcmp(value, mixes[n]) == 0 ? (enum mix)n : mix;
}

static void stay_unrandomised(char **arguments) {
  int now = personality(0xffffffff);
  if (now & ADDR_NO_RANDOMIZE) return;
  if (personality((unsigned)now | ADDR_NO_RANDOMIZE) < 0) _exit(10);
  execv("/proc/self/exe", arguments);
  _exit(10);
}

int main(int count, char **arguments) {
  if (count < 4) {
    static const char usage[] = "random-program SEED CALLS LOG [--mix small|medium|large|all|few] [--threads N] [--mapped] [--mallopt] [--untouched] [--info] [--portable]\n";
    save(2, usage, sizeof usage - 1);
    return 2;
  }
  stay_unrandomised(arguments);
  state = strtoull(arguments[1], NULL, 10) * 0x9e3779b97f4a7c15ull + 1;
  calls_left = atol(arguments[2]);
  for (int n = 4; n < count; n++) read_mode(arguments[n], arguments[n + 1]);
  if (most_living < 1 || most_living > MOST_THREADS) return 2;
  log_file = create(arguments[3]);
  note_header();
  note_donated();
  if (has_info) dup2(create_beside(arguments[3], ".info"), 2);
  flush_log();
  copy_maps(create_beside(arguments[3], ".maps"));
  choose_wanted();
#ifdef __GLIBC__
  if (has_settings)
    for (uint64_t n = below(4); n > 0; n--) call_mallopt();
#endif
  live_first();
  flush_log();
  _exit(0);
}
