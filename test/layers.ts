// The layers that docs/architecture.md declares, and what does not keep to them yet. `layers.test.ts` compares both
// with the import statements.

/**
 * A layer's files and the layers that it stands on. It may use these, and all that they stand on. Its files are named
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
    files: ["assembly/index.ts", "assembly/abi-check.ts"],
    on: ["kernel heap", "kernel analysis", "kernel trace"],
  },
};

/**
 * ```
 *   cli   index           workers/worker
 *   report                      │
 *   heap ───────────────────────┘
 *   log (run order calls parse)
 *   process mrc heat
 *   replay
 *   compare
 *   own trace future allocators
 *   registry workers wasm
 *   errors nearest units platform   │   the kernel's abi
 * ```
 */
const host: Layers = {
  basics: { files: ["src/errors.ts", "src/nearest.ts", "src/units.ts", "src/platform.ts"], on: [] },
  registry: { files: ["src/registry"], on: ["basics"] },
  wasm: { files: ["src/wasm"], on: ["basics", "kernel abi"] },
  workers: { files: ["src/workers"], on: ["wasm"] },
  trace: { files: ["src/trace"], on: ["wasm"] },
  future: { files: ["src/future"], on: ["wasm"] },
  allocators: { files: ["src/allocators"], on: ["wasm", "registry"] },
  own: { files: ["src/own"], on: ["registry", "trace"] },
  compare: { files: ["src/compare"], on: ["workers", "trace", "future", "allocators", "own"] },
  replay: { files: ["src/replay"], on: ["compare"] },
  process: { files: ["src/process"], on: ["replay"] },
  "log parse": { files: ["src/process/log/parse"], on: ["process"] },
  "log calls": { files: ["src/process/log/calls"], on: ["log parse"] },
  "log order": { files: ["src/process/log/order"], on: ["log calls"] },
  "log run": { files: ["src/process/log/run"], on: ["log order"] },
  mrc: { files: ["src/mrc"], on: ["replay"] },
  heat: { files: ["src/heat"], on: ["replay"] },
  heap: { files: ["src/heap"], on: ["log run", "mrc", "heat"] },
  worker: { files: ["src/workers/worker.ts"], on: ["heap"] },
  report: { files: ["src/report"], on: ["heap"] },
  cli: { files: ["src/cli"], on: ["report"] },
  api: { files: ["src/index.ts"], on: ["report"] },
};

export const layers: Layers = { ...kernel, ...host };

/** Imports against the layers, as they stand today. A line that holds no longer must go; no new one comes. */
export const againstLayers: string[] = ["src/future/chunk-file.ts > src/trace/cleanup.ts"];

/** Files that import one another, as they stand today: each group is to become smaller and to vanish. The kernel has none. */
export const cycles: string[][] = [
  ["src/future/chunk-file.ts", "src/future/chunk-store.ts"],
  [
    "src/process/block-charges.ts",
    "src/process/contents.ts",
    "src/process/costs.ts",
    "src/process/heap-view.ts",
    "src/process/library-calls.ts",
    "src/process/proc/subject.ts",
    "src/process/proc/views.ts",
    "src/process/process-heap.ts",
    "src/process/process.ts",
    "src/process/signal-frame.ts",
    "src/process/system-calls.ts",
    "src/process/system.ts",
    "src/process/thread.ts",
  ],
  ["src/trace/input.ts", "src/trace/node-input.ts"],
];
