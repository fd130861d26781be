/** Naive models of the policies with clocks, their papers step by step, on arrays searched from end to end. */
import { at, type Model } from "./classics.js";

interface Clocked {
  page: number;
  referenced: boolean;
  isLong: boolean;
}

const take = (list: Clocked[], page: number): Clocked | undefined => {
  const found = list.find((entry) => entry.page === page);
  if (found !== undefined) list.splice(list.indexOf(found), 1);
  return found;
};

/** Figure 2. The head of each clock, and the least recent ghost, comes first. */
export const car: Model = (pages, c) => {
  const [t1, t2, b1, b2]: [Clocked[], Clocked[], Clocked[], Clocked[]] = [[], [], [], []];
  let p = 0;
  const replace = () => {
    for (;;) {
      const [clock, ghosts] = t1.length >= Math.max(1, p) ? [t1, b1] : [t2, b2];
      const head = at(clock, 0);
      clock.shift();
      if (!head.referenced) {
        ghosts.push(head);
        return;
      }
      t2.push({ ...head, referenced: false });
    }
  };
  return pages.map((page) => {
    const found = [...t1, ...t2].find((entry) => entry.page === page);
    if (found !== undefined) {
      found.referenced = true;
      return true;
    }
    const isGhost = [...b1, ...b2].some((entry) => entry.page === page);
    if (t1.length + t2.length === c) {
      replace();
      if (!isGhost && t1.length + b1.length === c) b1.shift();
      else if (!isGhost && t1.length + t2.length + b1.length + b2.length === 2 * c) b2.shift();
    }
    const entry = { page, referenced: false, isLong: false };
    if (!isGhost) t1.push(entry);
    else if (b1.some((ghost) => ghost.page === page)) {
      p = Math.min(p + Math.max(1, b2.length / b1.length), c);
      take(b1, page);
      t2.push(entry);
    } else {
      p = Math.max(p - Math.max(1, b1.length / b2.length), 0);
      take(b2, page);
      t2.push(entry);
    }
    return false;
  });
};

/** Figure 3. */
export const cart: Model = (pages, c) => {
  const [t1, t2, b1, b2]: [Clocked[], Clocked[], Clocked[], Clocked[]] = [[], [], [], []];
  let [p, q] = [0, 0];
  const short = () => t1.filter(({ isLong }) => !isLong).length;
  const long = () => t1.length + t2.length - short();
  const growQ = () => {
    if (t2.length + b2.length + t1.length - short() >= c) q = Math.min(q + 1, 2 * c - t1.length);
  };
  const replace = () => {
    while (t2[0]?.referenced) {
      t1.push({ ...at(t2, 0), referenced: false });
      t2.shift();
      growQ();
    }
    while (t1[0]?.isLong || t1[0]?.referenced) {
      const head = at(t1, 0);
      if (head.referenced) {
        const isLong = head.isLong || t1.length >= Math.min(p + 1, b1.length);
        t1.shift();
        t1.push({ ...head, referenced: false, isLong });
      } else {
        t1.shift();
        t2.push(head);
        q = Math.max(q - 1, c - t1.length);
      }
    }
    if (t1.length >= Math.max(1, p)) b1.push(t1.shift() ?? at(t1, 0));
    else b2.push(t2.shift() ?? at(t2, 0));
  };
  return pages.map((page) => {
    const found = [...t1, ...t2].find((entry) => entry.page === page);
    if (found !== undefined) {
      found.referenced = true;
      return true;
    }
    const isGhost = [...b1, ...b2].some((entry) => entry.page === page);
    if (t1.length + t2.length === c) {
      replace();
      if (!isGhost && b1.length + b2.length === c + 1) {
        if (b1.length > Math.max(0, q) || b2.length === 0) b1.shift();
        else b2.shift();
      }
    }
    if (b1.some((entry) => entry.page === page)) {
      p = Math.min(p + Math.max(1, short() / b1.length), c);
      take(b1, page);
      t1.push({ page, referenced: false, isLong: true });
    } else if (isGhost) {
      p = Math.max(p - Math.max(1, long() / b2.length), 0);
      take(b2, page);
      t1.push({ page, referenced: false, isLong: true });
      growQ();
    } else t1.push({ page, referenced: false, isLong: false });
    return false;
  });
};

