/*
 * The regions that a program begins with, in the format of a maps file: what is mapped before its first instruction and
 * was not when the plugin was loaded. QEMU maps a program's code without permission to execute; that is read from the
 * program's headers, which lie at the start of its first mapping. From: elf(5), proc_pid_maps(5).
 */
#ifndef PAGEWALK_MAPS_H
#define PAGEWALK_MAPS_H

#include <elf.h>
#include <stdio.h>

#include "exec.h"

#define MOST_OWN 512
#define MOST_SEGMENTS 64
#define LEAST_STACK 65536u

struct range {
    uint64_t start, end;
};

/* Of QEMU itself, and the lowest of them. */
static struct range own_ranges[MOST_OWN];
static size_t own_ranges_count;

/* Code of the file that is being listed. */
static struct range code[MOST_SEGMENTS];
static int code_is_writable[MOST_SEGMENTS]; /* QEMU takes that right from pages that it has translated */
static size_t code_count;

static void remember_own_ranges(void)
{
    char line[4096 + 128];
    FILE *file = fopen("/proc/self/maps", "re");
    while (file != 0 && own_ranges_count < MOST_OWN && fgets(line, sizeof line, file) != 0) {
        struct range *range = &own_ranges[own_ranges_count];
        if (sscanf(line, "%lx-%lx", &range->start, &range->end) == 2) own_ranges_count++;
    }
    if (file != 0) fclose(file);
}

/* Programs of 64 bits lie below QEMU, where there is room; those of 32 bits in a space of their own. */
static int is_guests(struct range range, uint64_t code_address)
{
    if (target->bits == 32) return range.start >= guest_base && range.end <= guest_base + (1ull << 32);
    int is_below = own_ranges_count > 0 && guest_base + code_address < own_ranges[0].start;
    if (is_below) return range.end <= own_ranges[0].start;
    for (size_t i = 0; i < own_ranges_count; i++) {
        if (own_ranges[i].start < range.end && range.start < own_ranges[i].end) return 0;
    }
    return 1;
}

static void add_code(uint64_t bias, uint32_t type, uint32_t flags, uint64_t address, uint64_t bytes)
{
    if (type != PT_LOAD || (flags & PF_X) == 0 || code_count == MOST_SEGMENTS) return;
    uint64_t start = (bias + address) & ~4095ull;
    code_is_writable[code_count] = (flags & PF_W) != 0;
    code[code_count++] = (struct range){start, (bias + address + bytes + 4095) & ~4095ull};
}

/* Reads the headers of an ELF file whose first page is mapped there. `start` is where the program sees it. */
static void find_code(uint64_t start)
{
    const char *at = guest(start);
    code_count = 0;
    if (memcmp(at, ELFMAG, SELFMAG) != 0) return;
    int is_wide = at[EI_CLASS] == ELFCLASS64;
    const Elf64_Ehdr *wide = (const void *)at;
    const Elf32_Ehdr *narrow = (const void *)at;
    uint64_t table = is_wide ? wide->e_phoff : narrow->e_phoff;
    size_t count = is_wide ? wide->e_phnum : narrow->e_phnum;
    size_t size = is_wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    if (table > 4096 || table + count * size > 4096) return;
    uint64_t bias = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = count; i-- > 0;) {
            const Elf64_Phdr *w = (const void *)(at + table + i * size);
            const Elf32_Phdr *n = (const void *)w;
            uint32_t type = is_wide ? w->p_type : n->p_type, flags = is_wide ? w->p_flags : n->p_flags;
            uint64_t address = is_wide ? w->p_vaddr : n->p_vaddr, bytes = is_wide ? w->p_memsz : n->p_memsz;
            if (pass == 1) add_code(bias, type, flags, address, bytes);
            else if (type == PT_LOAD) bias = start - (address & ~4095ull); /* of the first one, which comes last here */
        }
    }
}

