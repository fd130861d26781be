/**
 * A heap as a map: how many bytes of each block of addresses are in each state, at moments, in memory that does not grow.
 *
 *                    moment 0      1        …  255
 *   block 0x0555…  ├ ▓▓▓░░░    ┼ ▓▓░░░░ ┼ … ─┤     a cell: bytes that are used, free, cached, of the top, the allocator's own,
 *   block 0x7fff…  ├           ┼ ▓▓▓▓▓▓ ┼ … ─┤     mapped alone, u64 each; a row for each block that ever had a chunk
 *        …
 *
 * A block begins as one page; when there are 1024, aligned pairs become one until a row is free, as in analysis/heat.ts.
 * A moment costs a walk over all chunks. In addition to its cells it keeps the sums of the free chunks.
 */
import { CHUNK_CACHED, CHUNK_FREE, CHUNK_MAPPED, CHUNK_META, CHUNK_TOP } from "../abi/heap";
import {
  MAP_CACHED,
  MAP_CELL_BYTES,
  MAP_COLUMN_BYTES,
  MAP_COLUMNS,
  MAP_FREE,
  MAP_FREE_BYTES,
  MAP_FREE_CHUNKS,
  MAP_LARGEST_FREE,
  MAP_MAPPED,
  MAP_META,
  MAP_NO_ARENA,
  MAP_OPERATIONS,
  MAP_ROWS,
  MAP_TOP,
  MAP_USED,
} from "../abi/heap-recorder";
import { allocate, make } from "../core/arena";
import { Hash } from "../core/hash";
import { ChunkView } from "./contract";
import { Moments } from "./moments";

const ROW_BYTES: usize = MAP_COLUMNS * MAP_CELL_BYTES;
const BUCKETS: u32 = MAP_ROWS * 2;
const BUCKET_MASK: u32 = BUCKETS - 1;
const BUCKET_BITS: u32 = ctz<u32>(BUCKETS);
const FIRST_SHIFT: u32 = 12;
const NO_BLOCK: u64 = u64.MAX_VALUE;

@final
@unmanaged
export class ChunkMap {
  // The host reads these, at abi/heap's MAP_….
  rows: u32;
  /** A block is 2^blockShift bytes. */
  blockShift: u32;
  /** Block numbers by row, u64 each. */
  blocks: usize;
  cells: usize;
  columns: usize;
  moments: Moments;
  /** By row, u32 each: the arena of the chunk that came there first, MAP_NO_ARENA where it is mapped alone. */
  arenas: usize;
  view: ChunkView;
  private buckets: usize; // u32: a row plus one, 0 where there is none; open addressing, linear probing
  private lastBlock: u64;
  private lastRow: u32;

  /** Null when memory is out. */
  static create(): ChunkMap {
    const nothing = changetype<ChunkMap>(0);
    const map = make<ChunkMap>();
    if (changetype<usize>(map) == 0) return nothing;
    map.blockShift = FIRST_SHIFT;
    map.blocks = allocate(MAP_ROWS * 8);
    map.cells = allocate(<u64>MAP_ROWS * ROW_BYTES);
    map.columns = allocate(MAP_COLUMNS * MAP_COLUMN_BYTES);
    map.arenas = allocate(MAP_ROWS * 4);
    map.buckets = allocate(BUCKETS * 4);
    map.moments = Moments.create(MAP_COLUMNS);
    map.view = make<ChunkView>();
    if (map.arenas == 0 || map.blocks == 0 || map.cells == 0 || map.columns == 0 || map.buckets == 0)
      return nothing;
    if (changetype<usize>(map.moments) == 0 || changetype<usize>(map.view) == 0) return nothing;
    return map;
  }

  /** A moment is due: true if a walk begins now. */
  isDue(operations: u64): bool {
    if (this.moments.areFull) this.thin();
    return this.moments.isMoment(operations);
  }

  /** A walk begins at `operations`; the column that its chunks go to. */
  begin(operations: u64): u32 {
    const column = this.moments.add(operations);
    const at = this.columnAt(column);
    memory.fill(at, 0, MAP_COLUMN_BYTES);
    store<u64>(at, operations, MAP_OPERATIONS);
    memory.fill(changetype<usize>(this.view), 0, offsetof<ChunkView>());
    this.lastBlock = NO_BLOCK;
    return column;
  }

  /** The chunk that the view shows belongs to `column`. */
  add(column: u32): void {
    const view = this.view;
    if (view.bytes == 0) return;
    if (view.state == CHUNK_FREE) this.addFree(column, view.bytes);
    const state = stateOf(view.state);
    const end = view.address + view.bytes;
    this.makeRoom(view.address, end - 1);
    let at = view.address;
    while (at < end) {
      const row = this.rowOf(at);
      const next = min(end, ((at >> this.blockShift) + 1) << this.blockShift);
      const cell = this.cellAt(row, column) + state;
      store<u64>(cell, load<u64>(cell) + (next - at));
      at = next;
    }
  }

  private addFree(column: u32, bytes: u64): void {
    const at = this.columnAt(column);
    store<u64>(at, load<u64>(at, MAP_FREE_BYTES) + bytes, MAP_FREE_BYTES);
    store<u64>(at, load<u64>(at, MAP_FREE_CHUNKS) + 1, MAP_FREE_CHUNKS);
    store<u64>(at, max(load<u64>(at, MAP_LARGEST_FREE), bytes), MAP_LARGEST_FREE);
  }

