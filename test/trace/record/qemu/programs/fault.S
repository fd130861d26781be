# A fault in the middle of a block, and the handler that ends the program.
.globl _start, fault, handler
.data
action: .quad handler, 0x04000000, restorer, 0
.text
_start:
    mov $13, %eax
    mov $11, %edi
    lea action(%rip), %rsi
    xor %edx, %edx
    mov $8, %r10d
    syscall
    xor %ebx, %ebx
    nop
fault:
    mov (%rbx), %rax
    nop
    mov %rax, action(%rip)
    jmp fault
handler:
    mov $60, %eax
    xor %edi, %edi
    syscall
restorer: ret
