// Libraries that are loaded and unloaded while the program runs.
#include <dlfcn.h>
#include <stddef.h>

#include "maps.h"

int main(void) {
  void *math = dlopen("libm.so.6", RTLD_NOW);
  void *resolver = dlopen("libresolv.so.2", RTLD_NOW);
  if (math != NULL) dlclose(math);
  show_maps();
  return resolver == NULL;
}