  @inline
  private columnAt(column: u32): usize {
    return this.columns + <usize>column * MAP_COLUMN_BYTES;
  }

  @inline
  private cellAt(row: u32, column: u32): usize {
    return this.cells + <usize>row * ROW_BYTES + <usize>column * MAP_CELL_BYTES;
  }

  /** Makes blocks so long that those from `first` to `last` have rows. */
  private makeRoom(first: u64, last: u64): void {
    if (first >> this.blockShift == this.lastBlock && last >> this.blockShift == this.lastBlock) return;
    while ((last >> this.blockShift) - (first >> this.blockShift) >= <u64>(MAP_ROWS / 2)) this.coarsen();
  }

  /** The row of an address's block, which gets one where it has none. */
  private rowOf(address: u64): u32 {
    const block = address >> this.blockShift;
    if (block == this.lastBlock) return this.lastRow;
    const bucket = this.find(block);
    const row = load<u32>(bucket);
    if (row == 0 && this.rows == <u32>MAP_ROWS) {
      this.coarsen();
      return this.rowOf(address);
    }
    this.lastBlock = block;
    this.lastRow = row != 0 ? row - 1 : this.addRow(block, bucket, arenaOf(this.view));
    return this.lastRow;
  }

  /** The bucket of `block`, or the empty one where it belongs. */
  private find(block: u64): usize {
    let at = Hash.of(block) >> (32 - BUCKET_BITS);
    while (true) {
      const bucket = this.buckets + ((<usize>at) << 2);
      const row = load<u32>(bucket);
      if (row == 0 || load<u64>(this.blocks + ((<usize>(row - 1)) << 3)) == block) return bucket;
      at = (at + 1) & BUCKET_MASK;
    }
  }

  private addRow(block: u64, bucket: usize, arena: u32): u32 {
    const row = this.rows++;
    store<u64>(this.blocks + ((<usize>row) << 3), block);
    store<u32>(this.arenas + ((<usize>row) << 2), arena);
    store<u32>(bucket, row + 1);
    return row;
  }

  /** Makes blocks twice as long. Rows move up in place: the row where one goes is never behind the one it comes from. */
  private coarsen(): void {
    const rows = this.rows;
    this.blockShift++;
    this.rows = 0;
    this.lastBlock = NO_BLOCK;
    memory.fill(this.buckets, 0, BUCKETS * 4);
    for (let row: u32 = 0; row < rows; row++) {
      const from = this.cells + <usize>row * ROW_BYTES;
      const block = load<u64>(this.blocks + ((<usize>row) << 3)) >> 1;
      const bucket = this.find(block);
      const there = load<u32>(bucket);
      if (there == 0) {
        const arena = load<u32>(this.arenas + ((<usize>row) << 2));
        memory.copy(this.cells + <usize>this.addRow(block, bucket, arena) * ROW_BYTES, from, ROW_BYTES);
      } else {
        addCells(this.cells + <usize>(there - 1) * ROW_BYTES, from);
      }
    }
    memory.fill(this.cells + <usize>this.rows * ROW_BYTES, 0, <usize>(rows - this.rows) * ROW_BYTES);
  }

  /** Every second column is gone. */
  private thin(): void {
    const moments = this.moments;
    moments.thin();
    for (let n: u32 = 0; n < moments.count; n++) {
      memory.copy(this.columnAt(n), this.columnAt(2 * n + 1), MAP_COLUMN_BYTES);
    }
    for (let row: u32 = 0; row < this.rows; row++) this.thinRow(row, moments.count);
  }

  private thinRow(row: u32, count: u32): void {
    for (let n: u32 = 0; n < count; n++) {
      memory.copy(this.cellAt(row, n), this.cellAt(row, 2 * n + 1), MAP_CELL_BYTES);
    }
    memory.fill(this.cellAt(row, count), 0, <usize>(<u32>MAP_COLUMNS - count) * MAP_CELL_BYTES);
  }

  /** True if each block is in the hash under its own row, and no cell has more bytes than its block. */
  isValid(): bool {
    const most = (<u64>1) << this.blockShift;
    for (let row: u32 = 0; row < this.rows; row++) {
      if (load<u32>(this.find(load<u64>(this.blocks + ((<usize>row) << 3)))) != row + 1) return false;
      for (let column: u32 = 0; column < <u32>MAP_COLUMNS; column++) {
        const cell = this.cellAt(row, column);
        let sum: u64 = 0;
        for (let state: usize = 0; state < <usize>MAP_CELL_BYTES; state += 8) sum += load<u64>(cell + state);
        if (sum > most) return false;
      }
    }
    return this.rows <= <u32>MAP_ROWS;
  }
}

/** Where in a cell bytes of a chunk in that state are counted. */
function stateOf(state: u32): usize {
  switch (state) {
    case CHUNK_FREE:
      return MAP_FREE;
    case CHUNK_CACHED:
      return MAP_CACHED;
    case CHUNK_TOP:
      return MAP_TOP;
    case CHUNK_META:
      return MAP_META;
    case CHUNK_MAPPED:
      return MAP_MAPPED;
    default:
      return MAP_USED;
  }
}

function arenaOf(view: ChunkView): u32 {
  return view.state == CHUNK_MAPPED ? <u32>MAP_NO_ARENA : view.arena;
}

function addCells(to: usize, from: usize): void {
  for (let n: usize = 0; n < ROW_BYTES; n += 8) {
    store<u64>(to + n, load<u64>(to + n) + load<u64>(from + n));
  }
}
