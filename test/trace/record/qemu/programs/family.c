/* Forks argv[1] children, each of which stores to `mark` as often as its number says. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int mark;

int main(int argc, char **argv)
{
    int children = argc > 1 ? atoi(argv[1]) : 3;
    for (int i = 1; i <= children; i++) {
        if (fork() != 0) continue;
        for (int k = 0; k < i; k++) mark = k;
        _exit(0);
    }
    while (wait(0) > 0)
        ;
    return 0;
}
