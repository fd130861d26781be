/** By which signal a process ended, from what its threads have left in the recorder's memory. */
import { expect, test } from "vitest";
import { Deaths } from "#pagewalk/trace/record/qemu/deaths.js";
import type { RingRow } from "#pagewalk/trace/record/qemu/shared-memory.node.js";

const LIVE = 2;
const NONE = { number: 0 };

function row(fields: Partial<RingRow>): RingRow {
  const numbers = { pid: 10, tid: 10, leads: false, leaves: 0, killed: 0 };
  return { state: LIVE, ...numbers, signal: NONE, floor: 0n, written: 1, at: 1, ...fields };
}

function deathsOf(endSignal: number | undefined, isOver = true): Deaths {
  return new Deaths({ pid: 1, endSignal, hasEnded: () => isOver });
}

test("of the program itself it is known when the program has ended", () => {
  const main = row({ pid: 1, tid: 1, signal: { number: 11, code: 1, address: 8n, sender: 0, uid: 0 } });
  expect(deathsOf(undefined, false).endOf(main, [main])).toBeUndefined();
  expect(deathsOf(11).endOf(main, [main])).toEqual(["signal b 1 8 0 0", "killed b"]);
  expect(deathsOf(9).endOf(main, [main])).toEqual(["killed 9"]);
  expect(deathsOf(undefined).endOf(main, [main])).toEqual([]);
});

test("the thread that got the signal shows it, and the process's first thread its end", () => {
  const signal = { number: 11, code: 1, address: 8n, sender: 0, uid: 0 };
  const rows = [row({ pid: 1, tid: 1 }), row({ pid: 1, tid: 2, signal })];
  expect(rows.map((one) => deathsOf(11).endOf(one, rows))).toEqual([["killed b"], ["signal b 1 8 0 0"]]);
  const leads = row({ pid: 1, tid: 5, leads: true });
  expect(deathsOf(11).endOf(leads, [leads])).toEqual(["killed b"]);
});

test("a child's signal is its parent's wait status, else its last signal, else unknown", () => {
  const told = row({ killed: 9 });
  expect(deathsOf(undefined).endOf(told, [told])).toEqual(["killed 9"]);
  const ended = (one: RingRow) => {
    const deaths = deathsOf(undefined);
    let tries = 0;
    for (;;) {
      const events = deaths.endOf(one, [one]);
      if (events !== undefined) return [tries, ...events];
      tries++;
    }
  };
  expect(ended(row({ signal: { number: 15, sender: 1 } }))).toEqual([4, "signal f 0 0 1 0", "killed f"]);
  expect(ended(row({ signal: { number: 17, sender: 1 } }))).toEqual([4]); // SIGCHLD ends no process
  expect(ended(row({}))).toEqual([4]);
});

test("a process that exits, or becomes one that is not recorded, is not killed", () => {
  const deaths = deathsOf(9);
  deaths.note(row({ pid: 1, tid: 2, leaves: 2 }));
  expect(deaths.endOf(row({ pid: 1, tid: 1 }), [])).toEqual([]);
  expect(deathsOf(9).endOf(row({ pid: 1, tid: 1, leaves: 1 }), [])).toEqual([]);
});
