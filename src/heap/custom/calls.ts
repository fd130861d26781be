/** The calls of a custom allocator. Functions that it leaves out are made from its `malloc` and `free`. */
import type { AllocatorFunctions } from "./definition.js";
import type { AllocatorMemory } from "./memory.js";

/** Default alignment of `malloc`. */
const DEFAULT_ALIGNMENT = 16;

export class CustomCalls {
  /** Aligned blocks inside a larger block of the allocator, with the address of the latter. */
  private readonly bases = new Map<number, number>();

  constructor(
    private readonly it: AllocatorFunctions,
    private readonly memory: AllocatorMemory,
  ) {}

  malloc(bytes: number): number {
    return this.it.malloc(bytes);
  }

  calloc(count: number, bytes: number): number {
    if (this.it.calloc !== undefined) return this.it.calloc(count, bytes);
    const address = this.it.malloc(count * bytes);
    if (isBlock(address)) this.memory.fill(address, 0, count * bytes);
    return address;
  }

  free(address: number): void {
    this.it.free(this.baseOf(address));
    this.bases.delete(address);
  }

  /** `had`: the requested size of the block. */
  realloc(address: number, had: number, bytes: number): number {
    if (this.it.realloc !== undefined && !this.bases.has(address)) return this.it.realloc(address, bytes);
    if (bytes === 0) {
      this.free(address);
      return 0;
    }
    const moved = this.it.malloc(bytes);
    if (!isBlock(moved)) return moved;
    this.memory.copy(moved, address, Math.min(bytes, this.usableSize(address, had)));
    this.free(address);
    return moved;
  }

  memalign(alignment: number, bytes: number): number {
    if (this.it.memalign !== undefined) return this.it.memalign(alignment, bytes);
    if (alignment <= DEFAULT_ALIGNMENT) return this.it.malloc(bytes);
    const base = this.it.malloc(bytes + alignment);
    if (!isBlock(base)) return base;
    const address = Math.ceil(base / alignment) * alignment;
    if (address !== base) this.bases.set(address, base);
    return address;
  }

  usableSize(address: number, had: number): number {
    if (this.it.usableSize === undefined) return had;
    const base = this.baseOf(address);
    const usable = this.it.usableSize(base);
    return base === address ? usable : usable - (address - base);
  }

  /** Bytes of the heap that the block takes. */
  footprint(address: number, had: number): number {
    if (this.it.footprint !== undefined) return this.it.footprint(this.baseOf(address));
    return this.it.usableSize === undefined ? had : this.it.usableSize(this.baseOf(address));
  }

  trim(pad: number): number {
    return this.it.trim?.(pad) === true ? 1 : 0;
  }

  threadExit(): void {
    this.it.threadExit?.();
  }

  private baseOf(address: number): number {
    return this.bases.size === 0 ? address : (this.bases.get(address) ?? address);
  }
}

/** True if it is an address, as far as the functions here need one. The result is checked further afterwards. */
function isBlock(address: unknown): boolean {
  return Number.isSafeInteger(address) && address !== 0;
}
