/* Increments `mark` until an alarm kills it after 20 seconds: its references repeat. Without libc. */
volatile int mark;

void _start(void)
{
    __asm__ volatile("syscall" : : "a"(37), "D"(20) : "rcx", "r11", "memory");
    for (;;) mark++;
}
