/** Statistics of requests. A handle is the address of an instance; 0 means out of memory. */
import { CriticalStack } from "../../assembly/analysis/critical-stack";
import { Marks } from "../../assembly/analysis/marks";
import { NO_MEMORY, PageStack } from "../../assembly/analysis/page-stack";
import { ReuseTimes } from "../../assembly/analysis/reuse-times";
import { Sample } from "../../assembly/analysis/sample";
import { Slack } from "../../assembly/analysis/slack";
import { StackDistances } from "../../assembly/analysis/stack-distances";
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

export function clearAllMarks(marks: usize): void {
  changetype<Marks>(marks).clearAll();
}

export function setMark(marks: usize, position: u32): void {
  changetype<Marks>(marks).set(position);
}

export function countMarks(marks: usize): void {
  changetype<Marks>(marks).count();
}

export function areMarksValid(marks: usize): bool {
  return changetype<Marks>(marks).isValid();
}

// page stacks
export function createStackDistances(): usize {
  return changetype<usize>(StackDistances.create());
}

export function createCriticalStack(): usize {
  return changetype<usize>(CriticalStack.create());
}

export function touchDistances(stack: usize, id: u32): u32 {
  return touch(changetype<StackDistances>(stack), id);
}

export function touchCritical(stack: usize, id: u32): u32 {
  return touch(changetype<CriticalStack>(stack), id);
}

function touch<Stack extends PageStack>(stack: Stack, id: u32): u32 {
  return stack.reserve(id + 1) ? stack.touch(id) : NO_MEMORY;
}

export function removePage(distances: usize, id: u32): void {
  changetype<StackDistances>(distances).remove(id);
}

export function livePages(stack: usize): u32 {
  return changetype<PageStack>(stack).live;
}

export function areDistancesValid(distances: usize): bool {
  return changetype<StackDistances>(distances).isValid();
}

export function isCriticalStackValid(stack: usize): bool {
  return changetype<CriticalStack>(stack).isValid();
}

// slack
export function createSlack(capacity: u32): usize {
  return changetype<usize>(Slack.create(capacity));
}

export function addSlack(slack: usize, from: u32, to: u32, by: i32): void {
  changetype<Slack>(slack).add(from, to, by);
}

export function firstZero(slack: usize, from: u32): u32 {
  return changetype<Slack>(slack).firstZero(from);
}

export function slackOf(slack: usize, position: u32): u32 {
  return changetype<Slack>(slack).number(position);
}

export function compactSlack(slack: usize, marks: usize, end: u32, grows: bool): bool {
  return changetype<Slack>(slack).compact(changetype<Marks>(marks), end, grows);
}

export function isSlackValid(slack: usize): bool {
  return changetype<Slack>(slack).isValid();
}

// reuse-times
export function areReuseTimesValid(times: usize): bool {
  return changetype<ReuseTimes>(times).isValid();
}

// sample
export function isSampleValid(sample: usize): bool {
  return changetype<Sample>(sample).isValid();
}
