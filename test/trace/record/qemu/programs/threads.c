/* Eight threads increment a counter under a lock. */
#include <pthread.h>

#define THREADS 8
#define TURNS 500

volatile long counter;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *work(void *unused)
{
    for (int i = 0; i < TURNS; i++) {
        pthread_mutex_lock(&lock);
        long value = counter;
        for (volatile int k = 0; k < 20; k++)
            ;
        counter = value + 1;
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(threads + i, 0, work, 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
    return counter != THREADS * TURNS;
}
