/** `translate`: virtual addresses by small page tables, linear or of an architecture. Solved by `Machine`. */
import { OptionError, optionNamed } from "../errors.js";
import { addressFields } from "../machine/address-fields.js";
import type { EntryView } from "../machine/inspector.js";
import { type Access, Machine } from "../machine/machine.js";
import type { ExerciseQuestion } from "./answer.js";
import { type Draw, numbers } from "./draw.js";
import { type Difficulty, type ExerciseInput, type Generator, hex, paragraph } from "./exercise.js";
import { type Tables, tableName, tableParts } from "./page-tables.js";

/** The tables of i386, of which the last one alone is a linear page table of 2^10 entries. */
const USUAL_ARCH = "i386";
const USUAL_BITS = 16;
const QUESTIONS = 5;
const MOST_PAGES = 6;
/** Pages of a table with several levels lie in so many tables of the last level. */
const LAST_TABLES = 2;
/** The largest index in upper tables, and the pages of a last table that are drawn from: addresses stay short. */
const MOST_INDEX = 6;
const CANDIDATES = 15;
interface Page {
  readonly address: bigint;
  readonly write: boolean;
  readonly user: boolean;
}

/** Of the machine that shows the problem. The answers do not depend on it. */
const TLB = "l1=4x4";

export const translate: Generator = async (draw: Draw, difficulty: Difficulty) => {
  const tables = await tablesOf(draw, difficulty);
  const pages = drawPages(draw, tables);
  let machine = await machineOf(tables, pages);
  const addresses = pages.map(({ address }) => address);
  const shown = tableParts(machine, tables, addresses);
  const questions: ExerciseQuestion[] = [];
  const done: Done[] = [];
  for (const [kind, address] of accessesOf(draw, tables, pages)) {
    const before = machine.walk(address);
    const access = machine.access(address, kind);
    questions.push(questionOf(kind, address, access, before, tables));
    done.push({ access: `${kind} ${hex(address)}`, isSwapIn: access.fault === "major" });
    // A page that came from swap has changed the tables.
    if (access.fault === "major") machine = await machineOf(tables, pages);
  }
  return { parts: [...shown, ...ANSWERS], questions, input: inputOf(tables, pages, done) };
};

interface Done {
  /** `load 0x3c0`. */
  readonly access: string;
  readonly isSwapIn: boolean;
}

/** The accesses on one machine. The one that changes the tables, by a page from swap, is the last. */
function inputOf(tables: Tables, pages: readonly Page[], done: readonly Done[]): ExerciseInput {
  const inOrder = [...done.filter(({ isSwapIn }) => !isSwapIn), ...done.filter(({ isSwapIn }) => isSwapIn)];
  return {
    type: "accesses",
    arch: tables.arch,
    tlb: TLB,
    accesses: inOrder.map(({ access }) => access),
    mapped: pages.map((page) => ({ ...page, address: hex(page.address) })),
    memoryBytes: memoryFor(tables, pages),
    steps: done.map((one) => inOrder.indexOf(one) + 1),
  };
}

async function tablesOf(draw: Draw, { bits, arch }: Difficulty): Promise<Tables> {
  if (bits !== undefined && arch !== undefined) {
    const problem = `a linear table of ${bits} bits is not one of ${arch}`;
    throw OptionError.at("bits", problem, `leave out ${optionNamed("bits")} or ${optionNamed("arch")}`);
  }
  const isLinear = bits !== undefined || (arch === undefined && draw.chance(0.5));
  const name = arch ?? USUAL_ARCH;
  const [split] = await addressFields([0], { arch: name });
  const pageBytes = split?.pages[0]?.sizeBytes ?? 0;
  const fields = split?.fields ?? [];
  return { arch: name, bits: isLinear ? (bits ?? USUAL_BITS) : undefined, pageBytes, fields };
}

/** Different pages: a writable one, a read-only one, and others at random. */
function drawPages(draw: Draw, tables: Tables): Page[] {
  const candidates = draw.shuffled(pagesIn(draw, tables));
  const count = Math.min(MOST_PAGES, candidates.length - 1);
  return candidates.slice(0, count).map((address, n) => ({
    address,
    write: n === 0 || (n !== 1 && draw.chance(0.75)),
    user: n < 2 || draw.chance(0.85),
  }));
}

/** Addresses of pages that may be mapped. */
function pagesIn(draw: Draw, { bits, pageBytes, fields }: Tables): bigint[] {
  if (bits !== undefined) return numbers(2 ** bits / pageBytes).map((page) => BigInt(page * pageBytes));
  const upper = fields.filter(({ level = 0 }) => level > 1);
  const bases = new Set<bigint>();
  while (bases.size < LAST_TABLES) {
    // A root of few entries (i386-pae has four, of which programs use three) limits the index.
    const index = ({ bits: [high, low] }: (typeof upper)[number]) =>
      BigInt(draw.whole(0, Math.min(MOST_INDEX, 2 ** (high - low + 1) - 2))) << BigInt(low);
    bases.add(upper.reduce((base, field) => base + index(field), 0n));
  }
  return [...bases].flatMap((base) => numbers(CANDIDATES).map((page) => base + BigInt(page * pageBytes)));
}

