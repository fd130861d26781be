/**
 * The description of an extent, a run of pages: 128 bytes in a base block. From: include/jemalloc/internal/edata.h of
 * jemalloc 5.3.0, whose bit fields are bytes here.
 *
 *   0       2       3       4       6      8         16      24       32       40       64                       128
 *   ├ arena ┼ class ┼ state ┼ flags ┼ free ┼ address ┼ bytes ┼ record ┼ serial ┼ node ──┼ next, prev │ bitmap ────┤
 *     u16     u8      u8      u16     u16    u64       u64     u64      u64      u32      inactive     slab: bit n:
 *                                                                                         extent       region n is free
 *
 * `address` is where the block begins, which for a large one is in the first page, and is the extent's start otherwise.
 * `node`: of the heap that it is in. `record`: the serial number of the base block that this is in. `serial`: of the mapping, which parts of it inherit.
 */
import { HeapMemory } from "../memory";
import { PAGE } from "./sizes";

export const EDATA_BYTES: u64 = 128;
const CLASS: u64 = 2;
const STATE: u64 = 3;
const FLAGS: u64 = 4;
const FREE: u64 = 6;
const ADDRESS: u64 = 8;
const BYTES: u64 = 16;
const RECORD: u64 = 24;
const SERIAL: u64 = 32;
const NODE: u64 = 40;
const NEXT: u64 = 64;
const PREV: u64 = 72;
const BITMAP: u64 = 64;

// States.
export const ACTIVE: u32 = 0;
export const DIRTY: u32 = 1;
export const RETAINED: u32 = 3;

// Flags.
export const SLAB: u32 = 1;
/** All bytes are zero. */
export const ZEROED: u32 = 2;
/** It begins a mapping, so that nothing before it becomes one with it. */
export const HEAD: u32 = 4;
/** The block is the library's own. */
export const OWN: u32 = 8;

export class Edata {
  @inline
  static arena(memory: HeapMemory, edata: u64): u32 {
    return memory.read<u16>(edata);
  }

  @inline
  static sizeClass(memory: HeapMemory, edata: u64): u32 {
    return memory.read<u8>(edata + CLASS);
  }

  @inline
  static setSizeClass(memory: HeapMemory, edata: u64, index: u32): void {
    memory.write<u8>(edata + CLASS, <u8>index);
  }

  @inline
  static state(memory: HeapMemory, edata: u64): u32 {
    return memory.read<u8>(edata + STATE);
  }

  @inline
  static setState(memory: HeapMemory, edata: u64, state: u32): void {
    memory.write<u8>(edata + STATE, <u8>state);
  }

  @inline
  static has(memory: HeapMemory, edata: u64, flag: u32): bool {
    return (memory.read<u16>(edata + FLAGS) & flag) != 0;
  }

  static set(memory: HeapMemory, edata: u64, flag: u32, isSet: bool): void {
    const others = memory.read<u16>(edata + FLAGS) & ~flag;
    memory.write<u16>(edata + FLAGS, <u16>(isSet ? others | flag : others));
  }

  /** Free regions of a slab. */
  @inline
  static free(memory: HeapMemory, edata: u64): u32 {
    return memory.read<u16>(edata + FREE);
  }

  @inline
  static setFree(memory: HeapMemory, edata: u64, count: u32): void {
    memory.write<u16>(edata + FREE, <u16>count);
  }

  @inline
  static address(memory: HeapMemory, edata: u64): u64 {
    return memory.read<u64>(edata + ADDRESS);
  }

  @inline
  static setAddress(memory: HeapMemory, edata: u64, address: u64): void {
    memory.write<u64>(edata + ADDRESS, address);
  }

  /** Where the extent begins. */
  @inline
  static start(memory: HeapMemory, edata: u64): u64 {
    return Edata.address(memory, edata) & ~(PAGE - 1);
  }

  @inline
  static end(memory: HeapMemory, edata: u64): u64 {
    return Edata.start(memory, edata) + Edata.bytes(memory, edata);
  }

  @inline
  static bytes(memory: HeapMemory, edata: u64): u64 {
    return memory.read<u64>(edata + BYTES);
  }

  @inline
  static setBytes(memory: HeapMemory, edata: u64, bytes: u64): void {
    memory.write<u64>(edata + BYTES, bytes);
  }

  @inline
  static record(memory: HeapMemory, edata: u64): u64 {
    return memory.read<u64>(edata + RECORD);
  }

  @inline
  static setRecord(memory: HeapMemory, edata: u64, serial: u64): void {
    memory.write<u64>(edata + RECORD, serial);
  }

  @inline
  static serial(memory: HeapMemory, edata: u64): u64 {
    return memory.read<u64>(edata + SERIAL);
  }

  @inline
  static setSerial(memory: HeapMemory, edata: u64, serial: u64): void {
    memory.write<u64>(edata + SERIAL, serial);
  }

  @inline
  static node(memory: HeapMemory, edata: u64): u32 {
    return memory.read<u32>(edata + NODE);
  }

  @inline
  static setNode(memory: HeapMemory, edata: u64, node: u32): void {
    memory.write<u32>(edata + NODE, node);
  }

  @inline
  static next(memory: HeapMemory, edata: u64): u64 {
    return memory.read<u64>(edata + NEXT);
  }

  @inline
  static setNext(memory: HeapMemory, edata: u64, to: u64): void {
    memory.write<u64>(edata + NEXT, to);
  }

  @inline
  static prev(memory: HeapMemory, edata: u64): u64 {
    return memory.read<u64>(edata + PREV);
  }

  @inline
  static setPrev(memory: HeapMemory, edata: u64, to: u64): void {
    memory.write<u64>(edata + PREV, to);
  }

  /** Word `n` of a slab's bitmap. */
  @inline
  static bits(memory: HeapMemory, edata: u64, n: u32): u64 {
    return memory.read<u64>(edata + BITMAP + ((<u64>n) << 3));
  }

  @inline
  static setBits(memory: HeapMemory, edata: u64, n: u32, bits: u64): void {
    memory.write<u64>(edata + BITMAP + ((<u64>n) << 3), bits);
  }

  /** Describes an extent in use, of no class. */
  static init(
    memory: HeapMemory,
    edata: u64,
    arena: u32,
    start: u64,
    bytes: u64,
    serial: u64,
    flags: u32,
  ): void {
    memory.write<u16>(edata, <u16>arena);
    memory.write<u8>(edata + CLASS, <u8>NO_CLASS);
    memory.write<u8>(edata + STATE, <u8>ACTIVE);
    memory.write<u16>(edata + FLAGS, <u16>flags);
    memory.write<u16>(edata + FREE, 0);
    Edata.setAddress(memory, edata, start);
    Edata.setBytes(memory, edata, bytes);
    Edata.setSerial(memory, edata, serial);
  }

  static flags(memory: HeapMemory, edata: u64): u32 {
    return memory.read<u16>(edata + FLAGS);
  }
}

/** The class of an extent that has no block. */
export const NO_CLASS: u32 = 232;
