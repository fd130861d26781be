/** Which page a policy evicts, from the whole string of requests and the pages held, in order of their entry. */

/** Before request `at`, with all frames taken. */
type Choose = (at: number, held: readonly string[]) => string | undefined;

export function victimOf(policy: string, requests: readonly string[]): Choose {
  const lastUse = (page: string, at: number) => requests.lastIndexOf(page, at - 1);
  const nextUse = (page: string, at: number) => {
    const next = requests.indexOf(page, at);
    return next < 0 ? Number.POSITIVE_INFINITY : next;
  };
  const least = (held: readonly string[], rank: (page: string) => number) =>
    [...held].sort((one, other) => rank(one) - rank(other))[0];
  switch (policy) {
    case "fifo":
      return (_, held) => held[0];
    case "lru":
      return (at, held) => least(held, (page) => lastUse(page, at));
    case "mru":
      return (at, held) => least(held, (page) => -lastUse(page, at));
    case "opt":
      return (at, held) => least(held, (page) => -nextUse(page, at));
    case "lfu":
      return leastOften(requests);
    case "clock":
      return byHand(requests, false);
    case "clock:referenced=1":
      return byHand(requests, true);
    default:
      throw new Error(`no model of ${policy}`);
  }
}

/** Calls `hit` or `enter` for each request since the last call, up to `at`, and forgets the victim. */
function followed(
  requests: readonly string[],
  enter: (page: string, at: number) => void,
  hit: (page: string, at: number) => void,
  evict: () => string | undefined,
): Choose {
  const inside = new Set<string>();
  let seen = 0;
  return (at) => {
    for (; seen < at; seen++) {
      const page = requests[seen] ?? "";
      if (inside.has(page)) hit(page, seen);
      else enter(page, seen);
      inside.add(page);
    }
    const victim = evict();
    inside.delete(victim ?? "");
    return victim;
  };
}

function leastOften(requests: readonly string[]): Choose {
  const uses = new Map<string, { count: number; last: number }>();
  return followed(
    requests,
    (page, last) => uses.set(page, { count: 1, last }),
    (page, last) => uses.set(page, { count: (uses.get(page)?.count ?? 0) + 1, last }),
    () => {
      const [victim] = [...uses].sort(([, a], [, b]) => a.count - b.count || a.last - b.last)[0] ?? [];
      uses.delete(victim ?? "");
      return victim;
    },
  );
}

/** A queue with the page at the hand in front: a page with R set goes to its end. */
function byHand(requests: readonly string[], entersReferenced: boolean): Choose {
  const queue: { page: string; r: boolean }[] = [];
  return followed(
    requests,
    (page) => queue.push({ page, r: entersReferenced }),
    (page) => {
      for (const one of queue) if (one.page === page) one.r = true;
    },
    () => {
      for (;;) {
        const first = queue.shift();
        if (first === undefined || !first.r) return first?.page;
        queue.push({ ...first, r: false });
      }
    },
  );
}
