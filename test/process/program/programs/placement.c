// The addresses of mappings of files, memfds and anonymous memory with huge pages, with and without hints.
#define _GNU_SOURCE
#include <sys/mman.h>

#include "maps.h"

#define MIB (1 << 20)

int main(int count, char **arguments) {
  int file = count == 2 ? open(arguments[1], O_RDWR | O_CREAT, 0600) : -1;
  int memory = memfd_create("memory", 0);
  if (ftruncate(file, 16 * MIB) != 0 || ftruncate(memory, 16 * MIB) != 0) return 1;
  char *whole = mmap(NULL, 5 * MIB, PROT_READ, MAP_PRIVATE, file, 0);
  char *late = mmap(NULL, 2 * MIB + 4096, PROT_READ, MAP_SHARED, file, 0x1ff000);
  mmap(NULL, 2 * MIB, PROT_READ, MAP_SHARED, file, 0x1000);
  mmap(NULL, 4 * MIB, PROT_READ, MAP_SHARED, file, 0x1000);
  mmap(NULL, 4 * MIB, PROT_READ, MAP_PRIVATE | MAP_32BIT, file, 0x3000);
  mmap(NULL, 4 * MIB, PROT_READ, MAP_PRIVATE | MAP_32BIT | MAP_ANONYMOUS, -1, 0);
  mmap(late - 64 * MIB, 4 * MIB, PROT_READ, MAP_PRIVATE, file, 0x3000);
  mmap(whole + 5 * MIB, 2 * MIB, PROT_READ, MAP_PRIVATE, file, 0);
  char *high = (char *)0x200000000000;
  mmap(high, 4 * MIB, PROT_READ, MAP_PRIVATE, file, 0x5000);
  mmap(high - 4 * MIB, 4 * MIB, PROT_READ, MAP_PRIVATE, file, 0x5000);
  mmap(high + 4 * MIB, 4 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mremap(whole, 5 * MIB, 9 * MIB, MREMAP_MAYMOVE);
  mmap(NULL, 4 * MIB, PROT_READ, MAP_PRIVATE, memory, 0);
  mmap(NULL, 4 * MIB, PROT_READ, MAP_SHARED, memory, 0x1000);
  mmap(NULL, 4 * MIB, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  show_maps();
  return 0;
}
