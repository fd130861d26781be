/**
 * The numbers of the table's calls, by architecture. From: Linux's arch/x86/entry/syscalls/syscall_64.tbl and
 * syscall_32.tbl; include/uapi/asm-generic/unistd.h, which aarch64 and riscv64 use.
 */

const X86_64 = `
  read:0 write:1 open:2 close:3 fstat:5 lseek:8 mmap:9 mprotect:10 munmap:11 brk:12 rt_sigaction:13 pread64:17
  pwrite64:18 readv:19 writev:20 pipe:22 mremap:25 msync:26 mincore:27 madvise:28 shmget:29 shmat:30 shmctl:31 dup:32
  dup2:33 socket:41 accept:43 sendto:44 recvfrom:45 recvmsg:47 socketpair:53 clone:56 fork:57 vfork:58 execve:59
  exit:60 shmdt:67 fcntl:72 fsync:74 fdatasync:75 truncate:76 ftruncate:77 getdents:78 getcwd:79 chdir:80 fchdir:81
  rename:82 creat:85 unlink:87 readlink:89 getrlimit:97 sigaltstack:131 mlock:149 munlock:150 mlockall:151
  munlockall:152 prctl:157 setrlimit:160 io_setup:206 io_destroy:207 epoll_create:213 remap_file_pages:216
  getdents64:217 exit_group:231 inotify_init:253 migrate_pages:256 openat:257 newfstatat:262 unlinkat:263 renameat:264
  readlinkat:267 signalfd:282 timerfd_create:283 eventfd:284 fallocate:285 accept4:288 signalfd4:289 eventfd2:290
  epoll_create1:291 dup3:292 pipe2:293 inotify_init1:294 preadv:295 pwritev:296 perf_event_open:298 recvmmsg:299
  prlimit64:302 open_by_handle_at:304 process_vm_writev:311 renameat2:316 getrandom:318 memfd_create:319 bpf:321
  execveat:322 userfaultfd:323 mlock2:325 pkey_mprotect:329 io_uring_setup:425 pidfd_open:434 clone3:435
  close_range:436 openat2:437 pidfd_getfd:438 process_madvise:440 memfd_secret:447 process_mrelease:448
  map_shadow_stack:453 mseal:462
`;
/** Calls with their arguments in memory are in `packed-calls.ts`. */
const I386 = `
  exit:1 fork:2 read:3 write:4 open:5 close:6 creat:8 unlink:10 execve:11 chdir:12 lseek:19 rename:38 dup:41 pipe:42
  brk:45 signal:48 fcntl:55 dup2:63 sigaction:67 setrlimit:75 getrlimit:76 readlink:85 munmap:91 truncate:92
  ftruncate:93 fstat:108 fsync:118 clone:120 mprotect:125 fchdir:133 _llseek:140 getdents:141 msync:144 readv:145 writev:146 fdatasync:148
  mlock:150 munlock:151 mlockall:152 munlockall:153 mremap:163 prctl:172 rt_sigaction:174 pread64:180 pwrite64:181
  getcwd:183 sigaltstack:186 vfork:190 mmap2:192 truncate64:193 ftruncate64:194 fstat64:197 mincore:218 madvise:219
  getdents64:220 fcntl64:221 io_setup:245 io_destroy:246 exit_group:252 epoll_create:254 remap_file_pages:257
  inotify_init:291 migrate_pages:294 openat:295 fstatat64:300 unlinkat:301 renameat:302 readlinkat:305 signalfd:321
  timerfd_create:322 eventfd:323 fallocate:324 signalfd4:327 eventfd2:328 epoll_create1:329 dup3:330 pipe2:331
  inotify_init1:332 preadv:333 pwritev:334 perf_event_open:336 recvmmsg:337 prlimit64:340 open_by_handle_at:342
  process_vm_writev:348 renameat2:353 getrandom:355 memfd_create:356 bpf:357 execveat:358 socket:359 socketpair:360
  accept4:364 sendto:369 recvfrom:371 recvmsg:372 userfaultfd:374 mlock2:376 pkey_mprotect:380 shmget:395 shmctl:396
  shmat:397 shmdt:398 io_uring_setup:425 pidfd_open:434 clone3:435 close_range:436 openat2:437 pidfd_getfd:438
  process_madvise:440 memfd_secret:447 process_mrelease:448 mseal:462
`;
const GENERIC = `
  io_setup:0 io_destroy:1 getcwd:17 eventfd2:19 epoll_create1:20 dup:23 dup3:24 fcntl:25 inotify_init1:26 unlinkat:35
  renameat:38 truncate:45 ftruncate:46 fallocate:47 chdir:49 fchdir:50 openat:56 close:57 pipe2:59 getdents64:61
  lseek:62 read:63 write:64 readv:65 writev:66 pread64:67 pwrite64:68 preadv:69 pwritev:70 signalfd4:74 readlinkat:78
  newfstatat:79 fstat:80 fsync:82 fdatasync:83 timerfd_create:85 exit:93 exit_group:94 sigaltstack:132
  rt_sigaction:134 getrlimit:163 setrlimit:164 prctl:167 shmget:194 shmctl:195 shmat:196 shmdt:197 socket:198
  socketpair:199 accept:202 sendto:206 recvfrom:207 recvmsg:212 brk:214 munmap:215 mremap:216 clone:220 execve:221
  mmap:222 mprotect:226 msync:227 mlock:228 munlock:229 mlockall:230 munlockall:231 mincore:232 madvise:233
  remap_file_pages:234 migrate_pages:238 perf_event_open:241 accept4:242 recvmmsg:243 prlimit64:261
  open_by_handle_at:265 process_vm_writev:271 renameat2:276 getrandom:278 memfd_create:279 bpf:280 execveat:281
  userfaultfd:282 mlock2:284 pkey_mprotect:288 io_uring_setup:425 pidfd_open:434 clone3:435 close_range:436
  openat2:437 pidfd_getfd:438 process_madvise:440 memfd_secret:447 process_mrelease:448 map_shadow_stack:453 mseal:462
`;

/** By QEMU's names of processors. */
const NUMBERS: Readonly<Record<string, string>> = {
  aarch64: GENERIC,
  i386: I386,
  riscv64: GENERIC,
  x86_64: X86_64,
};

/** The calls' names by number; undefined if the architecture is not known. */
export function callNumbers(cpu: string): ReadonlyMap<number, string> | undefined {
  const list = NUMBERS[cpu];
  if (list === undefined) return undefined;
  return new Map(
    list
      .trim()
      .split(/\s+/)
      .map((entry) => {
        const [name = "", number] = entry.split(":");
        return [Number(number), name] as const;
      }),
  );
}