/** Bytes of memory with room for all pages but one, which is in swap. */
function memoryFor({ fields, pageBytes }: Tables, pages: readonly Page[]): number {
  // A table for each different address above the field of the level.
  const tables = new Set(
    fields.flatMap(({ level, bits: [high] }) =>
      level === undefined ? [] : pages.map(({ address }) => `${level} ${address >> BigInt(high + 1)}`),
    ),
  );
  return (tables.size + pages.length - 1) * pageBytes;
}

/** A machine with these pages, the first of them in swap. */
async function machineOf(tables: Tables, pages: readonly Page[]): Promise<Machine> {
  const { arch, pageBytes } = tables;
  const memory = memoryFor(tables, pages);
  const machine = await Machine.create({ arch, demand: false, memory, policy: "lru" });
  for (const { address, write, user } of pages) machine.map(address, pageBytes, { write, user });
  return machine;
}

type Question = readonly [kind: "load" | "store", address: bigint];

/** Accesses of all kinds: to pages that are there, to one that is not, to a table that is not. */
function accessesOf(draw: Draw, tables: Tables, pages: readonly Page[]): Question[] {
  const { bits, pageBytes, fields } = tables;
  const mapped = new Set(pages.map(({ address }) => address));
  // The neighbour in the last table, and where there are more levels the page at another index of the one above.
  const above = bits === undefined ? fields.filter(({ level }) => level === 2) : [];
  const flips = [pageBytes, ...above.map(({ bits: [, low] }) => 2 ** low)];
  const empty = pages
    .flatMap(({ address }) => flips.map((flip) => address ^ BigInt(flip)))
    .filter((address) => !mapped.has(address));
  const inside = (page: bigint) => page + BigInt(draw.whole(0, pageBytes / 4 - 1) * 4);
  // The first page is the one in swap.
  const [first, others] = [pages.slice(0, 1), draw.shuffled(pages.slice(1))];
  const any = others.map(({ address }): Question => [draw.one(["load", "store"]), inside(address)]);
  const wanted: Question[] = [
    ...(draw.chance(0.7) ? first : []).map(({ address }): Question => ["load", inside(address)]),
    ...draw
      .shuffled(empty)
      .slice(0, 1)
      .map((address): Question => [draw.one(["load", "store"]), inside(address)]),
    ...any,
  ];
  return draw.shuffled(wanted.slice(0, QUESTIONS));
}

const FAULTS = ["page fault", "protection fault", "segmentation fault"];

const ANSWERS = [
  paragraph(
    "For each access by a program, the answer is the physical address, such as 0x1a3f; page fault (the page is in swap); " +
      "protection fault (the entry does not allow it); or segmentation fault (nothing is mapped there).",
  ),
];

function questionOf(
  kind: "load" | "store",
  address: bigint,
  { fault, physicalAddress }: Access,
  before: readonly EntryView[],
  tables: Tables,
): ExerciseQuestion {
  const seen = tables.bits === undefined ? before : before.filter(({ level }) => level === 1);
  const path = seen.map((entry) => stepOf(entry, tables));
  const answered = (answer: string, why: string): ExerciseQuestion => ({
    prompt: `${kind} ${hex(address)}`,
    form: "address",
    choices: FAULTS,
    answer,
    reason: [...path, why].join("; "),
  });
  const last = before.at(-1);
  if (fault === "segmentation") return answered("segmentation fault", "the entry is empty");
  if (fault === "major") return answered("page fault", "P is 0: the page is in swap");
  if (fault === "protection") {
    return answered(
      "protection fault",
      last?.user ? `W is 0: no ${kind} is allowed` : "U is 0: only the kernel may access it",
    );
  }
  if (physicalAddress === undefined) throw new Error(`the access ended with ${fault}`);
  return answered(hex(physicalAddress), `offset ${hex(address % BigInt(tables.pageBytes))}`);
}

/** `entry 3 of the table in frame 0x1 has frame 0x5`. */
function stepOf({ index, entryAddress, frame }: EntryView, { pageBytes, bits }: Tables): string {
  const table =
    bits === undefined
      ? `entry ${hex(index)} of ${tableName(entryAddress / BigInt(pageBytes))}`
      : `VPN ${hex(index)}`;
  return frame === undefined ? table : `${table} has frame ${hex(frame)}`;
}
