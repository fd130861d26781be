/** The common part of `checkPolicy` and `checkAllocator`: tests a list of claims and reports violations. */

/** A claim, and the case that violates it, if any. */
export interface ClaimVerdict<Found> {
  claim: string;
  fault?: { claim: string } & Found;
}

/** Time limit in seconds, far above that of the longest trial that ends. */
export const PATIENCE_SECONDS = 1;

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
