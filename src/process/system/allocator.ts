/** The allocator of the C library in a system's processes. */
import { HEAP_WATCHED } from "../../../assembly/abi/heap.js";
import type { AllocatorChoice } from "../../allocators/allocators.js";
import { isPath } from "../../custom/load.js";
import { OptionError, UsageError } from "../../errors.js";
import { DEFAULT_ALLOCATOR } from "../../options/process.js";
import { choose, type Nouns } from "../../registry/choice.js";
import { parseSignature, type Signature } from "../../registry/signature.js";
import type { KernelSystem } from "../../wasm/process/system.js";
import type { Layout } from "../program/layout.js";

const NOUNS: Nouns = { one: "allocator", many: "allocators", full: "allocator" };
const NARROW = 1n << 32n;
/** The page size that allocators assume. */
const PAGE_BYTES = 4096n;

export class SystemAllocator {
  /**
   * How the allocator's own accesses reach the machine: `HEAP_WATCHED`, or `HEAP_QUIET` if they come from elsewhere.
   */
  mode = HEAP_WATCHED;
  private known: AllocatorChoice | undefined;

  /** Throws `UsageError` for an unknown name. */
  constructor(
    private readonly kernel: KernelSystem,
    private readonly layout: Layout,
    private readonly name: string,
  ) {
    if (name !== DEFAULT_ALLOCATOR) this.known = this.choose(name);
  }

  /** The allocator of new processes. */
  get usual(): AllocatorChoice {
    this.known ??= this.choose(this.name);
    return this.known;
  }

  /** True if the allocator is the default. */
  get isUsual(): boolean {
    return this.name === DEFAULT_ALLOCATOR;
  }

  /** True if an allocator of that name exists. */
  has(name: string): boolean {
    return this.signatures.some((one) => one.name === name);
  }

  private get signatures(): Signature[] {
    return this.kernel.allocatorSignatures().map(parseSignature);
  }

  /** An allocator by name and parameters: `first-fit:order=address`. Throws `UsageError`. */
  choose(text: string): AllocatorChoice {
    const { arch, taskSize, pageBytes } = this.layout;
    if (taskSize <= NARROW || pageBytes !== PAGE_BYTES)
      throw OptionError.at(
        "arch",
        `${arch} has no heap here`,
        "allocators are modelled for 64 bits and pages of 4 KiB, such as x86-64's",
      );
    if (isPath(text)) throw OptionError.at("allocator", ...customRefused(text));
    try {
      return choose(text.trim().toLowerCase(), this.signatures, NOUNS);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw OptionError.at("allocator", error.words.problem, error.words.remedy);
    }
  }
}

/**
 * A process, with the state of its allocator, can be forked and restored. The state of an allocator in JavaScript
 * cannot.
 */
function customRefused(text: string): [problem: string, remedy: string] {
  const problem = `the custom allocator "${text}" runs outside of the kernel, where a process's fork cannot copy it`;
  return [problem, "use it with heap"];
}
