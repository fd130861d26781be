/** The common part of `checkPolicy` and `checkAllocator`: tests a list of claims and reports violations. */

import type { PassOptions } from "../options/watch.js";
import { turnOfEventLoop } from "../platform/event-loop.js";

/** A claim, and the case that violates it, if any. */
export interface ClaimVerdict<Found> {
  claim: string;
  fault?: { claim: string } & Found;
}

/** Time limit in seconds, far above that of the longest trial that ends. */
export const PATIENCE_SECONDS = 1;

/** Milliseconds after which the event loop gets a turn, so that a signal can arrive. */
const TURN_MILLISECONDS = 50;

/** Called before each of about `trials` trials: reports their share, and throws the reason of a signal. */
export function trialTurns(trials: number, { onProgress, signal }: PassOptions): () => Promise<void> {
  let done = 0;
  let turned = performance.now();
  return async () => {
    if (performance.now() - turned > TURN_MILLISECONDS) {
      await turnOfEventLoop();
      turned = performance.now();
    }
    signal?.throwIfAborted();
    const fraction = Math.min(1, done++ / trials);
    onProgress?.({ fraction, references: 0, bytesRead: 0, sizeBytes: undefined });
  };
}

/** Tests the claims in order. If the first one fails, the others are not tested, since they depend on it. */
export async function judgeClaims<Claim extends { readonly name: string }, Found extends object>(
  claims: readonly Claim[],
  refute: (claim: Claim) => Promise<Found | undefined>,
): Promise<ClaimVerdict<Found>[]> {
  const verdicts: ClaimVerdict<Found>[] = [];
  for (const claim of claims) {
    const found = await refute(claim);
    const { name } = claim;
    verdicts.push(found === undefined ? { claim: name } : { claim: name, fault: { claim: name, ...found } });
    if (found !== undefined && claim === claims[0]) break;
  }
  return verdicts;
}
