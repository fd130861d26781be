/**
 * The address space of a process (mm_struct): its regions and fields in kernel memory, and what the host knows of them:
 * the paths of files, the names of other regions, the layout of the architecture.
 */

import { SPACE_MMAP_BASE, SPACE_TASK_SIZE } from "../../assembly/abi/process.js";
import type { KernelSpace } from "../wasm/process/space.js";
import type { RawRegion } from "../wasm/process/structs.js";
import type { Layout } from "./program/layout.js";
import type { Files } from "./system/files.js";

export interface SpaceState {
  readonly names: readonly string[];
  readonly layout: Layout;
}

export class AddressSpace {
  /** Names of regions without a file: `[vdso]`. A region holds the index of its name, from 1. */
  private readonly names: string[] = [];

  constructor(
    readonly kernel: KernelSpace,
    private current: Layout,
    readonly files: Files,
  ) {}

  get layout(): Layout {
    return this.current;
  }

  /** Takes another layout: that of a program of another kind. */
  adopt(layout: Layout): void {
    this.current = layout;
    this.kernel.setField(SPACE_TASK_SIZE, layout.taskSize);
    this.kernel.setField(SPACE_MMAP_BASE, layout.mmapBase);
  }

  get pageBytes(): bigint {
    return this.layout.pageBytes;
  }

  /** The first page boundary at or above the address. */
  pageUp(address: bigint): bigint {
    return this.pageDown(address + this.pageBytes - 1n);
  }

  /** The last page boundary at or below the address. */
  pageDown(address: bigint): bigint {
    return address & -this.pageBytes;
  }

  /** A field of the space, `SPACE_…`. */
  field(offset: number): bigint {
    return this.kernel.field(offset);
  }

  /** The number of a region's name, for a region without a file. */
  label(name: string): number {
    const known = this.names.indexOf(name);
    return known >= 0 ? known + 1 : this.names.push(name);
  }

  /** The name with that number; undefined for 0. */
  labelled({ label }: Pick<RawRegion, "label">): string | undefined {
    return this.names[label - 1];
  }

  /** Its state outside kernel memory, for checkpoints. */
  state(): SpaceState {
    return { names: [...this.names], layout: this.current };
  }

  assume({ names, layout }: SpaceState): void {
    this.names.splice(0, this.names.length, ...names);
    this.current = layout;
  }
}