interface Paged {
  page: number;
  kind: "hot" | "cold" | "ghost";
  inTest: boolean;
  referenced: boolean;
}

/**
 * One list, with the page that entered or was spared last at the end; hands are found by linear search. `share`: of cold
 * pages, 0 if it adapts. `spares`: a page that was requested after its test stays.
 */
export const clockPro =
  (share: number, spares: boolean): Model =>
  (pages, frames) => {
    const list: Paged[] = [];
    const least = Math.max(Math.floor((share || 0.01) * frames), 1);
    const most = share > 0 ? least : Math.max(frames - least, least);
    let cold = least;
    let requested: Paged | undefined;
    const count = (kind: Paged["kind"]) => list.filter((entry) => entry.kind === kind).length;
    const firstHot = () => list.find(({ kind }) => kind === "hot");
    const adjust = (by: number) => {
      cold = Math.max(Math.min(cold + by, most), least);
    };
    const unlink = (entry: Paged) => list.splice(list.indexOf(entry), 1);
    const toFront = (entry: Paged, kind: Paged["kind"], inTest: boolean) => {
      unlink(entry);
      list.push(Object.assign(entry, { kind, inTest, referenced: false }));
    };
    const endTest = (entry: Paged) => {
      if (!entry.inTest) return;
      adjust(entry.referenced ? 1 : -1);
      entry.inTest = false;
      if (entry.kind === "ghost" && entry !== requested) unlink(entry);
    };
    /** No page behind the last hot one is in its test. */
    const passTests = () => {
      const last = firstHot();
      if (last !== undefined) for (const entry of list.slice(0, list.indexOf(last))) endTest(entry);
    };
    /** Makes a hot page cold; false if that would end the test of `candidate` before one is found. */
    const cool = (candidate?: Paged) => {
      for (;;) {
        passTests();
        if (candidate?.inTest === false) return false;
        const last = firstHot();
        if (last === undefined) return false;
        const wasReferenced = last.referenced;
        toFront(last, wasReferenced ? "hot" : "cold", false);
        if (wasReferenced) continue;
        passTests();
        return true;
      }
    };
    const makeRoom = (entry: Paged) => {
      adjust(1);
      entry.referenced = false;
      while (count("hot") + cold >= frames) if (!entry.inTest || !cool(entry)) return false;
      return true;
    };
    const evictCold = (entry: Paged) => {
      if (!entry.inTest) unlink(entry);
      else entry.kind = "ghost";
      const ghosts = () => list.filter(({ kind, inTest }) => kind === "ghost" && inTest).length;
      while (ghosts() > frames) {
        endTest(
          at(
            list.filter(({ inTest }) => inTest),
            0,
          ),
        );
      }
    };
    const evict = () => {
      for (;;) {
        if (count("cold") === 0) cool();
        const last = at(
          list.filter(({ kind }) => kind === "cold"),
          0,
        );
        if (!last.referenced || !(last.inTest || spares)) return evictCold(last);
        if (last.inTest && makeRoom(last)) toFront(last, "hot", false);
        else if (spares) toFront(last, "cold", true);
      }
    };
    return pages.map((page) => {
      const found = list.find((entry) => entry.page === page);
      if (found !== undefined && found.kind !== "ghost") {
        found.referenced = true;
        return true;
      }
      requested = found;
      if (count("hot") + count("cold") === frames) evict();
      if (found !== undefined) {
        if (found.inTest && makeRoom(found)) toFront(found, "hot", false);
        else toFront(found, "cold", true);
      } else {
        const isHot = count("hot") + count("cold") + cold < frames;
        list.push({ page, kind: isHot ? "hot" : "cold", inTest: !isHot, referenced: false });
      }
      requested = undefined;
      passTests();
      return false;
    });
  };
