/**
 * A machine for single accesses, manual mappings and inspection. It uses the same kernel as `replay`, and executes
 * every access.
 */
import * as v from "valibot";
import { STATUS_OK } from "../../assembly/abi/core.js";
import {
  HUGE_NEVER,
  MACHINE_ADDRESS_TOO_WIDE,
  MACHINE_ALREADY_MAPPED,
  MACHINE_MEMORY_FULL,
  MACHINE_PROTECTION_FAULT,
  MACHINE_SEGMENTATION_FAULT,
  MACHINE_SWAP_FULL,
} from "../../assembly/abi/machine.js";
import { FLAG_EXECUTE, FLAG_READ, FLAG_USER, FLAG_WRITE } from "../../assembly/abi/mmu.js";
import { REFERENCE_KINDS } from "../../assembly/abi/names.js";
import { OptionError, PagewalkError, UsageError } from "../errors.js";
import { validate } from "../options/validate.js";
import { Kernel } from "../wasm/kernel.js";
import type { FrameCounts, KernelMachine, MachineCounters } from "../wasm/machine.js";
import { buildMachine, type NamedTlb } from "./build.js";
import {
  type EntryView,
  type FrameView,
  Inspector,
  type PageId,
  type PolicyList,
  type TlbView,
} from "./inspector.js";
import { type MachineOptions, type MachinePlan, machineEntries, planMachine } from "./options.js";

/** A fetch of an instruction, a load, a store, or a load and a store at one address. */
export type AccessKind = "fetch" | "load" | "store" | "modify";
/** A virtual address. Numbers are exact below 2^53. */
export type Address = number | bigint;
/** The outcome of an access, as a value. */
export type Fault = "minor" | "major" | "protection" | "segmentation" | "out-of-memory" | "out-of-swap";

/** Outcome of one access. */
export interface Access {
  /** Undefined if the access was stopped. */
  physicalAddress: bigint | undefined;
  /** Bytes of the page. */
  pageSize: number | undefined;
  /** The TLB level that hit; undefined: the page was walked. */
  tlbLevel: number | undefined;
  /** The entries on the walk to the page in their current state, from the root. */
  walk: EntryView[];
  /** The fault that the access took; undefined if there was none. A minor or major one was served. */
  fault: Fault | undefined;
}

/** Permissions and page size of pages that `map` maps. */
export interface Mapping {
  /** Allow stores; default: true. */
  write?: boolean;
  /** Allow fetches; default: false. */
  execute?: boolean;
  /** User access; without it, every access is a protection fault. */
  user?: boolean;
  /** Name of the page size, such as `2m`; default: the smallest. */
  pageSize?: string;
}

/** Options of `Machine.create`. */
export interface CreateMachineOptions extends MachineOptions {
  /** Pages are created when they are touched, read-write-execute; otherwise only by `map`. */
  demand?: boolean;
  /** Number of address spaces: asids 0 to `spaces - 1`. */
  spaces?: number;
}

const MOST_SPACES = 65536;

const schema = v.strictObject({
  ...machineEntries,
  /** As for `replay`, but `map` may request huge pages unless they are disabled. */
  huge: v.optional(machineEntries.huge.wrapped, "madvise"),
  demand: v.optional(v.boolean(), true),
  spaces: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MOST_SPACES)), 1),
});
const mappingSchema = v.strictObject({
  write: v.optional(v.boolean(), true),
  execute: v.optional(v.boolean(), false),
  user: v.optional(v.boolean(), true),
  pageSize: v.optional(v.string()),
});
const kindSchema = v.strictObject({ kind: v.picklist(["fetch", "load", "store", "modify"]) });

/**
 * A machine for single accesses: TLBs, page tables, physical memory and page replacement, of which each state can be
 * inspected. Counts are those of `replay`.
 */
export class Machine {
  private space = 0;
  private readonly inspector: Inspector;
  private copy: Kernel | undefined;

  private constructor(
    private readonly plan: MachinePlan,
    private readonly kernelMachine: KernelMachine,
    tlbs: readonly NamedTlb[],
    /** Number of address spaces. */
    readonly spaces: number,
    private readonly demand: boolean,
  ) {
    this.inspector = new Inspector(kernelMachine, plan.geometry, tlbs);
  }

  /** A new machine. Throws `UsageError` for options that cannot be, and for policies that need to know the future. */
  static async create(options: CreateMachineOptions = {}): Promise<Machine> {
    const checked = validate("Machine.create", schema, options);
    const kernel = await Kernel.create();
    const plan = await planMachine(kernel, checked, checked.spaces);
    if (plan.needsFuture) {
      throw OptionError.at("policy", `${plan.policy} needs to know the future`, "use it with replay");
    }
    const { machine, tlbs } = buildMachine(kernel, plan);
    return new Machine(plan, machine, tlbs, checked.spaces, checked.demand);
  }

