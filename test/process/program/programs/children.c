// Every way to create a child: posix_spawn, vfork and fork, with another program and without.
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "maps.h"

static char *const arguments[] = {"true", NULL};
static char *const environment[] = {NULL};

int main(void) {
  pid_t child;
  posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environment);
  waitpid(child, NULL, 0);
  if ((child = vfork()) == 0) {
    execve("/bin/true", arguments, environment);
    _exit(1);
  }
  waitpid(child, NULL, 0);
  if ((child = vfork()) == 0) _exit(0);
  waitpid(child, NULL, 0);
  char *volatile block = malloc(300000);
  if ((child = fork()) == 0) {
    free(malloc(1 << 20));
    free(block);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  show_maps();
  return 0;
}
