/* Stores to `mark`, and kills itself. */
#include <signal.h>
#include <unistd.h>

volatile int mark;

int main(void)
{
    for (int k = 0; k < 30000; k++) mark = k;
    mark = getpid();
    kill(mark, SIGKILL);
}
