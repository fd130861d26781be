/** Comparisons that are stopped and continued from the file of `resume`. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openJournal } from "#pagewalk/compare/journal.node.js";
import { type CompareOptions, type CompareRow, compare, InputError, openTrace } from "#pagewalk/index.js";
import { choosePolicies } from "#pagewalk/policy/policies.js";
import { identityOf } from "#pagewalk/sweep/identity.node.js";

const lirs = (list: readonly number[]) =>
  openTrace(new TextEncoder().encode(`${list.join("\n")}\n`), { name: "some.lirs", format: "lirs" });
const few = Array.from({ length: 300 }, (_, n) => Math.floor(40 * ((n * 0.618034) % 1) ** 2));
const many = Array.from({ length: 400_000 }, (_, n) => ((n * 7919) % 4099) ^ (n >> 6));

/** The parts that do not depend on the clock. */
const stable = (rows: readonly CompareRow[]) =>
  rows.map(({ policy, frames, hits, misses }) => [policy, frames, hits, misses]);

describe("a resumed comparison", () => {
  let folder: string;
  let files = 0;
  const newFile = () => join(folder, `${files++}.jsonl`);
  const rowsOf = async (trace: Promise<Awaited<ReturnType<typeof lirs>>>, options: CompareOptions) =>
    (await compare(await trace, options)).results;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("does not simulate again: the second run has the first one's times", async () => {
    const options = { policies: "lru,random:seed=3,opt", frames: [4, 9], resume: newFile() };
    const first = await rowsOf(lirs(few), options);
    expect(await rowsOf(lirs(few), options)).toEqual(first);
    expect(stable(first)).toEqual(stable(await rowsOf(lirs(few), { ...options, resume: newFile() })));
  });

  test("is right if its file was truncated, and keeps every complete row", async () => {
    const options = { policies: "lru,arc", frames: 9 };
    const file = newFile();
    const whole = await rowsOf(lirs(few), { ...options, resume: file });
    const bytes = readFileSync(file);
    for (let length = 0; length <= bytes.length; length += 41) {
      writeFileSync(file, bytes.subarray(0, length));
      const rows = await rowsOf(lirs(few), { ...options, resume: file });
      expect(stable(rows)).toEqual(stable(whole));
      // The first line is not a row. The time of a row identifies it.
      const kept = bytes.toString("latin1", 0, length).split("\n").slice(1, -1);
      expect(rows.map(({ seconds }) => seconds)).toEqual(
        expect.arrayContaining(kept.map((line) => JSON.parse(line).outcome.seconds)),
      );
    }
  });

  test("finds every complete line, and adds the missing ones, wherever its file was truncated", async () => {
    const file = newFile();
    const policies = await choosePolicies("lru,random:seed=7");
    const outcome = {
      requests: 12,
      hits: 5,
      misses: 7,
      evictions: 3,
      residence: 0,
      writebacks: 0,
      seconds: 0.5,
    };
    const trace = await lirs(few);
    const shape = { pageShift: undefined, only: "all" } as const;
    const identity = await identityOf(trace, shape, undefined);
    /** The number of rows in the file; the others are added. */
    const complete = async () => {
      const journal = await openJournal(file);
      const part = journal.of(identity, false);
      const missing = policies.filter((policy) => part.find(policy, 9) === undefined);
      for (const policy of missing) await part.add([{ policy, frames: 9, outcome }]);
      await journal.close();
      return policies.length - missing.length;
    };
    await complete();
    const bytes = readFileSync(file);
    const ends = [...bytes.entries()].flatMap(([at, byte]) => (byte === 10 ? at : []));
    for (let length = 0; length <= bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length));
      // A line without a line end is complete, too.
      expect(await complete()).toBe(ends.slice(1).filter((end) => end <= length).length);
      expect(await complete()).toBe(2);
    }
  });

  test("uses rows of the same trace under any name, and of equivalent policies", async () => {
    const file = newFile();
    const [row] = await rowsOf(lirs(few), { policies: "random", frames: 5, resume: file });
    const bytes = new TextEncoder().encode(`${few.join("\n")}\n`);
    const renamed = openTrace(bytes, { name: "other", format: "lirs" });
    const [again] = await rowsOf(renamed, { policies: "random:seed=1", frames: "5", resume: file });
    expect(again).toEqual({ ...row, trace: "other", policy: "random:seed=1" });
  });

  test("never uses a row of another trace, policy, size or selection of references", async () => {
    const file = newFile();
    const lackey = (last: string) =>
      openTrace(new TextEncoder().encode(`I  00001000,3\n L 00002000,4\n S 00003ffe,${last}\n`), {
        format: "lackey",
      });
    const runs: [string, CompareOptions][] = [
      ["8", {}],
      ["2", {}],
      ["8", { only: "data" }],
      ["8", { only: "instructions" }],
      ["8", { pageSize: 65536 }],
      ["8", { policies: "mru" }],
      ["8", { frames: 1 }],
    ];
    for (const [last, options] of runs) {
      const asked = { policies: "lru", frames: 2, ...options };
      const resumed = await rowsOf(lackey(last), { ...asked, resume: file });
      expect(stable(resumed)).toEqual(stable(await rowsOf(lackey(last), asked)));
    }
    expect(readFileSync(file, "utf8").trimEnd().split("\n")).toHaveLength(1 + runs.length);
  });

  test("never uses a row of another kernel", async () => {
    const file = newFile();
    const [row] = await rowsOf(lirs(few), { policies: "lru", frames: 5, resume: file });
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/"kernel":"./, '"kernel":"?').replace(`"seconds":`, `"seconds":1`));
    const [again] = await rowsOf(lirs(few), { policies: "lru", frames: 5, resume: file });
    expect(again?.misses).toBe(row?.misses);
    expect(again?.seconds).toBeLessThan(1);
  });

  test("simulates the row of a damaged line again", async () => {
    const file = newFile();
    const options = { policies: "lru,fifo,arc", frames: 5, resume: file };
    const first = await rowsOf(lirs(few), options);
    const damaged = readFileSync(file, "utf8").replace(/("fifo".*"misses":)\d+/, "$13");
    writeFileSync(file, damaged);
    const again = await rowsOf(lirs(few), options);
    expect(stable(again)).toEqual(stable(first));
    expect([again[0], again[2]]).toEqual([first[0], first[2]]);
  });

  test("adds a row for each added size and policy", async () => {
    const file = newFile();
    const first = await rowsOf(lirs(few), { policies: "lru", frames: [5], resume: file });
    const more = await rowsOf(lirs(few), { policies: "fifo,lru", frames: [5, 7], resume: file });
    expect(more[1]).toEqual(first[0]);
    expect(more).toHaveLength(4);
  });

  test("refuses a file that is not a journal, and does not change it", async () => {
    for (const content of ["1\n2\n", '{"journal":"pagewalk compare","version":2}\n']) {
      const file = newFile();
      appendFileSync(file, content);
      const refused = rowsOf(lirs(few), { policies: "lru", frames: 5, resume: file });
      await expect(refused).rejects.toBeInstanceOf(InputError);
      await expect(refused).rejects.toThrow(
        `${file}: is not a journal of compare; name a file that resume wrote`,
      );
      expect(readFileSync(file, "utf8")).toBe(content);
    }
    await expect(rowsOf(lirs(few), { resume: folder })).rejects.toThrow(/is a directory/);
  });

  test("keeps the rows that were finished before its signal stopped it, for any number of workers", async () => {
    const through = await rowsOf(lirs(many), { frames: "5%,20%", jobs: 1 });
    for (const jobs of [1, 2]) {
      const options = { frames: "5%,20%", jobs, resume: newFile() };
      const controller = new AbortController();
      const told: CompareRow[] = [];
      const stopped = (async () => {
        for await (const row of compare(await lirs(many), { ...options, signal: controller.signal })) {
          told.push(row);
          controller.abort();
        }
      })();
      // One thread needs one group, which is finished by then.
      if (jobs > 1) await expect(stopped).rejects.toThrow(/abort/i);
      else await stopped;
      expect(told.length).toBeGreaterThan(0);
      const rows = await rowsOf(lirs(many), options);
      expect(stable(rows)).toEqual(stable(through));
      for (const row of told) expect(rows).toContainEqual(row);
    }
  });
});
