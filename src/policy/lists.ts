/** Names of the lists and marks of the kernel's policies, as their papers and the heads of their files have them. */
import { NONE } from "../../assembly/abi/core.js";

interface Names {
  /** Of each list by its number; without names, a list has its number behind `numbered`. */
  readonly lists: readonly string[];
  readonly numbered?: string;
  /** The pages that are in no list. */
  readonly others?: string;
  /** Bits of a mark. */
  readonly bits?: Readonly<Record<number, string>>;
  /** The name and the mask of the count in a mark's low bits. */
  readonly count?: readonly [name: string, mask: number];
}

const ADAPTIVE = ["T1", "T2", "B1", "B2"];
const REFERENCED = { 4: "referenced" };

const NAMES: Readonly<Record<string, Names>> = {
  fifo: { lists: ["queue"] },
  lru: { lists: ["stack"] },
  mru: { lists: ["stack"] },
  clock: { lists: ["ring"], count: ["counter", 63] },
  gclock: { lists: ["ring"], count: ["counter", 63] },
  "2q": { lists: ["A1in", "Am", "A1out"] },
  arc: { lists: ADAPTIVE },
  car: { lists: ADAPTIVE, bits: REFERENCED },
  cart: { lists: ADAPTIVE, bits: { ...REFERENCED, 8: "long-term" } },
  lirs: { lists: ["S"], others: "Q", bits: { 1: "LIR" } },
  tinylfu: { lists: ["window", "probation", "protected"] },
  "s3-fifo": { lists: ["small", "main", "ghosts"], count: ["hits", 15] },
  qdlp: { lists: ["probation", "main", "ghosts"], count: ["counter", 15] },
  sieve: { lists: ["queue"], bits: { 1: "visited" } },
  lfu: { lists: [], numbered: "bucket" },
  slru: { lists: [], numbered: "segment" },
  mq: { lists: [], numbered: "queue" },
  "lru-k": { lists: ["recent", "ghosts"], others: "heap" },
  "clock-pro": { lists: ["ring"], bits: { 1: "hot", 2: "in test", ...REFERENCED } },
  lecar: { lists: ["stack", "ghosts of LRU", "ghosts of LFU"] },
  cacheus: { lists: ["SR", "R", "ghosts of LRU", "ghosts of LFU"] },
  "linux-lru": { lists: ["inactive", "active", "ghosts"], bits: { 2: "PG_referenced" } },
  mglru: {
    lists: ["generation 0", "generation 1", "generation 2", "generation 3", "ghosts"],
    bits: { 4: "PG_referenced", 8: "PG_workingset" },
  },
  nru: { lists: ["queue"] },
  "second-chance-enhanced": { lists: ["ring"] },
  wsclock: { lists: ["ring"] },
  aging: { lists: ["queue"] },
  nfu: { lists: ["queue"] },
  "working-set": { lists: ["stack"] },
  pff: { lists: ["stack"] },
};

/** The name of list `number` of the policy, or of the pages in none if that is `NONE`. */
export function listName(policy: string, number: number): string {
  const { lists = [], numbered = "list", others = "pages" } = namesOf(policy);
  return number === NONE ? others : (lists[number] ?? `${numbered} ${number}`);
}

/** Returns the meaning of a resident page's mark, in words. */
export function markWords(policy: string, mark: number): string[] {
  const { bits = {}, count } = namesOf(policy);
  const set = Object.entries(bits).flatMap(([bit, name]) => ((mark & Number(bit)) === 0 ? [] : name));
  return count === undefined ? set : [...set, `${count[0]} ${mark & count[1]}`];
}

/** Of a policy with or without parameters. */
function namesOf(policy: string): Partial<Names> {
  return NAMES[policy.split(":")[0] ?? ""] ?? {};
}
