// The layers that docs/architecture.md declares. `layers.test.ts` compares them with the import statements.

/**
 * A layer's files and the layers directly below it. It may use these, and all layers below them. Its files are named
 * by folder or file; the longest name that fits a file counts.
 */
export type Layers = Record<string, { files: string[]; on: string[] }>;

/**
 * ```
 *             index
 *   heap             │
 *   process  analysis│
 *            engine  │ trace
 *            demand  │
 *       paging       │
 *       machine      │
 *   mmu    policy    │
 *   frames           │
 *   ────── core ─────┴──
 *           abi
 * ```
 */
const kernel: Layers = {
  "kernel abi": {
    files: ["assembly/abi", "assembly/trace/pagewalk/format.ts"],
    on: [],
  },
  "kernel core": { files: ["assembly/core"], on: ["kernel abi"] },
  "kernel frames": { files: ["assembly/frames"], on: ["kernel core"] },
  "kernel mmu": { files: ["assembly/mmu"], on: ["kernel frames"] },
  "kernel policy": { files: ["assembly/policy"], on: ["kernel core"] },
  "kernel machine": { files: ["assembly/machine"], on: ["kernel mmu", "kernel policy"] },
  "kernel paging": { files: ["assembly/paging"], on: ["kernel machine"] },
  "kernel demand": { files: ["assembly/demand"], on: ["kernel paging"] },
  "kernel engine": { files: ["assembly/engine"], on: ["kernel demand"] },
  "kernel analysis": { files: ["assembly/analysis"], on: ["kernel engine"] },
  "process system": { files: ["assembly/process/system"], on: ["kernel paging"] },
  "process space": { files: ["assembly/process/space"], on: ["process system"] },
  "process pages": { files: ["assembly/process/pages"], on: ["process space"] },
  "process vma": { files: ["assembly/process/vma"], on: ["process pages"] },
  "process memory": { files: ["assembly/process/memory"], on: ["process vma"] },
  "process references": { files: ["assembly/process/references"], on: ["process memory"] },
  "process inspect": { files: ["assembly/process/inspect"], on: ["process memory"] },
  "process calls": { files: ["assembly/process/calls"], on: ["process references", "process inspect"] },
  "kernel process": { files: ["assembly/process"], on: ["process calls"] },
  "kernel heap": { files: ["assembly/heap"], on: ["kernel process"] },
  "kernel trace": { files: ["assembly/trace"], on: ["kernel core"] },
  "kernel index": {
    files: ["assembly/index.ts", "assembly/machine-index.ts", "assembly/abi-check.ts"],
    on: ["kernel heap", "kernel analysis", "kernel trace"],
  },
};

/**
 * ```
 *   cli   index                             workers/worker
 *   report   exercise                             │
 *   heap ─────────────────────────────────────────┘
 *   log/{parse,calls,order,run}
 *   process  replay    compare  mrc    heat  trace/{info,convert,read,record}
 *   │        │           sweep  │       │     │
 *   │        │         └─simulate─┘     │     │
 *   machine ─┘           │     │        │     │
 *   policy ──────────────┘  workers     │     │
 *   custom                     │        │     │
 *   allocators                pass ─────┴─────┘
 *   registry         trace  future
 *                     wasm   │   the kernel's abi
 *   elf errors nearest platform printable units
 * ```
 */
const host: Layers = {
  basics: {
    files: ["src/errors.ts", "src/nearest.ts", "src/platform", "src/printable.ts", "src/units.ts"],
    on: [],
  },
  elf: { files: ["src/elf"], on: ["basics"] },
  options: { files: ["src/options"], on: ["basics", "kernel abi"] },
  registry: { files: ["src/registry"], on: ["basics"] },
  wasm: { files: ["src/wasm"], on: ["basics", "kernel abi"] },
  trace: { files: ["src/trace"], on: ["wasm", "options", "future"] },
  future: { files: ["src/future"], on: ["wasm"] },
  allocators: { files: ["src/allocators"], on: ["wasm", "registry"] },
  custom: { files: ["src/custom"], on: ["registry", "trace"] },
  policy: { files: ["src/policy"], on: ["custom"] },
  machine: { files: ["src/machine"], on: ["policy"] },
  pass: { files: ["src/pass"], on: ["trace", "future"] },
  "trace tools": {
    files: [
      "src/trace/info.ts",
      "src/trace/convert.ts",
      "src/trace/encoding-threads.ts",
      "src/trace/read.ts",
      "src/trace/record",
    ],
    on: ["workers", "elf"],
  },
  workers: { files: ["src/workers"], on: ["pass"] },
  simulate: { files: ["src/simulate"], on: ["policy", "workers"] },
  sweep: { files: ["src/sweep"], on: ["simulate"] },
  compare: { files: ["src/compare"], on: ["sweep"] },
  mrc: { files: ["src/mrc"], on: ["simulate"] },
  heat: { files: ["src/heat"], on: ["pass"] },
  replay: { files: ["src/replay"], on: ["machine", "pass"] },
  process: { files: ["src/process"], on: ["allocators", "elf", "machine", "pass"] },
  "log parse": { files: ["src/process/log/parse"], on: ["process"] },
  "log calls": { files: ["src/process/log/calls"], on: ["log parse"] },
  "log order": { files: ["src/process/log/order"], on: ["log calls"] },
  "log run": { files: ["src/process/log/run"], on: ["log order"] },
  exercise: { files: ["src/exercise"], on: ["compare", "process"] },
  heap: { files: ["src/heap"], on: ["log run", "workers", "heat", "trace tools"] },
  worker: { files: ["src/workers/worker.ts"], on: ["simulate", "heap"] },
  report: { files: ["src/report"], on: ["compare", "exercise", "heap", "mrc", "replay"] },
  cli: { files: ["src/cli"], on: ["report"] },
  playground: { files: ["src/playground"], on: ["report"] },
  api: { files: ["src/index.ts", "src/configure.ts"], on: ["report"] },
};

export const layers: Layers = { ...kernel, ...host };
