/* A loop whose second test never runs, since the first is always false: what a compiler makes of `if (a && b) hit++`. */
int hit;

void _start(void) {
  __asm__ volatile("mov $1000, %%ecx\n"
                   "1: test %%ebx, %%ebx\n"
                   "je 2f\n"
                   ".globl never\n"
                   "never: test %%esi, %%esi\n"
                   "je 2f\n"
                   "incl hit(%%rip)\n"
                   "2: dec %%ecx\n"
                   "jnz 1b\n"
                   "mov $60, %%eax\n"
                   "xor %%edi, %%edi\n"
                   "syscall\n"
                   :
                   : "b"(0), "S"(1)
                   : "ecx", "eax", "edi");
}
