/**
 * The table of commands. Help, completion, the man page and docs/command.md come from it, and from the tables of
 * options. The module of a command is loaded when the command runs.
 */
import { allocatorCheckOptions, policyCheckOptions } from "../options/checks.js";
import { commonOptions } from "../options/common.js";
import { EXERCISE_KINDS, exerciseCommand } from "../options/exercise.js";
import { generateCommand } from "../options/generate.js";
import { heapCommand } from "../options/heap.js";
import { replayCommand } from "../options/machine.js";
import { runCommand } from "../options/process.js";
import { compareCommand, mergeCommand, mrcCommand, workerCommand } from "../options/requests.js";
import { serveCommand } from "../options/serve.js";
import { recordCommand, recordingOptions, traceOptions, writeOptions } from "../options/traces.js";
import { translateCommand } from "../options/translate.js";
import type { CommandRow } from "./command-row.js";

/** Shells that `completion` knows. */
const SHELLS = ["bash", "zsh", "fish", "powershell"];

/** Commands that read a trace also take a program, and record it while it runs. */
const TRACE_HELP = "a path, - for standard input, or -- and a program with its arguments";
const TRACE = { "<trace>": TRACE_HELP };
const reading = { ...traceOptions, ...recordingOptions, ...commonOptions };

export const COMMANDS: readonly CommandRow[] = [
  {
    name: "replay",
    summary: "replay a trace through one machine: TLBs, page walks, faults, frames",
    takes: TRACE,
    options: { ...replayCommand, ...reading },
    records: true,
    details: `
A TLB is NAME=ENTRIESxWAYS. The name is its level, optionally followed by its side and a label: l1i, l1d, l2, l1d-huge.
"64xfull" is fully associative. Options follow after colons: the replacement in a set (lru, plru, fifo or random;
default lru) and the page sizes that it holds, such as 4k or 2m+1g (default: all).`,
    examples: [
      'pagewalk replay ls.pagewalk --tlb "l1i=32x4,l1d=48x6:plru,l2=1024x8"',
      "pagewalk replay ls.pagewalk --memory 1M --policy arc --report machine.html",
      "pagewalk replay -- ls -l /usr/bin",
    ],
    load: async () => (await import("./replay.js")).run,
  },
  {
    name: "compare",
    summary: "compare replacement policies over numbers of frames",
    takes: { "[traces...]": "paths, - for standard input, or -- and a program with its arguments" },
    options: { ...compareCommand, ...reading },
    records: true,
    lists: async () => (await import("./compare.js")).policyList(),
    details: `
opt and vmin know the future: they read a trace twice. A custom policy is a JavaScript module, given by its path (with a
slash, or ending with .js or .mjs): ./mine.js, ./mine.js:window=3. See docs/custom-policy.md.`,
    examples: [
      "pagewalk compare ls.pagewalk --policies lru,arc,opt --frames 1%,5%,20%",
      "pagewalk compare ls.pagewalk --diverge lru,arc --frames 128",
      'pagewalk compare --requests "1 2 3 4 1 2 5" --frames 3 --policies fifo,lru --trace-steps',
    ],
    load: async () => (await import("./compare.js")).run,
  },
  {
    name: "merge",
    summary: "print a comparison that was run in shards",
    takes: { "<files...>": "the outputs of compare --shard, of all shards" },
    options: { ...mergeCommand, ...commonOptions },
    details: `
The output is that of compare without --shard; times are those of the shards. Shards must be of one command, on the same
traces: one that is missing, named twice or of another comparison is an error. --report and --plots also read the traces.`,
    examples: [
      "pagewalk compare ls.pagewalk --shard 1/2 > 1.json",
      "pagewalk merge 1.json 2.json --csv rows.csv",
    ],
    load: async () => (await import("./merge.js")).run,
  },
  {
    name: "worker",
    summary: "run the simulations of compare --queue, on any number of machines",
    options: { ...workerCommand, ...commonOptions },
    details: `
The worker takes groups of simulations from the queue until Ctrl-C or SIGTERM, and then gives back those that it has not
finished. Groups of a worker that was killed are taken by another one within 20 seconds. A trace must be readable under
the path or URL that compare was given, and have the same bytes. A queue needs the packages bullmq and ioredis. The
environment variable REDISCLI_AUTH can have the password. docs/sweeps.md has examples.`,
    examples: [
      "pagewalk worker --queue redis://127.0.0.1:6379",
      "pagewalk worker --queue rediss://user:password@redis.example:6380 --jobs 8",
    ],
    load: async () => (await import("./worker.js")).run,
  },
  {
    name: "mrc",
    summary: "compute miss-ratio curves, exact or sampled, and working sets",
    takes: { "[trace]": TRACE_HELP },
    options: { ...mrcCommand, ...reading },
    records: true,
    details: `
Curves are exact unless --sample or --sample-size is given. The curve of lru takes one pass; every other policy takes a
simulation for each point. A sampled point has an error bar: half the width of its 95 % confidence interval.`,
    examples: [
      "pagewalk mrc ls.pagewalk --policy lru,arc --report curves.html",
      "pagewalk mrc ls.pagewalk --page-size 4KiB,16KiB,2MiB --csv curves.csv",
      "pagewalk mrc big.oracleGeneral.zst --policy lru,s3-fifo --sample 0.01",
    ],
    load: async () => (await import("./mrc.js")).run,
  },
  {
    name: "run",
    summary: "run a process, call by call, as Linux would answer",
    takes: { "<file>": "a call log, - for standard input, or -- and a program with its arguments" },
    options: { ...runCommand, ...recordingOptions, ...commonOptions },
    records: true,
    details: `
A call log has one call per line, as strace and ltrace print them:

  brk(0x555555581000) = 0x555555581000
  p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0)
  store(p + 16, 4) = SIGSEGV SEGV_ACCERR

load, store and fetch access memory; alloca, enter and leave move the stack. A result is what is expected, and a name
in front of a call names its result.

A program behind -- is recorded with its calls, and those of the programs that it starts, and runs as a process at the
same time. Nothing is stored.

Among the views of --show, lists are the allocator's free lists after each of its calls, calls the answer of each call,
and differences all that --verify found. For a recording of trace record --heap --calls, charges and --report show the
costs of the blocks of each allocating call.`,
    examples: [
      "pagewalk run examples/process/regions.calls --show maps",
      "pagewalk run ls.strace --verify",
      "pagewalk run --verify --show maps -- ls -l",
    ],
    load: async () => (await import("./run.js")).run,
  },
  {
    name: "heap",
    summary: "replay a program's allocations through many allocators",
    takes: { "<log>": "a path, or - for standard input" },
    options: { ...heapCommand, ...commonOptions },
    recordedBy: "record it first: pagewalk trace record --heap -o FILE.log -- COMMAND",
    lists: async () => (await import("./heap.js")).allocatorList(),
    details: `
A log has one call per line, as trace record --heap and ltrace write it. Logs of mtrace, heaptrack and the malloc lab
are read as well.

  malloc(48) = 0x55555555b2a0
  realloc(0x55555555b2a0, 64) = 0x55555555b2e0
  free(0x55555555b2e0)

A custom allocator is a JavaScript module, given by its path (with a slash, or ending with .js or .mjs): ./mine.js,
./mine.js:growth=4096. See docs/custom-allocator.md.

The table has, for each allocator: the most memory held from the system (peak heap) and resident (peak resident); the
share lost when the program used most, within used blocks (internal) and outside them (external); and its system calls.
docs/heaps.md defines the columns.`,
    examples: [
      "pagewalk trace record --heap -o ls.log -- ls",
      "pagewalk heap ls.log --allocators glibc,musl,./mine.js",
      "pagewalk heap ls.log --allocators all --costs --report heaps.html",
    ],
    load: async () => (await import("./heap.js")).run,
  },
  {
    name: "translate",
    summary: "split addresses into page-table indices and offset",
    takes: { "<address...>": "virtual addresses such as 0x7ffff7fbb123, or decimal ones" },
    words: [],
    options: { ...translateCommand, ...commonOptions },
    details: `
Each field is shown in binary and hexadecimal, with the index and the place of its entry in the table. An address that
the architecture does not allow is refused.

With --run, a call log runs first. The entries are then those of the page tables of its first process that is alive at
the end, with their addresses, bits and the physical address.`,
    examples: [
      "pagewalk translate 0x7ffff7fbb123",
      "pagewalk translate 0x3ffff7fb123 0x10000 --arch sv48 --json",
      "pagewalk translate 0x7ffffffff000 --run examples/process/regions.calls",
    ],
    load: async () => (await import("./translate.js")).run,
  },
  {
    name: "exercise",
    summary: "make exercises for students, with answers, from a seed",
    takes: { "[kind]": "one of the kinds below; without it, each of them" },
    words: EXERCISE_KINDS,
    options: { ...exerciseCommand, ...commonOptions },
    details: `
Kinds:
  translate  virtual addresses by a small page table: a physical address or a fault
  replace    a reference string and a policy: hits, misses and victims
  tlb        a set-associative TLB: hits and misses
  allocate   first, best or worst fit: the blocks of malloc, the free list
  fault      mmap, mprotect, fork: nothing, a minor fault, a copy or a signal

The answers are those of the simulation. The same seed and options give the same sheet on every machine. With --check a
word may be cut short while it is unambiguous: h for hit.`,
    examples: [
      "pagewalk exercise translate --seed 7",
      "pagewalk exercise replace --policy lru --frames 4 --count 10 --report sheet.html",
      "printf 'miss\\nhit\\n' | pagewalk exercise tlb --check",
    ],
    load: async () => (await import("./exercise.js")).run,
  },
  {
    name: "trace",
    summary: "inspect, convert, generate and record traces",
    commands: [
      {
        name: "info",
        summary: "describe the contents of a trace",
        takes: TRACE,
        options: reading,
        records: true,
        examples: [
          "pagewalk trace info ls.pagewalk",
          "pagewalk trace info blocks.csv --columns page=lbn,kind=op",
          "xz -dc big.lackey.xz | pagewalk trace info - --json",
        ],
        load: async () => (await import("./trace-info.js")).run,
      },
      {
        name: "convert",
        summary: "write a trace in another format",
        takes: { "<in>": "a path, or - for standard input", "<out>": "a path, or - for standard output" },
        options: { ...traceOptions, ...writeOptions, ...commonOptions },
        recordedBy: "record it in any format: pagewalk trace record --to FORMAT -o FILE -- COMMAND",
        details: `
A file appears under its name only when it is complete. If the name ends with .gz, the output is compressed.
Information that the output format cannot hold is reported.`,
        examples: [
          "pagewalk trace convert ls.lackey.zst ls.pagewalk",
          "pagewalk trace convert blocks.csv blocks.vscsi --columns page=5,size=4",
          "pagewalk trace convert ls.pagewalk - --to lackey | less",
        ],
        load: async () => (await import("./trace-convert.js")).run,
      },
      {
        name: "generate",
        summary: "generate a trace from a pattern and a seed",
        takes: { "<pattern>": "one of the patterns below", "[parts]": "the parts of a mixture or phases" },
        words: ["zipf", "uniform", "sequential", "loop", "stride", "working-set", "mixture", "phases"],
        options: { ...generateCommand, ...commonOptions },
        details: `
Patterns:
  zipf         the page of rank k with a probability proportional to 1 / k^alpha
  uniform      every page with the same probability
  sequential   an array read from start to end, repeatedly
  loop         page after page, one reference each, repeatedly
  stride       addresses --stride bytes apart, repeatedly
  working-set  phases, each with a set of pages of its own
  mixture      several of these, chosen at random
  phases       several of these, or mixtures, one after the other

The parts of a mixture are separated by + signs, each with its weight and the options of its pattern. Phases are
separated by semicolons, each with its number of references. A part has its own pages, behind those of the part before
it, unless it has start=ADDRESS; and its own seed, unless it has seed=N. The same options give the same trace on every
machine.`,
        examples: [
          "pagewalk trace generate zipf --references 1e7 --pages 1e6 -o z.pagewalk",
          "pagewalk trace generate loop --pages 100 -o - --to lackey | head",
          'pagewalk trace generate mixture "0.7*zipf:pages=1000 + 0.3*loop" -o m.pagewalk',
        ],
        load: async () => (await import("./trace-generate.js")).run,
      },
      {
        name: "record",
        summary: "run a program and record its references, or its allocations",
        takes: { "<command...>": "the program to run and its arguments" },
        passesThrough: true,
        options: { ...recordCommand, ...commonOptions },
        details: `
The program runs under QEMU or under valgrind's tool lackey, which is much slower. The output of the program is not
changed. docs/recording.md describes what each one sees.

--from, --until, --marked, --sample and --limit keep a part of the references. Markers are those of pagewalk.h, a header
for C and C++ in the package's folder include. When nothing more can be kept, the program is killed. Ctrl-C ends the
program, and keeps the references so far.

With --heap the program runs at nearly its own speed, and each call of its allocator (malloc, free, …) is recorded with
the address that it returned. This needs Linux with glibc and a C compiler. OUT.maps is written beside OUT: the
program's regions at its first call. A name that ends with .pagewalk has both in one file. Addresses are not randomised.
Forked children are not recorded; with --follow, the programs that they execute are, each in a file of its own with the
number of its process in the name.

With --heap and --calls, references, system calls and allocations are in one time line, under valgrind: run --show
charges shows the cost of each allocation, and run --allocator NAME its cost with another allocator.`,
        examples: [
          "pagewalk trace record -o ls.pagewalk -- ls -l /usr/bin",
          "pagewalk trace record --from main --limit 1GiB -o sort.pagewalk -- sort words.txt",
          "pagewalk trace record --heap -o sort.log -- sort words.txt",
        ],
        load: async () => (await import("./trace-record.js")).run,
      },
    ],
  },
  {
    name: "formats",
    summary: "list the formats of traces and of heap logs",
    options: commonOptions,
    examples: ["pagewalk formats", "pagewalk formats --json"],
    load: async () => (await import("./formats.js")).run,
  },
  {
    name: "policy",
    summary: "check a replacement policy of your own",
    commands: [
      {
        name: "check",
        summary: "test a custom policy against the rules that every policy keeps",
        takes: { "<file>": "a module, with optional parameters: ./mine.js:window=3" },
        options: { ...policyCheckOptions, ...commonOptions },
        details: `
The file is a JavaScript module that exports a policy; docs/custom-policy.md explains how to write one. Each claim is
tested on random requests. If one does not hold, a short counterexample is printed and the exit status is 1.`,
        examples: [
          "pagewalk policy check ./mine.js",
          "pagewalk policy check ./mine.js:secondary=0.2 --trials 5000",
        ],
        load: async () => (await import("./policy-check.js")).run,
      },
    ],
  },
  {
    name: "allocator",
    summary: "check an allocator of your own",
    commands: [
      {
        name: "check",
        summary: "test a custom allocator against the rules that every allocator keeps",
        takes: { "<file>": "a module, with optional parameters: ./mine.js:growth=4096" },
        options: { ...allocatorCheckOptions, ...commonOptions },
        details: `
The file is a JavaScript module that exports an allocator; docs/custom-allocator.md explains how to write one. Each claim
is tested on random programs. If one does not hold, a short program is printed and the exit status is 1.`,
        examples: [
          "pagewalk allocator check ./mine.js",
          "pagewalk allocator check ./mine.js:growth=4096 --trials 1000",
        ],
        load: async () => (await import("./allocator-check.js")).run,
      },
    ],
  },
  {
    name: "serve",
    summary: "serve the playground: this program in a browser",
    options: { ...serveCommand, ...commonOptions },
    details: `
Open the printed address in a browser. Traces are read and simulated in the page; none is sent anywhere. Ctrl-C ends the
server.`,
    examples: ["pagewalk serve", "pagewalk serve --port 0 --json"],
    load: async () => (await import("./serve.js")).run,
  },
  {
    name: "completion",
    summary: "print a script that completes words in a shell",
    takes: { "<shell>": "bash, zsh, fish or powershell" },
    words: SHELLS,
    details: `
The script completes commands, options and their values. It calls pagewalk, which must be on the PATH; that of bash also
needs the package bash-completion.`,
    examples: [
      "source <(pagewalk completion bash)",
      "pagewalk completion zsh > ~/.zsh/_pagewalk",
      "pagewalk completion fish > ~/.config/fish/completions/pagewalk.fish",
    ],
    load: async () => {
      const { printScript } = await import("./completion.js");
      return (shell) => printScript(shell, SHELLS);
    },
  },
  {
    name: "man",
    summary: "print the manual page",
    examples: ["pagewalk man | man -l -", "pagewalk man > pagewalk.1"],
    load: async () => {
      const { printManual } = await import("./man.js");
      return () => printManual(COMMANDS, commonOptions);
    },
  },
  {
    name: "complete",
    summary: "print completions of the last word",
    takes: { "[words...]": "the words of a command line, after --" },
    hidden: true,
    passesThrough: true,
    load: async () => {
      const { complete } = await import("./completion.js");
      return (words) => complete(words, COMMANDS);
    },
  },
];