  /** One access by the running program; `size` is 1 byte by default. */
  access(address: Address, kind: AccessKind = "load", size = 1): Access {
    const number = REFERENCE_KINDS.indexOf(validate("access", kindSchema, { kind }).kind);
    const va = this.checkAddress(address);
    const before = this.kernelMachine.counters;
    const status = this.demand
      ? this.kernelMachine.access(va, size, number)
      : this.kernelMachine.accessMapped(va, size, number);
    if (status === MACHINE_ADDRESS_TOO_WIDE) throw this.tooWide(this.kernelMachine.failedAddress);
    const fault = faultOf(status, before, this.kernelMachine.counters);
    const walk = this.inspector.walk(this.space, va);
    const leaf = walk.at(-1);
    if (status !== STATUS_OK || leaf === undefined || leaf.frame === undefined || !leaf.leaf) {
      return { physicalAddress: undefined, pageSize: undefined, tlbLevel: undefined, walk, fault };
    }
    const pageSize = this.plan.geometry.pageBytes * 2 ** ((leaf.level - 1) * this.plan.geometry.indexBits);
    const level = this.kernelMachine.hitLevel;
    return {
      physicalAddress:
        BigInt(leaf.frame) * BigInt(this.plan.geometry.pageBytes) + (va & BigInt(pageSize - 1)),
      pageSize,
      tlbLevel: level === 0 ? undefined : level,
      walk,
      fault,
    };
  }

  /** As `access`. */
  translate(address: Address, kind: AccessKind = "load"): Access {
    return this.access(address, kind);
  }

  /** Maps new pages over `bytes` from `address` on. */
  map(address: Address, bytes: number, mapping: Mapping = {}): void {
    const { pageSize, ...rights } = validate("map", mappingSchema, mapping);
    const level = pageSize === undefined ? 1 : this.levelOf(pageSize);
    const step = this.plan.geometry.pageBytes * 2 ** ((level - 1) * this.plan.geometry.indexBits);
    for (const va of this.pages(address, bytes, step, "map")) {
      this.check("map", va, this.kernelMachine.map(va, level, flagsOf(rights)));
    }
  }

  /** Unmaps the pages, of any size, that begin in `bytes` from `address` on. */
  unmap(address: Address, bytes: number): void {
    for (const va of this.pages(address, bytes, this.plan.geometry.pageBytes, "unmap")) {
      if (this.isMapped(va)) this.kernelMachine.unmap(va);
    }
  }

  /** Changes the permissions of the pages there, which must be mapped. */
  protect(address: Address, bytes: number, rights: Omit<Mapping, "pageSize">): void {
    const flags = flagsOf(validate("protect", v.omit(mappingSchema, ["pageSize"]), rights));
    for (const va of this.pages(address, bytes, this.plan.geometry.pageBytes, "protect")) {
      this.check("protect", va, this.kernelMachine.protect(va, flags));
    }
  }

  /** Switches to another address space; `flush`: without address-space tags, so all TLBs are flushed. */
  switchTo(space: number, { flush = false }: { flush?: boolean } = {}): void {
    if (!Number.isInteger(space) || space < 0 || space >= this.spaces) {
      const remedy = `there are 0 to ${this.spaces - 1}; ask Machine.create for more spaces`;
      throw new UsageError(`there is no address space ${space}`, remedy, "switchTo");
    }
    this.space = space;
    this.kernelMachine.switchSpace(space, flush);
  }

  /** Number of the running address space, from 0. */
  get currentSpace(): number {
    return this.space;
  }

  /** Flushes the page at `address` of the running space from all TLBs, as INVLPG does. */
  invalidate(address: Address): void {
    this.kernelMachine.invalidatePage(this.checkAddress(address));
  }

  /** Flushes all TLBs. */
  flush(): void {
    this.kernelMachine.switchSpace(this.space, true);
  }

  /** Walks, faults, evictions and swap since the machine was made; those of TLBs are in `tlbs`. */
  get counters(): MachineCounters {
    return this.kernelMachine.counters;
  }

  /** The non-zero entries of the table at `level` on the walk to `address`; level 1 maps base pages. */
  table(address: Address, level: number, space = this.space): EntryView[] {
    return this.inspector.table(space, this.checkAddress(address), level);
  }

  /** The entries on the walk to `address`, from the root. */
  walk(address: Address, space = this.space): EntryView[] {
    return this.inspector.walk(space, this.checkAddress(address));
  }

