/*
 * The memory that musl's dynamic linker donated to malloc before the program's first call: the unused parts of the
 * first and the last page of each writable segment, without read-only relocations, of the program, then of the C
 * library.
 */

#ifndef __GLIBC__
#include <link.h>
#include <sys/auxv.h>

#define PAGE_OF(address) ((address) & ~(uintptr_t)4095)

struct range {
  uintptr_t start, end;
};

static struct range relro_of(const struct dl_phdr_info *object) {
  for (int n = 0; n < object->dlpi_phnum; n++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[n];
    if (segment->p_type == PT_GNU_RELRO)
      return (struct range){PAGE_OF(segment->p_vaddr), PAGE_OF(segment->p_vaddr + segment->p_memsz)};
  }
  return (struct range){0, 0};
}

static void note_gap(uintptr_t base, struct range relro, uintptr_t start, uintptr_t end) {
  if (start >= relro.start && start < relro.end) start = relro.end;
  if (end >= relro.start && end < relro.end) end = relro.start;
  if (start < end) note("__malloc_donate(0x%lx, 0x%lx)\n", (unsigned long)(base + start), (unsigned long)(base + end));
}

static int note_object(struct dl_phdr_info *object, size_t bytes, void *unused) {
  struct range relro = relro_of(object);
  (void)bytes, (void)unused;
  for (int n = 0; n < object->dlpi_phnum; n++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[n];
    uintptr_t start = segment->p_vaddr, end = start + segment->p_memsz;
    if (segment->p_type != PT_LOAD || (segment->p_flags & (PF_R | PF_W)) != (PF_R | PF_W)) continue;
    note_gap(object->dlpi_addr, relro, PAGE_OF(start), start);
    note_gap(object->dlpi_addr, relro, end, PAGE_OF(end + 4095));
  }
  return 0;
}

/* A statically linked program has no dynamic linker, and no donations. */
static void note_donated(void) {
  if (getauxval(AT_BASE) != 0) dl_iterate_phdr(note_object, NULL);
}
#else
static void note_donated(void) {}
#endif
