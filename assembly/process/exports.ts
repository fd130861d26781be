/** The exports of processes: handles are addresses, 0 means out of memory; processes are named by their asid. */
import { NONE, STATUS_OK, STATUS_REFUSED } from "../abi/core";
import { Machine } from "../machine/machine";
import { fork } from "./calls/fork";
import { insertRegion } from "./calls/map";
import { inspectPage, measure } from "./inspect/measure";
import { overwrite, peek, poke } from "./inspect/peek";
import { defect } from "./inspect/sound";
import { punchBytes, read, syncObject, truncate, write } from "./memory/contents";
import { dropObject } from "./pages/drop";
import { seek } from "./pages/walk";
import { switchToSpace } from "./references/access";
import { touchRecords } from "./references/references";
import { Region } from "./space/region";
import { newSpace, spaceOf } from "./space/space";
import { FaultLog } from "./system/fault-log";
import { System } from "./system/system";
import { endSpace } from "./vma/exit";

/** Creates a system on `machine`. `isCold`: files are not in memory at the start. */
export function createSystem(
  machine: usize,
  hugetlbPages: u32,
  overcommit: u32,
  isCold: bool,
  features: u32,
): usize {
  return changetype<usize>(
    System.create(changetype<Machine>(machine), hugetlbPages, overcommit, isCold, features),
  );
}

/** Creates an empty space; its number, NONE when there is no room for more. */
export function createSpace(system: usize, taskSize: u64, mmapBase: u64, lowest: u64): u32 {
  const space = newSpace(changetype<System>(system));
  if (changetype<usize>(space) == 0) return NONE;
  space.taskSize = taskSize;
  space.mmapBase = mmapBase;
  space.lowest = lowest;
  return space.asid;
}

export function spaceAt(system: usize, asid: u32): usize {
  return changetype<usize>(spaceOf(changetype<System>(system), asid));
}

/** Creates a child with a copy of the space; its number, or `FORK_…`. */
export function forkSpace(system: usize, asid: u32): u32 {
  const it = changetype<System>(system);
  const parent = spaceOf(it, asid);
  const shootdowns = it.shootdowns;
  switchToSpace(parent);
  const child = fork(parent);
  parent.callCycles += it.callCost;
  parent.shootdownCycles += (it.shootdowns - shootdowns) * it.shootdownCost;
  // The OOM killer may have chosen the parent.
  if (!parent.isAlive) endSpace(parent);
  return child;
}

/** Ends the process. */
export function endProcess(system: usize, asid: u32): void {
  endSpace(spaceOf(changetype<System>(system), asid));
}

/** Creates an object of `OBJECT_…` kind with one reference; 0 when memory is out. */
export function createObject(system: usize, kind: u32, sizeBytes: u64): u32 {
  return changetype<System>(system).objects.create(kind, sizeBytes);
}

/** Drops the host's reference. The object is freed with its last region. */
export function releaseObject(system: usize, object: u32): void {
  const it = changetype<System>(system);
  if (it.objects.release(object)) dropObject(it, object);
}

/** The inode number that /proc/PID/maps shows for an object without a name; 0 for files. */
export function objectInode(system: usize, object: u32): u32 {
  return changetype<System>(system).objects.inode(object);
}

/** The size in bytes. */
export function objectSize(system: usize, object: u32): u64 {
  return changetype<System>(system).objects.size(object);
}

/** Sets the size of the object. */
export function resizeObject(system: usize, object: u32, sizeBytes: u64): void {
  truncate(changetype<System>(system), object, sizeBytes);
}

/** Punches a hole in the object. */
export function punchObject(system: usize, object: u32, from: u64, bytes: u64): void {
  punchBytes(changetype<System>(system), object, from, bytes);
}

/** Reads bytes of the object, as read(2) does. */
export function readObject(system: usize, object: u32, from: u64, bytes: u64): void {
  read(changetype<System>(system), object, from, bytes);
}

/** Writes bytes of the object on behalf of a process, as write(2) does. It may reclaim memory. */
export function writeObject(system: usize, asid: u32, object: u32, from: u64, bytes: u64): void {
  const it = changetype<System>(system);
  const space = spaceOf(it, asid);
  switchToSpace(space);
  write(it, object, from, bytes);
  if (!space.isAlive) endSpace(space);
}

