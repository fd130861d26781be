/* The usable sizes of blocks of 0 to MOST bytes: a line for each run of sizes with the same result. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
  size_t most = count > 1 ? strtoul(arguments[1], NULL, 10) : 0, before = 0;
  for (size_t bytes = 0; bytes <= most; bytes++) {
    void *block = malloc(bytes);
    size_t usable = malloc_usable_size(block);
    if (bytes > 0 && usable != before) printf("%zu %zu\n", bytes - 1, before);
    before = usable;
    free(block);
  }
  printf("%zu %zu\n", most, before);
}
