// Text, data and a megabyte of bss; a block from the heap and one of its own. Linked in several ways.
#include <stdlib.h>

#include "maps.h"

static char zeroes[1 << 20];
static char numbers[10000] = {1};

int main(void) {
  char *volatile small = malloc(1000);
  char *volatile large = malloc(1 << 20);
  small[0] = zeroes[5] + numbers[7];
  large[0] = 1;
  show_maps();
  return 0;
}