/** Writes the dirty pages of the object back to its file. */
export function flushObject(system: usize, object: u32): void {
  syncObject(changetype<System>(system), object);
}

export function regionCount(system: usize, asid: u32): u32 {
  return spaceOf(changetype<System>(system), asid).regions.count;
}

export function regionAt(system: usize, asid: u32, index: u32): usize {
  return changetype<usize>(spaceOf(changetype<System>(system), asid).regions.byIndex(index));
}

/** The index of the region that contains `va`, or of the next above. */
export function regionIndex(system: usize, asid: u32, va: u64): u32 {
  return spaceOf(changetype<System>(system), asid).regions.indexOf(va);
}

/** The first address from `va` on with an entry; `end` when there is none. */
export function nextPage(system: usize, asid: u32, va: u64, end: u64): u64 {
  return seek(spaceOf(changetype<System>(system), asid), va, end);
}

export function measureRegion(system: usize, asid: u32, region: usize, into: usize): void {
  measure(spaceOf(changetype<System>(system), asid), changetype<Region>(region), into);
}

export function pageAt(system: usize, asid: u32, va: u64, into: usize): void {
  inspectPage(spaceOf(changetype<System>(system), asid), va, into);
}

/** Copies `count` bytes at `va` to `into`, zeros where they are not known. True when all are known. */
export function peekBytes(system: usize, asid: u32, va: u64, count: u32, into: usize): bool {
  return peek(spaceOf(changetype<System>(system), asid), va, count, into);
}

/** Stores `count` bytes from `from` at `va` without a reference; false when part of the range is not mapped. */
export function pokeBytes(system: usize, asid: u32, va: u64, count: u32, from: usize): bool {
  return poke(spaceOf(changetype<System>(system), asid), va, count, from);
}

/** Sets `count` bytes at `va` to `value`, in pages with known contents. */
export function overwriteBytes(system: usize, asid: u32, va: u64, count: u64, value: u32): void {
  overwrite(spaceOf(changetype<System>(system), asid), va, count, <u8>value);
}

/** Makes the references of the records in order; the number done before a signal, which the system holds. */
export function touchBatch(system: usize, asid: u32, records: usize, count: u32): u32 {
  return touchRecords(spaceOf(changetype<System>(system), asid), records, count);
}

/** Starts or stops the log of faults; false when memory is out. */
export function logFaults(system: usize, wanted: bool): bool {
  const it = changetype<System>(system);
  it.faultLog = wanted ? FaultLog.create() : changetype<FaultLog>(0);
  return !wanted || changetype<usize>(it.faultLog) != 0;
}

/** The number of logged faults, and the address of number `index`. */
export function loggedFaults(system: usize): u32 {
  return changetype<System>(system).faultLog.count;
}

export function loggedFault(system: usize, index: u32): usize {
  return changetype<System>(system).faultLog.at(index);
}

export function clearFaults(system: usize): void {
  changetype<System>(system).faultLog.clear();
}

/** 0, or the first defect found: `UNSOUND_…`. */
export function systemDefect(system: usize): u32 {
  return defect(changetype<System>(system));
}

/** Inserts a region without merging it; its address, 0 when the range is not free or memory is out. */
export function addRegion(
  system: usize,
  asid: u32,
  start: u64,
  end: u64,
  flags: u32,
  object: u32,
  pgoff: u64,
  label: u32,
): usize {
  return changetype<usize>(
    insertRegion(spaceOf(changetype<System>(system), asid), start, end, flags, object, pgoff, label),
  );
}

/**
 * `STATUS_OK`, `STATUS_OUT_OF_MEMORY` once Wasm's memory is out, or `STATUS_REFUSED` after a refused call; reading
 * resets the last.
 */
export function systemStatus(system: usize): u32 {
  const it = changetype<System>(system);
  const status = it.status;
  if (status == STATUS_REFUSED) it.status = STATUS_OK;
  return status;
}

/** The log of pages written to swap, a `SWAP_LOG_…` struct. */
export function swapLogOf(system: usize): usize {
  return changetype<usize>(changetype<System>(system).swapLog);
}
