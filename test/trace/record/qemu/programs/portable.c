/* Sorts and sums without libc; for any processor, which its compiler's macros name. */
static unsigned numbers[300];
static unsigned char bytes[300];

static void leave(void)
{
#if defined __aarch64__
    register long number __asm__("x8") = 93, status __asm__("x0") = 0;
    __asm__ volatile("svc #0" : : "r"(number), "r"(status));
#elif defined __riscv
    register long number __asm__("a7") = 93, status __asm__("a0") = 0;
    __asm__ volatile("ecall" : : "r"(number), "r"(status));
#endif
    __builtin_unreachable();
}

static unsigned __attribute__((noinline)) depth(unsigned value)
{
    return value < 2 ? value : 1 + depth(value / 2);
}

void _start(void)
{
    unsigned seed = 1;
    for (int i = 0; i < 300; i++) {
        seed = seed * 1103515245u + 12345u;
        numbers[i] = seed >> 8;
    }
    for (int i = 1; i < 300; i++) {
        unsigned moved = numbers[i];
        int k = i;
        for (; k > 0 && numbers[k - 1] > moved; k--) numbers[k] = numbers[k - 1];
        numbers[k] = moved;
        bytes[i] = (unsigned char)(depth(moved) + bytes[i - 1]);
    }
    leave();
}