  /** Every TLB's shape, counters and contents, set by set. */
  get tlbs(): Record<string, TlbView> {
    return this.inspector.tlbs();
  }

  /** Frames of physical memory: how many there are, are in use, and hold page tables. */
  get frameCounts(): FrameCounts {
    return this.kernelMachine.frames;
  }

  /** The blocks of frames, from frame `from` on, with their owner and order. */
  *frames(from = 0): Generator<FrameView> {
    yield* this.inspector.frames(from);
  }

  /**
   * The lists of the replacement policy, with the pages that are in memory and those that it remembers (ghosts); 1,024
   * pages at most. Empty if memory is unlimited.
   */
  get policyLists(): PolicyList[] {
    return this.inspector.policyLists(this.plan.policy);
  }

  /** The page that the policy would evict next; undefined if it holds none, or memory is unlimited. */
  async nextVictim(): Promise<PageId | undefined> {
    // Asking evicts, so a copy is asked.
    this.copy ??= await Kernel.create();
    return this.inspector.nextVictim(this.copy);
  }

  /** Checks the consistency of the whole machine. For tests, since it walks all of it. */
  isValid(): boolean {
    return this.kernelMachine.isValid();
  }

  private isMapped(va: bigint): boolean {
    const last = this.inspector.walk(this.space, va).at(-1);
    return last !== undefined && (last.leaf || last.raw !== 0n);
  }

  private levelOf(pageSize: string): number {
    const level = this.plan.geometry.sizes.indexOf(pageSize.toLowerCase()) + 1;
    if (level > 1 && this.plan.parameters.huge === HUGE_NEVER) {
      throw new UsageError(`the machine has no ${pageSize} pages`, "create it without huge: never", "map");
    }
    if (level > 0) return level;
    const remedy = `${this.plan.geometry.name} has ${this.plan.geometry.sizes.join(", ")}`;
    throw new UsageError(`there are no ${pageSize} pages`, remedy, "map");
  }

  private *pages(address: Address, bytes: number, step: number, what: string): Generator<bigint> {
    const start = this.checkAddress(address);
    if (!Number.isSafeInteger(bytes) || bytes <= 0) {
      throw new UsageError(`${bytes} is not a number of bytes`, "give 1 or more", what);
    }
    if (start % BigInt(step) !== 0n) {
      const problem = `0x${start.toString(16)} is not the start of a page of ${step} bytes`;
      throw new UsageError(problem, "give an aligned address", what);
    }
    for (let at = 0; at < bytes; at += step) yield start + BigInt(at);
  }

  private checkAddress(address: Address): bigint {
    if (typeof address === "bigint" ? address >= 0n : Number.isSafeInteger(address) && address >= 0) {
      const va = BigInt(address);
      if (va < 2n ** 64n) return va;
    }
    throw new UsageError(
      `${address} is not an address`,
      "give a number up to 2^53, or a bigint up to 2^64",
      "address",
    );
  }

  private check(what: string, va: bigint, status: number): void {
    if (status === STATUS_OK) return;
    const address = `0x${va.toString(16)}`;
    if (status === MACHINE_ADDRESS_TOO_WIDE) throw this.tooWide(va);
    if (status === MACHINE_ALREADY_MAPPED) {
      throw new UsageError(`something is mapped at ${address}`, "unmap it first", what);
    }
    if (status === MACHINE_SEGMENTATION_FAULT) {
      throw new UsageError(`nothing is mapped at ${address}`, "map it first", what);
    }
    throw new PagewalkError(`memory is full at ${address}`, "give the machine more memory or swap", what);
  }

  private tooWide(va: bigint): UsageError {
    const { name, addressBits } = this.plan.geometry;
    const problem = `address 0x${va.toString(16)} is beyond ${name}'s ${addressBits} bits`;
    return new UsageError(problem, "choose a wider architecture", "address");
  }
}

function flagsOf({ write, execute, user }: { write: boolean; execute: boolean; user: boolean }): number {
  return FLAG_READ | (write ? FLAG_WRITE : 0) | (execute ? FLAG_EXECUTE : 0) | (user ? FLAG_USER : 0);
}

function faultOf(status: number, before: MachineCounters, after: MachineCounters): Fault | undefined {
  if (status === MACHINE_PROTECTION_FAULT) return "protection";
  if (status === MACHINE_SEGMENTATION_FAULT) return "segmentation";
  if (status === MACHINE_MEMORY_FULL) return "out-of-memory";
  if (status === MACHINE_SWAP_FULL) return "out-of-swap";
  if (after.major > before.major) return "major";
  return after.minor > before.minor ? "minor" : undefined;
}
