/** Geometries, entries and TLBs. A handle is the address of an instance; 0 means out of memory. */
import { EntryFormat } from "../../assembly/mmu/entry";
import { Geometry } from "../../assembly/mmu/geometry";
import { Key } from "../../assembly/mmu/key";
import { Tlb } from "../../assembly/mmu/tlb";

// geometry
export { createGeometry } from "../../assembly/mmu/geometry";

export function geometryLevels(geometry: usize): u32 {
  return changetype<Geometry>(geometry).levels;
}

export function leafLevels(geometry: usize): u32 {
  return changetype<Geometry>(geometry).leafLevels;
}

export function levelShift(geometry: usize, level: u32): u32 {
  return changetype<Geometry>(geometry).shift(level);
}

export function levelOrder(geometry: usize, level: u32): u32 {
  return changetype<Geometry>(geometry).order(level);
}

export function tableBytes(geometry: usize): u32 {
  return changetype<Geometry>(geometry).tableBytes();
}

export function entryOffset(geometry: usize, va: u64, level: u32): usize {
  return changetype<Geometry>(geometry).entryOffset(va, level);
}

export function isCanonical(geometry: usize, va: u64): bool {
  return changetype<Geometry>(geometry).isCanonical(va);
}

export function truncate(geometry: usize, va: u64): u64 {
  return changetype<Geometry>(geometry).truncate(va);
}

export function extend(geometry: usize, va: u64): u64 {
  return changetype<Geometry>(geometry).extend(va);
}

// entry
export function createFormat(geometry: usize): usize {
  return changetype<usize>(EntryFormat.create(changetype<Geometry>(geometry)));
}

export function tableEntry(format: usize, pfn: u32, isTop: bool): u64 {
  return changetype<EntryFormat>(format).table(pfn, isTop);
}

export function leafEntry(format: usize, pfn: u32, level: u32, flags: u32): u64 {
  return changetype<EntryFormat>(format).leaf(pfn, level, flags);
}

export function isEntryPresent(entry: u64): bool {
  return EntryFormat.isPresent(entry);
}

export function isEntryLeaf(format: usize, entry: u64, level: u32): bool {
  return changetype<EntryFormat>(format).isLeaf(entry, level);
}

export function entryFrame(format: usize, entry: u64): u32 {
  return changetype<EntryFormat>(format).frame(entry);
}

export function entryFlags(format: usize, entry: u64, level: u32): u32 {
  return changetype<EntryFormat>(format).flags(entry, level);
}

export function entryWith(format: usize, entry: u64, flags: u32): u64 {
  return changetype<EntryFormat>(format).with(entry, flags);
}

export function entryWithAccessed(format: usize, entry: u64, isTop: bool): u64 {
  return changetype<EntryFormat>(format).withTableAccessed(entry, isTop);
}

export function readEntry(format: usize, address: usize): u64 {
  return changetype<EntryFormat>(format).read(address);
}

export function writeEntry(format: usize, address: usize, entry: u64): void {
  changetype<EntryFormat>(format).write(address, entry);
}

// key
export function keyOf(space: u64, vpn: u64, level: u32): u64 {
  return Key.of(space, vpn, level);
}

export function keyAsid(key: u64): u32 {
  return Key.asid(key);
}

export function keyVpn(key: u64): u64 {
  return Key.vpn(key);
}

export function keyLevel(key: u64): u32 {
  return Key.level(key);
}

// tlb
export function createTlb(sets: u32, ways: u32, replacement: u32, seed: u32): usize {
  return changetype<usize>(Tlb.create(sets, ways, replacement, seed));
}

export function touchTlb(tlb: usize, key: u64): usize {
  return changetype<Tlb>(tlb).touch(key);
}

export function findInTlb(tlb: usize, key: u64): usize {
  return changetype<Tlb>(tlb).find(key);
}

export function fillTlb(tlb: usize, key: u64, dirty: bool, pfn: u32, flags: u32): usize {
  return changetype<Tlb>(tlb).fill(key, dirty, pfn, flags);
}

export function flushTlb(tlb: usize, key: u64): void {
  changetype<Tlb>(tlb).flush(key);
}

export function flushWholeTlb(tlb: usize): void {
  changetype<Tlb>(tlb).flushAll();
}

export function tlbEntry(tlb: usize, index: u32): usize {
  return changetype<Tlb>(tlb).entry(index);
}

export function tlbPfn(entry: usize): u32 {
  return Tlb.pfn(entry);
}

export function tlbFlags(entry: usize): u32 {
  return Tlb.flags(entry);
}

export function isTlbDirty(entry: usize): bool {
  return Tlb.isDirty(entry);
}

export function setTlbDirty(entry: usize): void {
  Tlb.setDirty(entry);
}

export function isTlbValid(tlb: usize): bool {
  return changetype<Tlb>(tlb).isValid();
}
