/*
 * A process executes another program: the plugin makes the call itself, of QEMU with the same plugin and that program, so
 * that the recording goes on in the same ring. It finds the program as the kernel does, through `#!`. What QEMU cannot
 * run as this target, such as a program of another processor or one with set-user-ID, it leaves to the call as it is: the
 * program then runs unrecorded.
 */
#ifndef PAGEWALK_EXEC_H
#define PAGEWALK_EXEC_H

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ring.h"
#include "threads.h"

#define MOST_HEAD 256
#define MOST_INTERPRETERS 5

/* The command line of this QEMU up to the program: what the next one is started with. */
static char **own_options;
static size_t own_count;
static char *own_file; /* the plugin, in its option */

struct target {
    const char *name;
    uint16_t machine;
    int bits;
    int64_t execve, execveat, sigaction, wait4, waitid;
};

static const struct target TARGETS[] = {
    {"x86_64", EM_X86_64, 64, 59, 322, 13, 61, 247},      {"i386", EM_386, 32, 11, 358, 174, 114, 284},
    {"aarch64", EM_AARCH64, 64, 221, 281, 134, 260, 95},  {"arm", EM_ARM, 32, 11, 387, 174, 114, 280},
    {"riscv64", EM_RISCV, 64, 221, 281, 134, 260, 95},    {"riscv32", EM_RISCV, 32, 221, 281, 134, 260, 95},
};

static const struct target *target;

static const struct target *target_of(const char *name)
{
    for (size_t i = 0; i < sizeof TARGETS / sizeof *TARGETS; i++) {
        if (strcmp(TARGETS[i].name, name) == 0) return &TARGETS[i];
    }
    return 0;
}

/* Where the program's address 0 lies in this process; known after the first translation. */
static uint64_t guest_base;

static void find_guest(const struct qemu_plugin_insn *instruction)
{
    guest_base = (uint64_t)(uintptr_t)qemu_plugin_insn_haddr(instruction) - qemu_plugin_insn_vaddr(instruction);
}

static const char *guest(uint64_t address)
{
    return (const char *)(uintptr_t)(guest_base + address);
}

static uint64_t guest_pointer(uint64_t address)
{
    uint64_t value = 0;
    memcpy(&value, guest(address), target->bits / 8);
    return value;
}

/* A null-terminated array of strings; null when memory is out. */
static char **guest_strings(uint64_t address, size_t before, size_t *count)
{
    size_t width = (size_t)target->bits / 8, length = 0;
    while (address != 0 && guest_pointer(address + length * width) != 0) length++;
    char **strings = calloc(before + length + 1, sizeof *strings);
    for (size_t i = 0; strings != 0 && i < length; i++) strings[before + i] = (char *)guest(guest_pointer(address + i * width));
    *count = length;
    return strings;
}

