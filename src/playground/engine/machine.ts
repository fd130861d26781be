/** A machine in the worker, stepped through a list of accesses. A step back runs the list again from its start. */
import {
  type Access,
  type AddressFields,
  type ArchitectureName,
  addressFields,
  type CreateMachineOptions,
  type FrameView,
  InputError,
  Machine,
  type PageId,
  type PolicyList,
  type TlbView,
  UsageError,
} from "pagewalk";
import { type ListedAccess, readAccesses } from "./accesses.js";
import { type ListedPage, mapAll, readPages } from "./mapped.js";
import { type Tables, tablesOf } from "./tables.js";

export interface MachineJob {
  readonly options: Pick<CreateMachineOptions, "tlb" | "memory"> & {
    readonly arch: ArchitectureName;
    readonly policy: string;
  };
  /** The pages that the machine has from the start, as text. If there are none, each is mapped when it is accessed. */
  readonly mapped: string;
  /** The list, as text. */
  readonly accesses: string;
}

/** The machine after some accesses. */
export interface MachineState {
  /** Accesses done, and those that there are. */
  readonly at: number;
  readonly total: number;
  readonly arch: string;
  /** Bytes of a page of each size, by its name. */
  readonly pageBytes: Readonly<Record<string, number>>;
  /** The last one. */
  readonly last: LastAccess | undefined;
  readonly tables: Tables;
  readonly tlbs: Record<string, TlbView>;
  readonly frames: readonly FrameView[];
  readonly frameCounts: Machine["frameCounts"];
  readonly counters: Machine["counters"];
  readonly policy: string;
  readonly policyLists: readonly PolicyList[];
  /** The page that the policy would evict next. */
  readonly nextVictim: PageId | undefined;
}

export interface LastAccess {
  readonly access: ListedAccess;
  readonly result: Access;
  readonly fields: AddressFields;
  /** First address of its page; undefined if it was stopped. */
  readonly page: bigint | undefined;
  /** First addresses of the pages that left memory. */
  readonly evicted: readonly bigint[];
}

/** The condition that ends a run. */
export type Stop =
  | { readonly at: "walk" | "fault" | "eviction" }
  | { readonly at: "address"; readonly address: string };

/** The machine that runs, or has run. */
interface Run {
  readonly job: MachineJob;
  readonly accesses: readonly ListedAccess[];
  readonly pages: readonly ListedPage[];
  readonly machine: Machine;
  /** Bytes of the smallest page. */
  readonly leastBytes: number;
  readonly pageBytes: Readonly<Record<string, number>>;
  at: number;
}

let run: Run | undefined;

/** The machine after `at` accesses, or after the last one. */
export async function machineAt(job: MachineJob, at: number): Promise<MachineState> {
  const to = Math.min(at, readAccesses(job.accesses).length);
  const current = await runTo(job, Math.max(0, to - 1));
  return stateOf(current, to === 0 ? undefined : await step(current));
}

/** Goes on after `from` accesses, to the first one that is stopped at, or to the end. */
export async function machineUntil(job: MachineJob, from: number, stop: Stop): Promise<MachineState> {
  const current = await runTo(job, from);
  const address = stop.at === "address" ? addressOf(stop.address) : undefined;
  while (current.at < current.accesses.length) {
    const before = current.machine.counters;
    const { access, result } = advance(current);
    const after = current.machine.counters;
    if (stop.at === "walk" && after.walks > before.walks) break;
    if (stop.at === "fault" && result.fault !== undefined) break;
    if (stop.at === "eviction" && after.evictions > before.evictions) break;
    if (address !== undefined && touches(access, address)) break;
  }
  return machineAt(job, current.at);
}

function addressOf(text: string): bigint {
  if (/^(0x[\da-f]+|\d+)$/i.test(text.trim())) return BigInt(text.trim());
  throw new UsageError(`"${text}" is not an address`, "give a number such as 0x601040", "address");
}

function touches({ address, bytes }: ListedAccess, wanted: bigint): boolean {
  return wanted >= address && wanted < address + BigInt(bytes);
}

/** A run of the job after `at` accesses, or after all of them: the last run, or a new one if that is further. */
async function runTo(job: MachineJob, at: number): Promise<Run> {
  const last = run;
  const fits = last !== undefined && last.at <= at && JSON.stringify(last.job) === JSON.stringify(job);
  const current = fits ? last : await begin(job);
  run = current;
  while (current.at < Math.min(at, current.accesses.length)) advance(current);
  return current;
}

async function begin(job: MachineJob): Promise<Run> {
  const accesses = readAccesses(job.accesses);
  const pages = readPages(job.mapped);
  const machine = await Machine.create({ ...job.options, demand: pages.length === 0 });
  const [split] = await addressFields([0], { arch: job.options.arch });
  const sizes = split?.pages.map(({ size, sizeBytes }) => [size, sizeBytes] as const) ?? [];
  const pageBytes = Object.fromEntries(sizes);
  const leastBytes = Math.min(...Object.values(pageBytes));
  mapAll(machine, pages, leastBytes);
  return { job, accesses, pages, machine, pageBytes, leastBytes, at: 0 };
}

function advance(current: Run): { access: ListedAccess; result: Access } {
  const access = current.accesses[current.at] as ListedAccess;
  const { kind, address, bytes, line } = access;
  try {
    const result = current.machine.access(address, kind, bytes);
    current.at++;
    return { access, result };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new InputError(error.problem, error.remedy, `line ${line}`);
  }
}

/** One access, with what it moved. */
async function step(current: Run): Promise<LastAccess> {
  const { machine, job } = current;
  const before = pagesOf(machine);
  const { access, result } = advance(current);
  const after = new Set(pagesOf(machine));
  const [fields] = await addressFields([access.address], { arch: job.options.arch });
  return {
    access,
    result,
    fields: fields as AddressFields,
    page: pageOf(access.address, result, fields as AddressFields),
    evicted: before.filter((page) => !after.has(page)),
  };
}

function pageOf(address: bigint, { pageSize }: Access, { addressBits }: AddressFields): bigint | undefined {
  return pageSize === undefined ? undefined : BigInt.asUintN(addressBits, address) & ~BigInt(pageSize - 1);
}

function pagesOf(machine: Machine): bigint[] {
  return [...machine.frames()].flatMap(({ page }) => (page === undefined ? [] : [page.address]));
}

async function stateOf(
  { job, machine, accesses, pages, pageBytes, leastBytes, at }: Run,
  last: LastAccess | undefined,
): Promise<MachineState> {
  const { tlbs, frameCounts, counters, policyLists } = machine;
  const { arch, policy } = job.options;
  const known = [...pages, ...accesses.slice(0, at)].map(({ address }) => address);
  return {
    at,
    total: accesses.length,
    arch,
    pageBytes,
    last,
    tables: tablesOf(machine, known, leastBytes),
    tlbs,
    frames: [...machine.frames()],
    frameCounts,
    counters,
    policy,
    policyLists,
    nextVictim: await machine.nextVictim(),
  };
}
