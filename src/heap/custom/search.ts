/** The search for calls that break a claim about allocators. */
import type { Random } from "../../custom/random.js";
import {
  type Candidate,
  type Counterexample,
  refute as refuteAny,
  withoutParts,
} from "../../custom/search.js";
import { type Claim, type HeapCall, type Run, sound, type Trial } from "./claims.js";

export type AllocatorCandidate = Candidate<Trial, Run>;

/** A small trial that violates the claim; undefined if `trials` random ones do not. */
export function refute(
  claim: Claim,
  candidate: AllocatorCandidate,
  seed: number,
  trials: number,
): Promise<Counterexample<Trial> | undefined> {
  return refuteAny(claim, candidate, { random: randomTrial, simplerThan }, seed, trials);
}

/** Smaller trials: with some of the calls, simpler calls, smaller sizes, blocks renumbered. */
function* simplerThan({ calls }: Trial): Generator<Trial> {
  for (const fewer of withoutParts(calls)) {
    const left = sound(fewer);
    if (left.length > 0) yield { calls: left };
  }
  for (const [n, call] of calls.entries()) {
    for (const simpler of simplerCalls(call)) yield { calls: calls.with(n, simpler) };
  }
  const blocks = [...new Set(calls.map(({ block }) => block))];
  if (blocks.some((block, n) => block !== n + 1)) {
    yield { calls: calls.map((call) => ({ ...call, block: blocks.indexOf(call.block) + 1 })) };
  }
}

function* simplerCalls(call: HeapCall): Generator<HeapCall> {
  if (call.call === "free") return;
  const { block, bytes } = call;
  if (call.call === "calloc") yield { call: "malloc", block, bytes: call.count * bytes };
  if (call.call === "calloc" && call.count > 1) yield { ...call, count: 1 };
  if (call.call === "memalign") yield { call: "malloc", block, bytes };
  if (call.call === "memalign" && call.alignment > 32) yield { ...call, alignment: call.alignment / 2 };
  for (const fewer of [1, 16, bytes >> 1, bytes - 1])
    if (fewer < bytes && fewer > 0) yield { ...call, bytes: fewer };
}

/** About `length` calls: small and large blocks, growing and shrinking phases. */
function randomTrial(random: Random, length: number): Trial {
  const below = (bound: number) => Math.floor(random() * bound);
  const calls: HeapCall[] = [];
  const live: number[] = [];
  const sizes = SIZES[below(SIZES.length)] ?? 64;
  let growing = true;
  for (let block = 1; calls.length < length; block++) {
    if (below(12) === 0) growing = !growing;
    const place = below(live.length);
    const old = live[place];
    if (old !== undefined && below(4) < (growing ? 1 : 3)) {
      calls.push({ call: "free", block: old });
      live.splice(place, 1);
    } else if (old !== undefined && below(4) === 0) {
      calls.push({ call: "realloc", block: old, bytes: 1 + sizeBelow(random, sizes) });
    } else {
      calls.push(newBlock(random, block, sizes));
      live.push(block);
    }
  }
  return { calls };
}

/** Largest sizes of most blocks of a trial; one in twenty is larger. */
const SIZES = [32, 256, 2048];

function sizeBelow(random: Random, sizes: number): number {
  return Math.floor(random() * (random() < 0.05 ? sizes * 40 : sizes));
}

function newBlock(random: Random, block: number, sizes: number): HeapCall {
  const bytes = sizeBelow(random, sizes);
  const kind = random();
  if (kind < 0.7) return { call: "malloc", block, bytes };
  const alignment = 2 ** (5 + Math.floor(random() * 8));
  if (kind < 0.8) return { call: "memalign", block, alignment, bytes };
  const count = 1 + Math.floor(random() * 8);
  return { call: "calloc", block, count, bytes: Math.ceil(bytes / count) };
}