/* Writes a mapping of the file as parts that are code and parts that are not. */
static void write_parts(FILE *file, struct range range, const char *permissions, uint64_t offset, const char *rest)
{
    while (range.start < range.end) {
        uint64_t end = range.end;
        int is_code = 0;
        char writes = permissions[1];
        for (size_t i = 0; i < code_count; i++) {
            if (code[i].start <= range.start && range.start < code[i].end) {
                is_code = 1;
                if (code_is_writable[i]) writes = 'w';
                if (code[i].end < end) end = code[i].end;
            } else if (range.start < code[i].start && code[i].start < end) {
                end = code[i].start;
            }
        }
        char shown[5] = {permissions[0], writes, is_code ? 'x' : '-', permissions[3], 0};
        fprintf(file, "%lx-%lx %s %08lx %s", range.start, end, shown, offset, rest);
        offset += end - range.start;
        range.start = end;
    }
}

struct mapping {
    struct range range;
    uint64_t offset, inode;
    char permissions[5], device[16], path[4096];
};

static int parse_mapping(const char *line, struct mapping *mapping)
{
    mapping->path[0] = 0;
    int fields = sscanf(line, "%lx-%lx %4s %lx %15s %lu %4095[^\n]", &mapping->range.start, &mapping->range.end,
                        mapping->permissions, &mapping->offset, mapping->device, &mapping->inode, mapping->path);
    return fields >= 6;
}

/* `guard`: the mapping before it, without any permission, ends where it begins, as before QEMU's stacks. */
static void write_mapping(FILE *file, const struct mapping *mapping, int guard)
{
    static char path[sizeof mapping->path];
    char rest[sizeof path + 64];
    struct range range = {mapping->range.start - guest_base, mapping->range.end - guest_base};
    int is_file = mapping->path[0] == '/';
    int is_stack = guard && !is_file && mapping->permissions[1] == 'w' && range.end - range.start >= LEAST_STACK;
    if (is_file && strcmp(path, mapping->path) != 0) {
        code_count = 0;
        strcpy(path, mapping->path);
        if (mapping->offset == 0 && mapping->permissions[0] == 'r') find_code(range.start);
    }
    snprintf(rest, sizeof rest, "%s %lu %s\n", mapping->device, mapping->inode, is_stack ? "[stack]" : mapping->path);
    if (is_file) write_parts(file, range, mapping->permissions, mapping->offset, rest);
    else fprintf(file, "%lx-%lx %s %08x %s", range.start, range.end, mapping->permissions, 0, rest);
}

/* `code_address`: of the first instruction. */
static void write_maps(FILE *file, uint64_t code_address)
{
    static struct mapping mapping;
    char line[4096 + 128];
    uint64_t guard = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps != 0 && fgets(line, sizeof line, maps) != 0) {
        if (!parse_mapping(line, &mapping) || !is_guests(mapping.range, code_address)) continue;
        int is_empty = strncmp(mapping.permissions, "---", 3) == 0;
        if (!is_empty || target->bits == 64) write_mapping(file, &mapping, guard == mapping.range.start);
        guard = is_empty ? mapping.range.end : 0;
    }
    if (maps != 0) fclose(maps);
}

/* The regions of the recording's first program, in a file beside its memory. */
static void save_regions(uint64_t code_address)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.maps", memory_path);
    FILE *file = fopen(path, "we");
    if (file == 0) return;
    write_maps(file, code_address);
    fclose(file);
}

/* The regions of a program that was executed, each as a text event `region` with its line of a maps file. */
static void put_regions(struct thread *thread, uint64_t code_address)
{
    char *maps = 0, text[MOST_TEXT_BYTES];
    size_t bytes = 0;
    FILE *file = open_memstream(&maps, &bytes);
    if (file == 0) return;
    write_maps(file, code_address);
    fclose(file);
    for (char *rest = maps, *line; (line = strsep(&rest, "\n")) != 0 && *line != 0;) {
        int length = snprintf(text, sizeof text, "region %s", line);
        put_text(thread, text, (uint32_t)length);
    }
    free(maps);
}

#endif
