/* Work without libc: calls, loops, string instructions, divisions. */
static unsigned char bytes[5000];

static unsigned mix(unsigned value)
{
    return value % 7 == 0 ? value / 7 : value * 2654435761u;
}

void _start(void)
{
    unsigned sum = 1;
    for (int i = 0; i < 20000; i++) {
        sum = mix(sum + i);
        bytes[sum % sizeof bytes] += i;
    }
    unsigned char *to = bytes, *from = bytes + 2500;
    unsigned long count = 1000;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    __asm__ volatile("syscall" : : "a"(60), "D"(0));
    __builtin_unreachable();
}
