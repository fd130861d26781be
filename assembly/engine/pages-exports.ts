/** The exports of the pages engine and the future: handles are addresses, 0 means out of memory. */
import { Future } from "./future";
import { Simulation } from "./pages";
import { Requests } from "./requests";

export function createRequests(pageShift: u32, only: u32, expected: u32): usize {
  return changetype<usize>(Requests.create(pageShift, only, expected));
}

export function beginRequests(requests: usize, records: usize, count: u32): void {
  changetype<Requests>(requests).begin(records, count);
}

export function copyRequests(source: usize): usize {
  return changetype<usize>(Requests.copying(changetype<Requests>(source)));
}

export function fillRequests(requests: usize): bool {
  return changetype<Requests>(requests).fill();
}

export function numberRequests(requests: usize): void {
  changetype<Requests>(requests).number();
}

export function clearRequests(requests: usize, widens: bool): void {
  changetype<Requests>(requests).clear(widens);
}

export function takeRequest(requests: usize, source: usize, at: u32): void {
  changetype<Requests>(requests).take(changetype<Requests>(source), at);
}

export function createSimulation(requests: usize, policyId: u32, frames: u32, parameters: usize): usize {
  return changetype<usize>(Simulation.create(changetype<Requests>(requests), policyId, frames, parameters));
}

export function runSimulation(simulation: usize): u32 {
  return changetype<Simulation>(simulation).run();
}

export function residentPages(simulation: usize, pages: usize, most: u32): u32 {
  return changetype<Simulation>(simulation).residentPages(pages, most);
}

export function isSimulationValid(simulation: usize): bool {
  return changetype<Simulation>(simulation).isValid();
}

export function createFuture(expected: u32): usize {
  return changetype<usize>(Future.create(expected));
}

export function numberKeys(future: usize, keys: usize, count: u32, into: usize): u32 {
  return changetype<Future>(future).number(keys, count, into);
}

export function distinctKeys(future: usize): u32 {
  return changetype<Future>(future).distinct;
}

export function gapsFromIds(future: usize, chunk: usize, count: u32): u32 {
  return changetype<Future>(future).gaps(chunk, count);
}
