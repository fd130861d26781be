/* The calls of a run. Each function makes and logs one call, or none if it would damage the recorder itself. */

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const struct name protections[] = {
  {PROT_READ, "PROT_READ"}, {PROT_WRITE, "PROT_WRITE"}, {PROT_EXEC, "PROT_EXEC"}, {PROT_GROWSDOWN, "PROT_GROWSDOWN"},
};
static const struct name map_flags[] = {
  {MAP_SHARED_VALIDATE, "MAP_SHARED_VALIDATE"}, {MAP_SHARED, "MAP_SHARED"}, {MAP_PRIVATE, "MAP_PRIVATE"},
  {MAP_FIXED, "MAP_FIXED"}, {MAP_ANONYMOUS, "MAP_ANONYMOUS"}, {MAP_GROWSDOWN, "MAP_GROWSDOWN"},
  {MAP_LOCKED, "MAP_LOCKED"}, {MAP_NORESERVE, "MAP_NORESERVE"}, {MAP_POPULATE, "MAP_POPULATE"},
  {MAP_NONBLOCK, "MAP_NONBLOCK"}, {MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE"}, {MAP_32BIT, "MAP_32BIT"},
  {MAP_STACK, "MAP_STACK"}, {MAP_HUGETLB, "MAP_HUGETLB"}, {MAP_SYNC, "MAP_SYNC"}, {MAP_DENYWRITE, "MAP_DENYWRITE"},
  {MAP_EXECUTABLE, "MAP_EXECUTABLE"},
};
static const struct name remap_flags[] = {
  {MREMAP_MAYMOVE, "MREMAP_MAYMOVE"}, {MREMAP_FIXED, "MREMAP_FIXED"}, {MREMAP_DONTUNMAP, "MREMAP_DONTUNMAP"},
};

/* A flag that is unknown to mmap, and the last page that a file may have. */
#define UNKNOWN_FLAG 0x2000000ul
#define LAST_PAGE 0x7ffffffffffff000ul

static void note_map(uint64_t address, uint64_t bytes, uint64_t protection, uint64_t flags, int fd, uint64_t offset) {
  if (address) note("%smmap(0x%lx, %lu, ", prefix, address, bytes);
  else note("%smmap(NULL, %lu, ", prefix, bytes);
  note_bits(protection, protections, COUNT(protections), "PROT_NONE");
  note(", ");
  note_bits(flags, map_flags, COUNT(map_flags), "0");
  note(", %d, %lu)", fd, offset);
}

/* The hint for a mapping: mostly none, sometimes at a mapping, near one, or at an invalid address. */
static uint64_t some_hint(uint64_t bytes, uint64_t *flags) {
  if (one_in(3)) {
    *flags |= MAP_FIXED;
    return some_page();
  }
  if (!(modes & ALL) || !one_in(4)) return 0;
  if (one_in(2)) *flags |= MAP_FIXED_NOREPLACE;
  if (!one_in(6)) return some_page() + (one_in(3) ? below(PAGE) : 0);
  switch (below(3)) {
  case 0: return *flags & MAP_FIXED_NOREPLACE ? some_page() : 1 + below(0x20000);
  case 1: return 0x7ffffffff000ul - below(64) * PAGE - (one_in(2) ? 0 : bytes);
  default: return 0x800000000000ul + below(1ul << 32) * PAGE;
  }
}

static void call_mmap(void) {
  uint64_t bytes = one_in(12) ? (1 + below(4)) * HUGE_PAGE : some_bytes();
  uint64_t protection = some_protection(), flags = one_in(10) ? MAP_SHARED : MAP_PRIVATE, offset = 0;
  int fd = -1;
  if ((modes & FILES) && one_in(3)) {
    fd = some_opened();
    flags = one_in(3) ? MAP_PRIVATE : one_in(3) ? MAP_SHARED_VALIDATE : MAP_SHARED;
    if (one_in(30)) flags |= one_in(2) ? MAP_DENYWRITE | MAP_EXECUTABLE : UNKNOWN_FLAG;
    offset = below(FILE_PAGES + 4) * PAGE + (one_in(30) ? 1 + below(PAGE - 1) : 0);
    if (one_in(60)) offset += (one_in(2) ? LAST_PAGE : -PAGE) - (FILE_PAGES + 2) * PAGE;
  } else {
    flags |= MAP_ANONYMOUS;
    if ((modes & ALL) && one_in(200)) flags |= MAP_SHARED_VALIDATE;
  }
  uint64_t address = some_hint(bytes, &flags);
  if ((flags & MAP_TYPE) == MAP_SHARED_VALIDATE && !(flags & MAP_FIXED) && !(modes & LIMITS) && one_in(20)) flags |= MAP_SYNC;
  if ((modes & ALL) && one_in(5)) {
    static const int more[] = {MAP_GROWSDOWN, MAP_LOCKED, MAP_NORESERVE, MAP_POPULATE, MAP_32BIT, MAP_STACK, MAP_POPULATE | MAP_NONBLOCK, MAP_HUGETLB};
    flags |= (uint64_t)more[one_in(10) ? 7 : below(7)];
  }
  if ((flags & MAP_FIXED) && !is_playground(address, bytes)) return;
  if ((flags & MAP_HUGETLB) && !(flags & MAP_ANONYMOUS)) return;
  long result = ask(SYS_mmap, address, bytes, protection, flags, (uint64_t)fd, offset);
  note_map(address, bytes, protection, flags, fd, offset);
  note_result(result, 1);
  if (result > 0) remember((uint64_t)result, bytes, (flags & MAP_GROWSDOWN) != 0);
}

/* By the frame register, as programs access their locals: a non-canonical address then gives SIGBUS, not SIGSEGV. */
static sigjmp_buf back;
static volatile sig_atomic_t caught, caught_code;

static __attribute__((noinline)) void touch(uint64_t address, int is_store) {
  if (sigsetjmp(back, 1) != 0) return;
  if (is_store) __asm__ volatile("xchg %%rbp, %0; movb $1, (%%rbp); xchg %%rbp, %0" : "+r"(address) : : "memory");
  else __asm__ volatile("xchg %%rbp, %0; movb (%%rbp), %%al; xchg %%rbp, %0" : "+r"(address) : : "memory", "rax");
}

static void on_signal(int number, siginfo_t *info, void *context) {
  (void)context;
  caught = number;
  caught_code = info->si_code;
  siglongjmp(back, 1);
}

static void call_touch(void) {
  int is_store = one_in(2), grows = 0;
  uint64_t address = some_page() + below(PAGE / 8) * 8;
  if (one_in(40)) address = 0x800000000000ul + below(1ul << 32);
  if (one_in(12) && heap_end > heap_start) address = heap_start + below(heap_end - heap_start + PAGE);
  if ((modes & ALL) && area_count && one_in(12)) {
    struct area *area = some_area();
    if (area->grows && area->start > 1ul << 32) {
      grows = 1;
      address = area->start - below(one_in(3) ? 3000 : 40) * PAGE;
    }
  }
  if (address < 1ul << 47 && !is_playground(address, 1) && (!grows || is_own(address & -PAGE, PAGE))) return;
  caught = 0;
  touch(address, is_store);
  note("%s%s(0x%lx, 1) = ", prefix, is_store ? "store" : "load", address);
  if (caught == SIGSEGV) note("SIGSEGV%s\n", caught_code == SEGV_MAPERR ? " SEGV_MAPERR" : caught_code == SEGV_ACCERR ? " SEGV_ACCERR" : "");
  else if (caught == SIGBUS) note("SIGBUS%s\n", caught_code == BUS_ADRERR ? " BUS_ADRERR" : "");
  else note("ok\n");
  if (grows && !caught) remember(address & -PAGE, PAGE, 1);
}

static void call_ranged(long number, const char *name) {
  uint64_t address = some_page(), bytes = some_bytes();
  if ((modes & ALL) && one_in(60)) address += below(PAGE);
  if (!is_playground(address, bytes)) return;
  long result = ask(number, address, bytes, 0, 0, 0, 0);
  note("%s%s(0x%lx, %lu)", prefix, name, address, bytes);
  note_result(result, 0);
}

static void call_mprotect(void) {
  uint64_t address = some_page(), bytes = some_bytes(), protection = some_protection();
  if ((modes & ALL) && one_in(12)) protection |= PROT_GROWSDOWN;
  if ((modes & ALL) && one_in(20)) protection |= PROT_EXEC;
  if (!is_playground(address, bytes)) return;
  long result = ask(SYS_mprotect, address, bytes, protection, 0, 0, 0);
  note("%smprotect(0x%lx, %lu, ", prefix, address, bytes);
  note_bits(protection, protections, COUNT(protections), "PROT_NONE");
  note(")");
  note_result(result, 0);
}

static void call_madvise(void) {
  static const struct name advices[] = {
    {MADV_DONTNEED, "MADV_DONTNEED"}, {MADV_NORMAL, "MADV_NORMAL"}, {MADV_RANDOM, "MADV_RANDOM"},
    {MADV_SEQUENTIAL, "MADV_SEQUENTIAL"}, {MADV_WILLNEED, "MADV_WILLNEED"}, {MADV_DONTFORK, "MADV_DONTFORK"},
    {MADV_DOFORK, "MADV_DOFORK"}, {MADV_DONTDUMP, "MADV_DONTDUMP"}, {MADV_DODUMP, "MADV_DODUMP"},
    {MADV_WIPEONFORK, "MADV_WIPEONFORK"}, {MADV_KEEPONFORK, "MADV_KEEPONFORK"}, {MADV_FREE, "MADV_FREE"},
    {MADV_COLD, "MADV_COLD"}, {22, "MADV_POPULATE_READ"}, {23, "MADV_POPULATE_WRITE"}, {24, "MADV_DONTNEED_LOCKED"},
    {99, "99"}, {MADV_HUGEPAGE, "MADV_HUGEPAGE"}, {MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE"},
    {102, "MADV_GUARD_INSTALL"}, {103, "MADV_GUARD_REMOVE"}, {MADV_REMOVE, "MADV_REMOVE"},
    {MADV_PAGEOUT, "MADV_PAGEOUT"},
  };
  /* The results of the last two depend on the page cache of a file, and on the speed of a disk. */
  unsigned count = COUNT(advices) - (modes & FILES ? 2 : 0);
  unsigned n = modes & HUGE && one_in(2) ? 17 : modes & ALL ? (unsigned)below(count) : 0;
  if ((modes & ALL) && one_in(4)) n = one_in(3) ? 20 : 19;
  uint64_t address = some_page(), bytes = some_bytes();
  if (!is_playground(address, bytes)) return;
  long result = ask(SYS_madvise, address, bytes, advices[n].bits, 0, 0, 0);
  note("%smadvise(0x%lx, %lu, %s)", prefix, address, bytes, advices[n].text);
  note_result(result, 0);
}

static void call_mremap(void) {
  uint64_t address = some_page(), old_bytes = some_bytes(), new_bytes = some_bytes(), target = 0, flags = MREMAP_MAYMOVE;
  if ((modes & ALL) && one_in(4)) {
    flags |= MREMAP_FIXED;
    target = some_page();
    if (one_in(3)) new_bytes = old_bytes;
  } else if ((modes & ALL) && one_in(4)) {
    flags = 0;
  }
  if ((modes & ALL) && one_in(6)) {
    flags |= MREMAP_DONTUNMAP;
    if (!(flags & MREMAP_FIXED) && one_in(3)) target = some_page();
    if (!one_in(10)) new_bytes = old_bytes;
  }
  if ((modes & ALL) && one_in(12)) old_bytes = 0;
  if ((flags & MREMAP_FIXED) && !is_playground(target, new_bytes)) return;
  if (!is_playground(address, old_bytes)) return;
  long result = ask(SYS_mremap, address, old_bytes, new_bytes, flags, target, 0);
  note("%smremap(0x%lx, %lu, %lu, ", prefix, address, old_bytes, new_bytes);
  note_bits(flags, remap_flags, COUNT(remap_flags), "0");
  if (target) note(", 0x%lx", target);
  note(")");
  note_result(result, 1);
  if (result > 0) remember((uint64_t)result, new_bytes, 0);
}

static void call_brk(void) {
  uint64_t address = one_in(6) ? 0 : heap_start + below(96 * PAGE);
  if ((modes & ALL) && one_in(30)) address = one_in(2) ? heap_start + below(1ul << 30) : (1ul << 47) + below(1ul << 47);
  long result = ask(SYS_brk, address, 0, 0, 0, 0, 0);
  if (address) note("%sbrk(0x%lx)", prefix, address);
  else note("%sbrk(NULL)", prefix);
  note_result(result, 1);
  heap_end = (uint64_t)result;
}

static unsigned char vector[1 << 12];

static void call_mincore(uint64_t address, uint64_t bytes) {
  if (bytes > sizeof vector * PAGE && bytes < 1ul << 47) return;
  long result = ask(SYS_mincore, address, bytes, (uint64_t)vector, 0, 0, 0);
  note("%smincore(0x%lx, %lu, [", prefix, address, bytes);
  if (result == 0)
    for (uint64_t n = 0; n < (bytes + PAGE - 1) / PAGE; n++) note(n ? ", %d" : "%d", vector[n] & 1);
  note("])");
  note_result(result, 0);
}

static void call_more(void) {
  static const struct name sync_flags[] = {{MS_ASYNC, "MS_ASYNC"}, {MS_INVALIDATE, "MS_INVALIDATE"}, {MS_SYNC, "MS_SYNC"}};
  static const uint64_t syncs[] = {0, MS_ASYNC, MS_INVALIDATE, MS_ASYNC | MS_INVALIDATE, MS_SYNC, MS_ASYNC | MS_SYNC};
  uint64_t address = some_page(), bytes = some_bytes(), flags;
  if (!is_playground(address, bytes)) return;
  switch (below(4)) {
  case 0:
    flags = one_in(8) ? 2 : below(2);
    note("%smlock2(0x%lx, %lu, %s)", prefix, address, bytes, flags == 1 ? "MLOCK_ONFAULT" : flags ? "0x2" : "0");
    note_result(ask(SYS_mlock2, address, bytes, flags, 0, 0, 0), 0);
    return;
  case 1:
    flags = syncs[below(COUNT(syncs))];
    note("%smsync(0x%lx, %lu, ", prefix, address, bytes);
    note_bits(flags, sync_flags, COUNT(sync_flags), "0");
    note(")");
    note_result(ask(SYS_msync, address, bytes, flags, 0, 0, 0), 0);
    return;
  case 2: call_mincore(address, bytes); return;
  default: call_ranged(SYS_munlock, "munlock");
  }
}

static void call_lock_all(void) {
  static const struct name lock_flags[] = {{MCL_CURRENT, "MCL_CURRENT"}, {MCL_FUTURE, "MCL_FUTURE"}, {MCL_ONFAULT, "MCL_ONFAULT"}};
  if (one_in(2)) {
    note("%smunlockall()", prefix);
    note_result(ask(SYS_munlockall, 0, 0, 0, 0, 0, 0), 0);
    return;
  }
  uint64_t flags = below(8);
  note("%smlockall(", prefix);
  note_bits(flags, lock_flags, COUNT(lock_flags), "0");
  note(")");
  note_result(ask(SYS_mlockall, flags, 0, 0, 0, 0, 0), 0);
}

/* Pages of all regions, and of those that are data. */
static void used_pages(uint64_t *all, uint64_t *data) {
  char text[128];
  int fd = open("/proc/self/statm", O_RDONLY);
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  text[got < 0 ? 0 : got] = 0;
  if (sscanf(text, "%lu %*u %*u %*u %*u %lu", all, data) != 2) _exit(6);
}

static void note_limit(uint64_t limit) {
  if (limit == RLIM_INFINITY) note("RLIM64_INFINITY");
  else note("%lu", limit);
}

/* Sets limits a little above the present use, so that calls exceed them, or removes them. */
static void call_limit(void) {
  static const struct {
    int resource;
    const char *name;
  } resources[] = {{RLIMIT_AS, "RLIMIT_AS"}, {RLIMIT_DATA, "RLIMIT_DATA"}, {RLIMIT_MEMLOCK, "RLIMIT_MEMLOCK"}, {RLIMIT_STACK, "RLIMIT_STACK"}};
  unsigned n = (unsigned)below(COUNT(resources));
  struct rlimit had;
  uint64_t all, data;
  used_pages(&all, &data);
  getrlimit(resources[n].resource, &had);
  uint64_t soft = had.rlim_max, hard = had.rlim_max;
  if (n < 2 && !one_in(3)) soft = ((n == 0 ? all : data) + below(400)) * PAGE + below(PAGE);
  if (n == 2 && !one_in(4)) soft = below(3) * below(200) * PAGE + below(PAGE);
  if (n == 3 && !one_in(3)) soft = (64 + below(2000)) * PAGE;
  if (one_in(20) && hard != RLIM_INFINITY) hard++;
  if (one_in(20) && soft != RLIM_INFINITY && soft > 0) hard = soft - 1;
  struct rlimit wanted = {soft, hard};
  if (soft > hard || hard > had.rlim_max || hard == had.rlim_max) {
    note("%ssetrlimit(%s, {rlim_cur=", prefix, resources[n].name);
    note_limit(soft);
    note(", rlim_max=");
    note_limit(hard);
    note("})");
    note_result(ask(SYS_prlimit64, 0, (uint64_t)resources[n].resource, (uint64_t)&wanted, 0, 0, 0), 0);
  }
}

/* Unmaps a few of the many regions, so that a few more are possible. */
static void call_make_room(void) {
  uint64_t bytes = (1 + below(12)) * PAGE;
  many_end -= bytes;
  note("%smunmap(0x%lx, %lu)", prefix, many_end, bytes);
  note_result(ask(SYS_munmap, many_end, bytes, 0, 0, 0, 0), 0);
}

static void make_call(void) {
  uint64_t kind = below(100);
  if ((modes & LOCKS) && one_in(60)) call_lock_all();
  else if ((modes & LIMITS) && one_in(25)) call_limit();
  else if ((modes & MANY) && one_in(36)) call_make_room();
  else if ((modes & FILES) && one_in(30)) call_file();
  else if (kind < 30) call_mmap();
  else if (kind < 44) call_ranged(SYS_munmap, "munmap");
  else if (kind < 56) call_mprotect();
  else if (kind < 61) call_ranged(SYS_mlock, "mlock");
  else if (kind < 64) call_ranged(SYS_munlock, "munlock");
  else if (kind < 69) call_madvise();
  else if (kind < 73) call_mremap();
  else if (kind < 77) call_brk();
  else if (kind < 80 && (modes & ALL)) call_more();
  else call_touch();
}
