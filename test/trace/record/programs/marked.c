/* Three marked stretches of 100 stores of 2 bytes each, and others around them. */
#include "pagewalk.h"

static volatile short cells[1000];

__attribute__((noinline)) int work(int count) {
  for (int n = 0; n < count; n++) cells[n] = (short)n;
  return count;
}

int main(void) {
  int done = work(10);
  for (int n = 0; n < 3; n++) {
    PAGEWALK_START();
    done += work(100);
    PAGEWALK_STOP();
    done += work(50);
  }
  return done == 460 ? 0 : 1;
}
