/**
 * An array that grows without moving its elements: chunks of 4096 elements, found through a directory. For tables whose
 * final size is unknown, since the arena frees nothing.
 *
 *   directory ──> ┌─ chunk 0 ─┐   element i: chunk i >> 12, place i & 4095
 *                 ├─ chunk 1 ─┤
 *                 └─  0: not allocated yet
 */
import { allocate, make } from "./arena";

const CHUNK_SHIFT: u32 = 12;
const CHUNK_MASK: u32 = (1 << CHUNK_SHIFT) - 1;
const MAX_CHUNKS: u32 = 1 << 14;
/** The maximum number of elements. */
export const MAX_ELEMENTS: u32 = MAX_CHUNKS << CHUNK_SHIFT;

@unmanaged
export class Chunks {
  /** Elements added so far. */
  count: u32;
  private elementBytes: u32;
  private directory: usize;

  /** Null when memory is out. */
  static create(elementBytes: u32): Chunks {
    const chunks = make<Chunks>();
    if (changetype<usize>(chunks) == 0) return chunks;
    chunks.elementBytes = elementBytes;
    chunks.directory = allocate((<u64>MAX_CHUNKS) << 2);
    return chunks.directory == 0 ? changetype<Chunks>(0) : chunks;
  }

  /** The address of element `index`, which was added before. */
  @inline
  at(index: u32): usize {
    const chunk = load<u32>(this.directory + ((index >> CHUNK_SHIFT) << 2));
    return chunk + (index & CHUNK_MASK) * this.elementBytes;
  }

  /** The bytes needed to grow to `count` elements. */
  bytesFor(count: u64): u64 {
    const have = (<u64>this.count + CHUNK_MASK) >> CHUNK_SHIFT;
    const chunks = (count + CHUNK_MASK) >> CHUNK_SHIFT;
    return ((chunks - min(chunks, have)) * this.elementBytes) << CHUNK_SHIFT;
  }

  /** Adds one zeroed element, number `count - 1`; false when memory is out. */
  add(): bool {
    const place = this.directory + ((this.count >> CHUNK_SHIFT) << 2);
    if (this.count >> CHUNK_SHIFT >= MAX_CHUNKS) return false;
    if (load<u32>(place) == 0) {
      const chunk = allocate((<u64>this.elementBytes) << CHUNK_SHIFT);
      if (chunk == 0) return false;
      store<u32>(place, <u32>chunk);
    }
    this.count++;
    return true;
  }

  /** Removes all elements. Their memory is reused. */
  clear(): void {
    const used = (this.count + CHUNK_MASK) >> CHUNK_SHIFT;
    for (let n: u32 = 0; n < used; n++)
      memory.fill(load<u32>(this.directory + (n << 2)), 0, (<usize>this.elementBytes) << CHUNK_SHIFT);
    this.count = 0;
  }

  /** A copy; null when memory is out. */
  copy(): Chunks {
    const copy = Chunks.create(this.elementBytes);
    if (changetype<usize>(copy) == 0) return copy;
    return copy.copyFrom(this) ? copy : changetype<Chunks>(0);
  }

  /** Copies the elements of `other`, which have the same size, into this empty array; false when memory is out. */
  copyFrom(other: Chunks): bool {
    for (let n: u32 = 0; n < other.count; n++) {
      if (!this.add()) return false;
      memory.copy(this.at(n), other.at(n), this.elementBytes);
    }
    return true;
  }
}
