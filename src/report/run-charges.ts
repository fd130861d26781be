/** The costs of allocations: tables of `run --show charges`, and their JSON. */
import type { BlockCharge, ChargeGroup, ChargesResult } from "../process/block-charges.js";
import type { ChargeCounts } from "../wasm/charges.js";
import { formatBytes, formatCount, formatShare } from "./numbers.js";

/** Rows of a table, at most. */
const MOST_ROWS = 20;

const HEAD = [
  "references",
  "TLB misses",
  "walks",
  "minor",
  "major",
  "swap-ins",
  "writebacks",
  "cycles",
  "share",
];

/** A table by name: `by allocating call`, `by size class`, `outside blocks`, `costliest blocks`. */
export function chargeTables(charges: ChargesResult): { title: string; rows: string[][] }[] {
  const { sites, classes, regions, blocks, total } = charges;
  return [
    groupTable("by allocating call", "call", sites, total),
    groupTable("by size class", "bytes requested", readable(classes), total),
    blockTable(blocks, total),
    groupTable("outside blocks", "region", regions, total),
  ].filter(({ rows }) => rows.length > 1);
}

/** Size classes with formatted numbers: `1,025 to 2,048 B`. */
export function readable(classes: readonly ChargeGroup[]): ChargeGroup[] {
  const grouped = (name: string) => name.replace(/\d{4,}/g, (digits) => formatCount(Number(digits)));
  return classes.map((group) => ({ ...group, name: grouped(group.name) }));
}

function groupTable(title: string, what: string, groups: readonly ChargeGroup[], total: ChargeCounts) {
  const hasBlocks = groups.some(({ blocks }) => blocks > 0);
  const rows = groups
    .slice(0, MOST_ROWS)
    .map((group) => [
      group.name,
      ...(hasBlocks ? [formatCount(group.blocks), formatBytes(group.requestedBytes)] : []),
      ...counts(group, total),
    ]);
  return { title, rows: [[what, ...(hasBlocks ? ["blocks", "requested"] : []), ...HEAD], ...rows] };
}

function blockTable(blocks: readonly BlockCharge[], total: ChargeCounts) {
  const rows = blocks
    .slice(0, MOST_ROWS)
    .map((block) => [
      `0x${block.address.toString(16)}`,
      formatBytes(block.bytes),
      String(block.line),
      block.site,
      ...counts(block, total),
    ]);
  return { title: "costliest blocks", rows: [["block", "bytes", "line", "call", ...HEAD], ...rows] };
}

function counts(group: ChargeCounts, total: ChargeCounts): string[] {
  const { references, tlbMisses, walks, minorFaults, majorFaults, swapIns, writebacks, cycles } = group;
  const numbers = [references, tlbMisses, walks, minorFaults, majorFaults, swapIns, writebacks, cycles];
  return [...numbers.map(formatCount), formatShare(cycles, total.cycles)];
}

/** The charges for JSON: addresses are strings. */
export function chargesJson({ blocks, ...charges }: ChargesResult): unknown {
  return {
    ...charges,
    blocks: blocks.map(({ address, ...block }) => ({ address: `0x${address.toString(16)}`, ...block })),
  };
}
