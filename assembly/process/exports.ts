/** Processes as the host calls them: handles are addresses, 0 means out of memory; processes go by their asid. */
import { NONE, STATUS_OK, STATUS_REFUSED } from "../abi";
import { Machine } from "../machine/machine";
import { fork } from "./calls/fork";
import { setDown } from "./calls/map";
import { lookAt, measure } from "./inspect/measure";
import { overwrite, peek, poke } from "./inspect/peek";
import { defect } from "./inspect/sound";
import { punchBytes, read, syncObject, truncate, write } from "./memory/contents";
import { dropObject } from "./pages/drop";
import { seek } from "./pages/walk";
import { runIn } from "./references/access";
import { touchRecords } from "./references/references";
import { Region } from "./space/region";
import { newSpace, spaceOf } from "./space/space";
import { FaultLog } from "./system/fault-log";
import { System } from "./system/system";
import { endSpace } from "./vma/exit";

/** A system on `machine`, which is made without demand; `isCold`: files begin outside memory. */
export function createSystem(
  machine: usize,
  swapPages: u32,
  hugetlbPages: u32,
  overcommit: u32,
  isCold: bool,
  features: u32,
): usize {
  return changetype<usize>(
    System.create(changetype<Machine>(machine), swapPages, hugetlbPages, overcommit, isCold, features),
  );
}

/** An empty space; its number, NONE when there is no room for more. */
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

/** A child with a copy of the space; its number, or `FORK_…`. */
export function forkSpace(system: usize, asid: u32): u32 {
  const it = changetype<System>(system);
  const parent = spaceOf(it, asid);
  const shootdowns = it.shootdowns;
  runIn(parent);
  const child = fork(parent);
  parent.callCycles += it.callCost;
  parent.shootdownCycles += (it.shootdowns - shootdowns) * it.shootdownCost;
  // It may have been killed while it waited for memory.
  if (!parent.isAlive) endSpace(parent);
  return child;
}

/** The process ends. */
export function endProcess(system: usize, asid: u32): void {
  endSpace(spaceOf(changetype<System>(system), asid));
}

/** An object of `OBJECT_…` kind, held once; 0 when memory is out. */
export function createObject(system: usize, kind: u32, sizeBytes: u64): u32 {
  return changetype<System>(system).objects.create(kind, sizeBytes);
}

/** The host needs the object no more; with its last region it goes. */
export function releaseObject(system: usize, object: u32): void {
  const it = changetype<System>(system);
  if (it.objects.release(object)) dropObject(it, object);
}

/** The number that maps shows of an object without a name; 0 for files. */
export function objectInode(system: usize, object: u32): u32 {
  return changetype<System>(system).objects.inode(object);
}

/** Bytes. */
export function objectSize(system: usize, object: u32): u64 {
  return changetype<System>(system).objects.size(object);
}

/** The object is so long from now on. */
export function resizeObject(system: usize, object: u32, sizeBytes: u64): void {
  truncate(changetype<System>(system), object, sizeBytes);
}

/** A hole in the object. */
export function punchObject(system: usize, object: u32, from: u64, bytes: u64): void {
  punchBytes(changetype<System>(system), object, from, bytes);
}

/** A call has read so many bytes of the object. */
export function readObject(system: usize, object: u32, from: u64, bytes: u64): void {
  read(changetype<System>(system), object, from, bytes);
}

/** A process writes to the object by a call, and may have to wait for memory. */
export function writeObject(system: usize, asid: u32, object: u32, from: u64, bytes: u64): void {
  const it = changetype<System>(system);
  const space = spaceOf(it, asid);
  runIn(space);
  write(it, object, from, bytes);
  if (!space.isAlive) endSpace(space);
}

/** What was stored to of the object is written to its file. */
export function flushObject(system: usize, object: u32): void {
  syncObject(changetype<System>(system), object);
}

export function regionCount(system: usize, asid: u32): u32 {
  return spaceOf(changetype<System>(system), asid).regions.count;
}

export function regionAt(system: usize, asid: u32, index: u32): usize {
  return changetype<usize>(spaceOf(changetype<System>(system), asid).regions.byIndex(index));
}

/** The number of the region that `va` is in, or of the next above. */
export function regionIndex(system: usize, asid: u32, va: u64): u32 {
  return spaceOf(changetype<System>(system), asid).regions.indexOf(va);
}

/** The first address from `va` on whose page has an entry; `end` when none has. */
export function nextPage(system: usize, asid: u32, va: u64, end: u64): u64 {
  return seek(spaceOf(changetype<System>(system), asid), va, end);
}

export function measureRegion(system: usize, asid: u32, region: usize, into: usize): void {
  measure(spaceOf(changetype<System>(system), asid), changetype<Region>(region), into);
}

export function pageAt(system: usize, asid: u32, va: u64, into: usize): void {
  lookAt(spaceOf(changetype<System>(system), asid), va, into);
}

/** Copies what is known of `count` bytes at `va` to `into`, zeros else; is all of it known? */
export function peekBytes(system: usize, asid: u32, va: u64, count: u32, into: usize): bool {
  return peek(spaceOf(changetype<System>(system), asid), va, count, into);
}

/** Puts `count` bytes from `from` at `va`, without a reference; false where something of that is not mapped. */
export function pokeBytes(system: usize, asid: u32, va: u64, count: u32, from: usize): bool {
  return poke(spaceOf(changetype<System>(system), asid), va, count, from);
}

/** `count` bytes at `va` have `value` each from now on, where something was known of them. */
export function overwriteBytes(system: usize, asid: u32, va: u64, count: u64, value: u32): void {
  overwrite(spaceOf(changetype<System>(system), asid), va, count, <u8>value);
}

/** Touches what the records say, in turn; how many went well before a signal, which the system has. */
export function touchBatch(system: usize, asid: u32, records: usize, count: u32): u32 {
  return touchRecords(spaceOf(changetype<System>(system), asid), records, count);
}

/** Faults are written down from now on, or no more; false when memory is out. */
export function logFaults(system: usize, wanted: bool): bool {
  const it = changetype<System>(system);
  it.faultLog = wanted ? FaultLog.create() : changetype<FaultLog>(0);
  return !wanted || changetype<usize>(it.faultLog) != 0;
}

/** Faults written down and not cleared yet; where number `index` is. */
export function loggedFaults(system: usize): u32 {
  return changetype<System>(system).faultLog.count;
}

export function loggedFault(system: usize, index: u32): usize {
  return changetype<System>(system).faultLog.at(index);
}

export function clearFaults(system: usize): void {
  changetype<System>(system).faultLog.clear();
}

/** 0, or what is unsound: `UNSOUND_…`. */
export function systemDefect(system: usize): u32 {
  return defect(changetype<System>(system));
}

/** Puts a region where none is, without merging; its address, 0 when memory is out or something is there. */
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
    setDown(spaceOf(changetype<System>(system), asid), start, end, flags, object, pgoff, label),
  );
}

/** `STATUS_OK`, `STATUS_OUT_OF_MEMORY` once Wasm's memory was out, or `STATUS_REFUSED` of the last call, told once. */
export function systemStatus(system: usize): u32 {
  const it = changetype<System>(system);
  const status = it.status;
  if (status == STATUS_REFUSED) it.status = STATUS_OK;
  return status;
}

/** What reached swap, a `SWAP_LOG_…` struct. */
export function swapLogOf(system: usize): usize {
  return changetype<usize>(changetype<System>(system).swapLog);
}
