/** Writes the plan of a table's columns into kernel memory; assembly/abi/table.ts has the layout. */
import {
  MOST_COLUMNS,
  TABLE_ACTIONS,
  TABLE_COLUMNS,
  TABLE_LEAST,
  TABLE_RANGES,
  TABLE_SCALE,
  TABLE_SIZE_SCALE,
  TABLE_WORD_COUNT,
  TABLE_WORDS,
  WORD_BYTES,
  WORD_KIND,
  WORD_LENGTH,
  WORD_TEXT,
} from "../../assembly/abi/table.js";
import type { Kernel } from "./kernel.js";

export interface KernelTablePlan {
  readonly unit: "address" | "page";
  /** ACTION_… of each column. */
  readonly actions: readonly number[];
  readonly least: number;
  readonly hasVolumes: boolean;
  readonly scale: number;
  readonly sizeScale: number;
  /** Words for kinds, in small letters. */
  readonly words: readonly (readonly [word: string, kind: number])[];
}

/** The address of the plan. */
export function writeTablePlan(kernel: Kernel, plan: KernelTablePlan): number {
  const { actions, words } = plan;
  const address = kernel.allocate(TABLE_ACTIONS + MOST_COLUMNS * 2);
  const list = kernel.allocate(Math.max(1, words.length) * WORD_BYTES);
  const view = kernel.view();
  view.setUint32(address + TABLE_COLUMNS, actions.length, true);
  view.setUint32(address + TABLE_LEAST, plan.least, true);
  view.setUint32(address + TABLE_RANGES, plan.unit === "page" ? 0 : plan.hasVolumes ? 2 : 1, true);
  view.setUint32(address + TABLE_SCALE, plan.scale, true);
  view.setUint32(address + TABLE_SIZE_SCALE, plan.sizeScale, true);
  view.setUint32(address + TABLE_WORDS, list, true);
  view.setUint32(address + TABLE_WORD_COUNT, words.length, true);
  for (const [column, action] of actions.entries()) {
    view.setUint16(address + TABLE_ACTIONS + column * 2, action, true);
  }
  for (const [index, [word, kind]] of words.entries()) {
    const text = new TextEncoder().encode(word).subarray(0, WORD_BYTES - WORD_TEXT);
    const at = list + index * WORD_BYTES;
    view.setUint32(at + WORD_KIND, kind, true);
    view.setUint32(at + WORD_LENGTH, text.length, true);
    kernel.bytes(at + WORD_TEXT, text.length).set(text);
  }
  return address;
}
