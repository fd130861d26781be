/*
 * Runs a script of heap calls, including misuse, and prints the answer of each.
 *
 *   misuse SCRIPT MAPS
 *
 * SCRIPT is a list of steps, each ended by ";". V and W name one of 26 pointers.
 *
 *   m V SIZE;            V = malloc(SIZE)            c V COUNT SIZE;   V = calloc(COUNT, SIZE)
 *   r V W SIZE;          V = realloc(W, SIZE)        a V ALIGN SIZE;   V = memalign(ALIGN, SIZE)
 *   f V OFFSET;          free(V + OFFSET)            u V;              malloc_usable_size(V)
 *   s V OFFSET VALUE;    *(unsigned long *)(V + OFFSET) = VALUE
 *
 * It prints a line for each step: the address, the size or 0. The regions before the first step go to MAPS. Nothing
 * else is allocated.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <unistd.h>

static unsigned long pointers[26];
static const char *at;
static char buffer[1 << 16];

static void write_number(unsigned long n) {
  char text[24];
  int i = sizeof text;
  text[--i] = '\n';
  do text[--i] = "0123456789abcdef"[n % 16]; while (n /= 16);
  if (write(1, text + i, sizeof text - i) < 0) _exit(3);
}

static void skip(void) {
  while (*at == ' ') at++;
}

static unsigned long *pointer(void) {
  skip();
  return &pointers[*at++ - 'a'];
}

static unsigned long number(void) {
  skip();
  char *end;
  unsigned long n = strtoul(at, &end, 0);
  if (*at == '-') n = (unsigned long)strtol(at, &end, 0);
  at = end;
  return n;
}

static void copy_maps(const char *path) {
  int from = open("/proc/self/maps", O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;)
    if (write(to, buffer, n) != n) _exit(3);
  close(from);
  close(to);
}

static unsigned long step(void) {
  unsigned long *v, *w, n;
  switch (*at++) {
  case 'm':
    v = pointer();
    return *v = (unsigned long)malloc(number());
  case 'c':
    v = pointer();
    n = number();
    return *v = (unsigned long)calloc(n, number());
  case 'r':
    v = pointer();
    w = pointer();
    return *v = (unsigned long)realloc((void *)*w, number());
  case 'a':
    v = pointer();
    n = number();
    return *v = (unsigned long)memalign(n, number());
  case 'f':
    v = pointer();
    free((void *)(*v + number()));
    return 0;
  case 'u':
    return malloc_usable_size((void *)*pointer());
  case 's':
    v = pointer();
    n = number();
    *(volatile unsigned long *)(*v + n) = number();
    return 0;
  }
  _exit(3);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  if (!(personality(0xffffffff) & ADDR_NO_RANDOMIZE)) {
    personality(ADDR_NO_RANDOMIZE);
    execv("/proc/self/exe", argv);
    return 3;
  }
  copy_maps(argv[2]);
  for (at = argv[1]; *at; at++) write_number(step());
  return 0;
}
