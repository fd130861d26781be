/** The exports of the analyses: handles are addresses, 0 means out of memory. */
import { STACK_MRU, STACK_OPT } from "../abi/analysis";
import { Requests } from "../engine/requests";
import { BoundedSample } from "./bounded-sample";
import { CriticalStack } from "./critical-stack";
import { ReuseTimes } from "./reuse-times";
import { Sample } from "./sample";
import { SetCurve } from "./set-curve";
import { StackCurve } from "./stack-curve";
import { StackDistances } from "./stack-distances";
import { SwapStack } from "./swap-stack";

/** A curve of the policy `STACK_…` of the ABI. */
export function createStackCurve(requests: usize, policy: u32): usize {
  const source = changetype<Requests>(requests);
  if (policy == STACK_OPT)
    return changetype<usize>(StackCurve.create(source, CriticalStack.create(), policy));
  if (policy == STACK_MRU) return changetype<usize>(StackCurve.create(source, SwapStack.create(), policy));
  return changetype<usize>(StackCurve.create(source, StackDistances.create(), policy));
}

export function runStackCurve(curve: usize): u32 {
  const policy = changetype<StackCurve<StackDistances>>(curve).policy;
  if (policy == STACK_OPT) return changetype<StackCurve<CriticalStack>>(curve).run();
  if (policy == STACK_MRU) return changetype<StackCurve<SwapStack>>(curve).run();
  return changetype<StackCurve<StackDistances>>(curve).run();
}

export function createSetCurve(pageShift: u32, only: u32, sets: u32, ways: u32): usize {
  return changetype<usize>(SetCurve.create(pageShift, only, sets, ways));
}

export function runSetCurve(curve: usize, records: usize, count: u32): void {
  changetype<SetCurve>(curve).run(records, count);
}

export function createSample(whole: usize, pageShift: u32, only: u32, limit: u32, seed: u32): usize {
  return changetype<usize>(Sample.create(changetype<Requests>(whole), pageShift, only, limit, seed));
}

export function addSampleGroup(sample: usize, part: usize): void {
  changetype<Sample>(sample).addGroup(changetype<Requests>(part));
}

export function beginSample(sample: usize, records: usize, count: u32): void {
  changetype<Sample>(sample).begin(records, count);
}

export function stepSample(sample: usize): bool {
  return changetype<Sample>(sample).step();
}

export function createBoundedSample(sample: usize, whole: usize, most: u32): usize {
  const requests = changetype<Requests>(whole);
  return changetype<usize>(BoundedSample.create(changetype<Sample>(sample), requests, most));
}

export function runBoundedSample(bounded: usize): u32 {
  return changetype<BoundedSample>(bounded).run();
}

export function createReuseTimes(requests: usize, windows: usize, count: u32, overTime: u64): usize {
  return changetype<usize>(ReuseTimes.create(changetype<Requests>(requests), windows, count, overTime));
}

export function runReuseTimes(times: usize): u32 {
  return changetype<ReuseTimes>(times).run();
}

export function finishReuseTimes(times: usize): void {
  changetype<ReuseTimes>(times).finish();
}
