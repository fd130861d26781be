/** The beginning of a trace as text: as accesses of a machine, or as a reference string. */
import { InputError, REFERENCE_KINDS, type ReferenceBatch, readReferences, type Trace } from "pagewalk";
import { pageName } from "../../pass/page-name.js";
import { open, type Source } from "./sources.js";

/** Pages of addresses have the usual size. */
const PAGE_SHIFT = 12n;

/** The first `count` references: `load 0x1ffefffe38 8`, one a line. */
export function firstAccesses(source: Source, count: number): Promise<string> {
  return beginningOf(source, "\n", count, (trace, { kinds, addresses, sizes }, n) => {
    if (trace.unit === "page") {
      const problem = `${trace.format} traces have page numbers, not addresses`;
      throw new InputError(problem, "give a trace of addresses", trace.name);
    }
    const kind = REFERENCE_KINDS[kinds[n] ?? 0];
    return [`${kind} 0x${addresses[n]?.toString(16)} ${Math.max(1, sizes[n] ?? 0)}`];
  });
}

/** The first `count` requests, without those for the page of the request before: `7 0 1 2 0`. */
export function firstRequests(source: Source, count: number): Promise<string> {
  let before: bigint | undefined;
  return beginningOf(source, " ", count, (trace, { addresses, sizes }, n) =>
    pagesOf(trace, addresses[n] ?? 0n, sizes[n] ?? 0).flatMap((page) => {
      const isSame = page === before;
      before = page;
      return isSame ? [] : pageName(page, undefined);
    }),
  );
}

/** The pages that a reference touches. */
function pagesOf({ unit }: Trace, address: bigint, size: number): bigint[] {
  if (unit === "page") return [address];
  const first = address >> PAGE_SHIFT;
  const last = (address + BigInt(Math.max(1, size)) - 1n) >> PAGE_SHIFT;
  return Array.from({ length: Number(last - first) + 1 }, (_, n) => first + BigInt(n));
}

/** `count` words of the trace, or fewer if it is shorter. `wordsOf` gives those of reference `n` of a batch. */
async function beginningOf(
  source: Source,
  gap: string,
  count: number,
  wordsOf: (trace: Trace, batch: ReferenceBatch, n: number) => string[],
): Promise<string> {
  const trace = await open(source, false);
  const words: string[] = [];
  try {
    for await (const batch of readReferences(trace)) {
      for (let n = 0; n < batch.kinds.length && words.length < count; n++) {
        words.push(...wordsOf(trace, batch, n));
      }
      if (words.length >= count) break;
    }
    if (words.length === 0) {
      throw new InputError("has no references", "give a trace that has some", trace.name);
    }
    return words.slice(0, count).join(gap);
  } finally {
    await trace.close();
  }
}
