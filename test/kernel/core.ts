/** The structures of core/. A handle is the address of an instance; 0 means out of memory. */
import { copyOf, make } from "../../assembly/core/arena";
import { Chunks } from "../../assembly/core/chunks";
import { Hash } from "../../assembly/core/hash";
import { Heap } from "../../assembly/core/heap";
import { Ids } from "../../assembly/core/ids";
import { List } from "../../assembly/core/list";
import { Lz4Encoder } from "../../assembly/core/lz4";
import { Ordered } from "../../assembly/core/ordered";
import { PageSet } from "../../assembly/core/page-set";
import { Rng } from "../../assembly/core/rng";

export { allocate, allocateAligned, arenaBytes, arenaRoom, copyBytes } from "../../assembly/core/arena";
export { powerOfTwoFrom } from "../../assembly/core/hash";
export { decodeLz4, LZ4_PADDING, lz4Bound } from "../../assembly/core/lz4";
export { splitMix64 } from "../../assembly/core/rng";

// chunks
export function createChunks(elementBytes: u32): usize {
  return changetype<usize>(Chunks.create(elementBytes));
}

export function addElement(chunks: usize): bool {
  return changetype<Chunks>(chunks).add();
}

export function elementAt(chunks: usize, index: u32): usize {
  return changetype<Chunks>(chunks).at(index);
}

export function elementCount(chunks: usize): u32 {
  return changetype<Chunks>(chunks).count;
}

export function chunkBytesFor(chunks: usize, count: u64): u64 {
  return changetype<Chunks>(chunks).bytesFor(count);
}

export function clearChunks(chunks: usize): void {
  changetype<Chunks>(chunks).clear();
}

export function copyChunks(chunks: usize): usize {
  return changetype<usize>(changetype<Chunks>(chunks).copy());
}

// hash
export function hashOf(key: u64): u32 {
  return Hash.of(key);
}

// heap
export function createHeap(count: u32, most: u32): usize {
  return changetype<usize>(Heap.create(count, most));
}

export function heapSize(heap: usize): u32 {
  return changetype<Heap>(heap).size;
}

export function heapHas(heap: usize, slot: u32): bool {
  return changetype<Heap>(heap).has(slot);
}

export function heapTop(heap: usize): u32 {
  return changetype<Heap>(heap).top();
}

export function heapTopRank(heap: usize): u64 {
  return changetype<Heap>(heap).topRank();
}

export function heapRank(heap: usize, slot: u32): u64 {
  return changetype<Heap>(heap).rank(slot);
}

export function heapAdd(heap: usize, slot: u32, rank: u64): void {
  changetype<Heap>(heap).add(slot, rank);
}

export function heapDecrease(heap: usize, slot: u32, rank: u64): void {
  changetype<Heap>(heap).decrease(slot, rank);
}

export function heapIncrease(heap: usize, slot: u32, rank: u64): void {
  changetype<Heap>(heap).increase(slot, rank);
}

export function heapIncreaseTop(heap: usize, rank: u64): void {
  changetype<Heap>(heap).increaseTop(rank);
}

export function heapReplaceTop(heap: usize, slot: u32, rank: u64): void {
  changetype<Heap>(heap).replaceTop(slot, rank);
}

export function heapRemoveTop(heap: usize): void {
  changetype<Heap>(heap).removeTop();
}

export function heapRemove(heap: usize, slot: u32): void {
  changetype<Heap>(heap).remove(slot);
}

export function isHeapValid(heap: usize): bool {
  return changetype<Heap>(heap).isValid();
}

// ids
export function createIds(): usize {
  return changetype<usize>(Ids.create());
}

export function createIdsFor(expected: u32): usize {
  return changetype<usize>(Ids.create(expected));
}

export function createPageIds(expected: u32): usize {
  return changetype<usize>(Ids.forPages(expected));
}

export function numberIds(ids: usize, keys: usize, count: u32, into: usize): bool {
  return changetype<Ids>(ids).numberAll(keys, count, into);
}

export function idOf(ids: usize, key: u64): u32 {
  return changetype<Ids>(ids).of(key, Hash.of(key));
}

export function findId(ids: usize, key: u64): u32 {
  return changetype<Ids>(ids).find(key, Hash.of(key));
}

export function idCount(ids: usize): u32 {
  return changetype<Ids>(ids).count;
}

export function idBuckets(ids: usize): u32 {
  return changetype<Ids>(ids).buckets;
}

export function keyInBucket(ids: usize, bucket: u32): u64 {
  return changetype<Ids>(ids).keyIn(bucket);
}

