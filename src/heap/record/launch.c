/*
 * Starts a program with the shim before its libraries and without randomised addresses. It becomes the program.
 *
 *   launch SHIM COMMAND ARG…
 *
 * Ends with 127 where there is no such program, 126 where it cannot be run, as a shell does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count < 3) return 2;
  const char *others = getenv("LD_PRELOAD");
  char *preloads;
  if (asprintf(&preloads, others && *others ? "%s:%s" : "%s", arguments[1], others) < 0 || setenv("LD_PRELOAD", preloads, 1) != 0) return 126;
  int now = personality(0xffffffff);
  if (personality((unsigned)now | ADDR_NO_RANDOMIZE) < 0) fprintf(stderr, "pagewalk: addresses stay randomised: %s\n", strerror(errno));
  execvp(arguments[2], arguments + 2);
  return errno == ENOENT ? 127 : 126;
}
