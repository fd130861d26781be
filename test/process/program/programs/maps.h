// Writes the process's own regions to standard output, without a call that changes them.
#include <fcntl.h>
#include <unistd.h>

static char buffer[1 << 14];

static void show_maps(void) {
  int maps = open("/proc/self/maps", O_RDONLY);
  for (ssize_t n; (n = read(maps, buffer, sizeof buffer)) > 0;)
    if (write(1, buffer, n) != n) _exit(1);
  close(maps);
}