export function idBytesFor(ids: usize, count: u64): u64 {
  return changetype<Ids>(ids).bytesFor(count);
}

export function areIdsValid(ids: usize): bool {
  return changetype<Ids>(ids).isValid();
}

// list
export function clearList(nodes: usize, sentinel: u32): void {
  List.clear(nodes, sentinel);
}

export function isListEmpty(nodes: usize, sentinel: u32): bool {
  return List.isEmpty(nodes, sentinel);
}

export function listFront(nodes: usize, sentinel: u32): u32 {
  return List.front(nodes, sentinel);
}

export function listBack(nodes: usize, sentinel: u32): u32 {
  return List.back(nodes, sentinel);
}

export function listNext(nodes: usize, node: u32): u32 {
  return List.next(nodes, node);
}

export function listPrevious(nodes: usize, node: u32): u32 {
  return List.previous(nodes, node);
}

export function insertAfter(nodes: usize, before: u32, node: u32): void {
  List.insertAfter(nodes, before, node);
}

export function removeNode(nodes: usize, node: u32): void {
  List.remove(nodes, node);
}

export function moveToFront(nodes: usize, sentinel: u32, node: u32): void {
  List.moveToFront(nodes, sentinel, node);
}

export function listLength(nodes: usize, sentinel: u32, limit: u32): u32 {
  return List.length(nodes, sentinel, limit);
}

// lz4
export function createLz4Encoder(): usize {
  return changetype<usize>(Lz4Encoder.create());
}

export function encodeLz4(encoder: usize, input: usize, length: u32, output: usize): u32 {
  return changetype<Lz4Encoder>(encoder).encode(input, length, output);
}

// ordered
export function createOrdered(): usize {
  return changetype<usize>(Ordered.create());
}

export function copyOrdered(ordered: usize): usize {
  return changetype<usize>(changetype<Ordered>(ordered).copy());
}

export function insertPair(ordered: usize, root: u32, major: u64, minor: u64): u32 {
  return changetype<Ordered>(ordered).insert(root, major, minor);
}

export function removePair(ordered: usize, root: u32, major: u64, minor: u64): u32 {
  return changetype<Ordered>(ordered).remove(root, major, minor);
}

export function firstPair(ordered: usize, root: u32): u32 {
  return changetype<Ordered>(ordered).first(root);
}

export function pairAtLeast(ordered: usize, root: u32, major: u64, minor: u64): u32 {
  return changetype<Ordered>(ordered).atLeast(root, major, minor);
}

export function pairAtMost(ordered: usize, root: u32, major: u64): u32 {
  return changetype<Ordered>(ordered).atMost(root, major);
}

export function searchSteps(ordered: usize): u32 {
  return changetype<Ordered>(ordered).steps;
}

export function majorOf(ordered: usize, node: u32): u64 {
  return changetype<Ordered>(ordered).major(node);
}

export function minorOf(ordered: usize, node: u32): u64 {
  return changetype<Ordered>(ordered).minor(node);
}

export function isOrderedValid(ordered: usize, root: u32): bool {
  return changetype<Ordered>(ordered).isValid(root);
}

// page-set
export function createPageSet(): usize {
  return changetype<usize>(PageSet.create());
}

export function addPage(set: usize, page: u64): bool {
  return changetype<PageSet>(set).add(page);
}

export function hasPage(set: usize, page: u64): bool {
  return changetype<PageSet>(set).has(page);
}

export function pageCount(set: usize): u64 {
  return changetype<PageSet>(set).count;
}

export function isPageSetValid(set: usize): bool {
  return changetype<PageSet>(set).isValid();
}

// rng
export function createRng(): usize {
  return changetype<usize>(make<Rng>());
}

export function copyRng(rng: usize): usize {
  return changetype<usize>(copyOf<Rng>(changetype<Rng>(rng)));
}

export function seedRng(rng: usize, seed: u64): void {
  changetype<Rng>(rng).seed(seed);
}

export function nextRandom(rng: usize): u64 {
  return changetype<Rng>(rng).next();
}

export function realRandom(rng: usize): f64 {
  return changetype<Rng>(rng).real();
}

export function randomBelow(rng: usize, bound: u64): u64 {
  return changetype<Rng>(rng).below(bound);
}

export function randomBits(rng: usize, count: u64): u64 {
  return changetype<Rng>(rng).bits(count);
}

export function fillRandom(rng: usize, bound: u32, count: u32, at: usize): void {
  changetype<Rng>(rng).fill(bound, count, at);
}

export function isRngValid(rng: usize): bool {
  return changetype<Rng>(rng).isValid();
}
