/** Statistics of requests. A handle is the address of an instance; 0 means out of memory. */
import { Marks } from "../../assembly/analysis/marks";
import { ReuseTimes } from "../../assembly/analysis/reuse-times";
import { Sample } from "../../assembly/analysis/sample";
import { NO_MEMORY, StackDistances } from "../../assembly/analysis/stack-distances";
import { Requests } from "../../assembly/engine/requests";

export {
  addSampleGroup,
  beginSample,
  createReuseTimes,
  createSample,
  finishReuseTimes,
  runReuseTimes,
  stepSample,
} from "../../assembly/analysis/exports";

/** The arrays that analyses read requests from, and samples write them to. */
export function createRequests(pageShift: u32, only: u32): usize {
  return changetype<usize>(Requests.create(pageShift, only, 0));
}

export function clearRequests(requests: usize): void {
  changetype<Requests>(requests).clear(false);
}

// marks
export function createMarks(capacity: u32): usize {
  return changetype<usize>(Marks.create(capacity));
}

export function marksBefore(marks: usize, position: u32): u32 {
  return changetype<Marks>(marks).before(position);
}

export function isMarked(marks: usize, position: u32): bool {
  return changetype<Marks>(marks).isMarked(position);
}

export function clearMark(marks: usize, position: u32): void {
  changetype<Marks>(marks).clear(position);
}

export function markAll(marks: usize): void {
  changetype<Marks>(marks).markAll();
}

export function areMarksValid(marks: usize): bool {
  return changetype<Marks>(marks).isValid();
}

// stack-distances
export function createStackDistances(): usize {
  return changetype<usize>(StackDistances.create());
}

export function touchPage(distances: usize, id: u32): u32 {
  const stack = changetype<StackDistances>(distances);
  return stack.reach(id + 1) ? stack.touch(id) : NO_MEMORY;
}

export function removePage(distances: usize, id: u32): void {
  changetype<StackDistances>(distances).remove(id);
}

export function livePages(distances: usize): u32 {
  return changetype<StackDistances>(distances).live;
}

export function areDistancesValid(distances: usize): bool {
  return changetype<StackDistances>(distances).isValid();
}

// reuse-times
export function areReuseTimesValid(times: usize): bool {
  return changetype<ReuseTimes>(times).isValid();
}

// sample
export function isSampleValid(sample: usize): bool {
  return changetype<Sample>(sample).isValid();
}
