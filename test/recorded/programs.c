/* Static programs that differ in what they touch: PROGRAM is the number of one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned seed = 1;

static unsigned next(void)
{
    seed = seed * 1103515245u + 12345u;
    return seed >> 8;
}

#if PROGRAM == 1 /* sorts */
static int compare(const void *a, const void *b)
{
    return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

static long work(void)
{
    static int numbers[4000];
    for (int i = 0; i < 4000; i++) numbers[i] = (int)next();
    qsort(numbers, 4000, sizeof *numbers, compare);
    return numbers[2000];
}
#elif PROGRAM == 2 /* walks a matrix by columns */
static long work(void)
{
    static int matrix[300][1024];
    long sum = 0;
    for (int column = 0; column < 100; column++)
        for (int row = 0; row < 300; row++) sum += matrix[row][column] += row ^ column;
    return sum;
}
#elif PROGRAM == 3 /* allocates and frees */
static long work(void)
{
    static char *blocks[1000];
    for (int i = 0; i < 3000; i++) {
        char **block = &blocks[next() % 1000];
        free(*block);
        *block = malloc(1 + next() % 2000);
        if (*block != 0) **block = 1;
    }
    return blocks[0] != 0;
}
#elif PROGRAM == 4 /* copies and compares strings */
static long work(void)
{
    static char text[150000], copy[150000];
    memset(text, 'a', sizeof text - 1);
    for (int i = 0; i < 10; i++) memmove(copy, text + next() % 100, sizeof text / 2);
    return (long)(strlen(text) + strlen(copy)) + memcmp(text, copy, 50000);
}
#else /* formats numbers */
static long work(void)
{
    char line[100];
    long sum = 0;
    for (int i = 0; i < 300; i++) sum += snprintf(line, sizeof line, "%d %g %s\n", i, i / 7.0, "word");
    return sum;
}
#endif

int main(void)
{
    printf("%ld\n", work());
    return 0;
}
