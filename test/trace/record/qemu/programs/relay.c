/* As many threads as the argument says, each of which starts the next and then ends. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

volatile long left;
static int ends[2];

static void *run(void *unused)
{
    pthread_t next;
    char end = 0;
    if (--left == 0) return write(ends[1], &end, 1) == 1 ? unused : 0;
    if (pthread_create(&next, 0, run, 0) != 0) exit(1);
    pthread_detach(next);
    return unused;
}

int main(int count, char **arguments)
{
    pthread_t first;
    char end;
    left = count > 1 ? atol(arguments[1]) : 1;
    if (pipe(ends) != 0 || pthread_create(&first, 0, run, 0) != 0) return 1;
    return read(ends[0], &end, 1) != 1;
}