/* Returns 1 for a program of this target, 2 for a script, whose first line is in `head`, 0 for any other file. */
static int kind_of_file(const char *path, char *head)
{
    struct stat status;
    Elf64_Ehdr elf;
    if (access(path, X_OK) != 0 || stat(path, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
    if ((status.st_mode & (S_ISUID | S_ISGID)) != 0 && geteuid() != 0) return 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t bytes = read(file, head, MOST_HEAD - 1);
    close(file);
    if (bytes < 2) return 0;
    head[bytes] = 0;
    if (head[0] == '#' && head[1] == '!') return 2;
    memcpy(&elf, head, sizeof elf);
    int is_elf = bytes >= (ssize_t)sizeof(Elf32_Ehdr) && memcmp(elf.e_ident, ELFMAG, SELFMAG) == 0;
    return is_elf && elf.e_machine == target->machine && elf.e_ident[EI_CLASS] == (target->bits == 64 ? ELFCLASS64 : ELFCLASS32);
}

/* Parts the line after `#!`: the interpreter and its one argument, null if there is none. */
static void split_line(char *head, char **interpreter, char **argument)
{
    char *end = head + 2 + strcspn(head + 2, "\n");
    while (end > head + 2 && (end[-1] == ' ' || end[-1] == '\t')) end--;
    *end = 0;
    *interpreter = head + 2 + strspn(head + 2, " \t");
    char *blank = *interpreter + strcspn(*interpreter, " \t");
    *argument = *blank == 0 ? 0 : blank + 1 + strspn(blank + 1, " \t");
    *blank = 0;
}

/* A command for QEMU: the program's path, and the arguments that come before those of the call. */
struct program {
    char heads[MOST_INTERPRETERS][MOST_HEAD];
    const char *path;
    const char *before[2 * MOST_INTERPRETERS + 1];
    size_t count;
};

static int find_program(struct program *program, const char *path, const char *name)
{
    program->path = path;
    program->count = 1;
    program->before[0] = name;
    for (int depth = 0; depth < MOST_INTERPRETERS; depth++) {
        char *interpreter, *argument;
        int kind = kind_of_file(program->path, program->heads[depth]);
        if (kind != 2) return kind;
        split_line(program->heads[depth], &interpreter, &argument);
        size_t more = argument == 0 ? 1 : 2; /* the interpreter, its argument, the script in the place of its name */
        memmove(program->before + more, program->before, program->count * sizeof *program->before);
        program->before[more] = program->path;
        if (argument != 0) program->before[1] = argument;
        program->before[0] = program->path = interpreter;
        program->count += more;
    }
    return 0;
}

/* QEMU would load these itself: they are given to the program by its option -E. */
static int is_loaders(const char *variable)
{
    return strncmp(variable, "LD_PRELOAD=", 11) == 0 || strncmp(variable, "LD_LIBRARY_PATH=", 16) == 0;
}

static void reverse(char **strings, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        char *other = strings[count - 1 - i];
        strings[count - 1 - i] = strings[i];
        strings[i] = other;
    }
}

/* Does not return if the program can be recorded. */
static void follow_exec(struct thread *thread, uint64_t path, uint64_t arguments, uint64_t environment)
{
    struct program program;
    size_t count, variables;
    char option[8192];
    char **strings = guest_strings(arguments, 0, &count);
    char **outer = guest_strings(environment, 0, &variables);
    const char *name = guest(path);
    if (strings == 0 || outer == 0 || !find_program(&program, name, count > 0 ? strings[0] : name)) goto unrecorded;
    char **command = calloc(own_count + 2 * variables + program.count + count + 8, sizeof *command);
    if (command == 0) goto unrecorded;
    size_t used = 0, kept = 0;
    snprintf(option, sizeof option, "%s,ring=%u", own_file, number_of(thread->ring));
    for (size_t i = 0; i < own_count; i++) command[used++] = own_options[i] == own_file ? option : own_options[i];
    for (size_t i = 0; i < variables; i++) {
        if (is_loaders(outer[i])) command[used++] = (char *)"-E", command[used++] = outer[i];
        else outer[kept++] = outer[i];
    }
    outer[kept] = 0;
    reverse(outer, kept); /* QEMU gives the program its environment in the opposite order */
    command[used++] = (char *)"-0";
    command[used++] = (char *)program.before[0];
    command[used++] = (char *)program.path;
    for (size_t i = 1; i < program.count; i++) command[used++] = (char *)program.before[i];
    for (size_t i = 1; i < count; i++) command[used++] = strings[i];
    uint32_t led = thread->ring->leads;
    __atomic_store_n(&thread->ring->leads, 1, __ATOMIC_SEQ_CST);
    execve("/proc/self/exe", command, outer);
    __atomic_store_n(&thread->ring->leads, led, __ATOMIC_SEQ_CST);
    free(command);
unrecorded:
    free(strings);
    free(outer);
}

/* True if no process has announced a program of that path before. Of very many programs some are not announced. */
static int is_news(const char *path)
{
    uint64_t hash = 14695981039346656037ull; /* FNV-1a */
    for (const char *at = path; *at != 0; at++) hash = (hash ^ (uint8_t)*at) * 1099511628211ull;
    hash |= 1;
    for (uint32_t i = 0; i < MOST_ANNOUNCED; i++) {
        uint64_t known = 0;
        if (__atomic_compare_exchange_n(&header->announced[i], &known, hash, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return 1;
        if (known == hash) return 0;
    }
    return 0;
}

/* A program that the recorded one, or a child of it, becomes, and that is not recorded: one line for each. */
static void warn_of_exec(uint64_t path, int follows)
{
    const char *name = guest(path), *reason = "; give --follow, or record it itself";
    struct stat status;
    if (access(name, X_OK) != 0 || stat(name, &status) != 0 || !S_ISREG(status.st_mode) || !is_news(name)) return;
    if (follows) reason = ": it is for another processor, or runs with another user's rights";
    fprintf(stderr, "pagewalk: %s is executed and not recorded%s\n", name, reason);
}

/* Remembers the command line: `qemu -plugin FILE,memory=… … -0 NAME PROGRAM ARG…`. */
static void remember_options(void)
{
    static char text[65536];
    static char *options[256];
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t bytes = file < 0 ? 0 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    own_options = options;
    int is_variable = 0;
    for (char *at = text; at < text + bytes && own_count < 255 && strcmp(at, "-0") != 0; at += strlen(at) + 1) {
        is_variable = strcmp(at, "-E") == 0 ? 2 : is_variable - (is_variable > 0); /* the program has it by now */
        if (is_variable > 0) continue;
        options[own_count++] = at;
        if (strstr(at, ",memory=") != 0) own_file = at;
    }
    char *ring = own_file == 0 ? 0 : strstr(own_file, ",ring="); /* of the program before */
    if (ring != 0) *ring = 0;
}

#endif
