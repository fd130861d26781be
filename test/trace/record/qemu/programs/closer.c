/* Closes all descriptors, and stores to `mark` a thousand times. */
#include <unistd.h>

volatile int mark;

int main(void)
{
    for (int i = 0; i < 1024; i++) close(i);
    for (int k = 0; k < 1000; k++) mark = k;
    return 0;
}
