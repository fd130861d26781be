# One access of each kind. The test has the answers, instruction by instruction.
.globl _start, source, target
.data
.balign 64
source: .skip 4096
.bss
.balign 64
target: .skip 4096
.text
_start:
    lea source(%rip), %rsi
    lea target(%rip), %rdi
    mov (%rsi), %al
    mov %ax, 2(%rdi)
    addl $1, 4(%rsi)
    movups (%rsi), %xmm0
    vmovups 32(%rsi), %ymm1
    vmovups %ymm1, 64(%rdi)
    movdqu %xmm0, 3(%rdi)
    fldt (%rsi)
    fstpt 16(%rdi)
    mov $4, %ecx
    rep movsb
    mov $2, %ecx
    rep stosq
    xor %ecx, %ecx
    rep stosb
    lea source(%rip), %rsi
    mov $1, %eax
    lock xadd %rax, (%rsi)
    lock cmpxchg %ebx, 8(%rsi)
    xchg %eax, 16(%rsi)
    lock cmpxchg16b 32(%rsi)
    mov $7, %eax
    xor %edx, %edx
    lea 1024(%rsi), %rsp
    call function
    push (%rsi)
    pop 8(%rsi)
    lea target(%rip), %rdi
    xsave (%rdi)
    mov $60, %eax
    xor %edi, %edi
    syscall
function: ret
