/** The errors of the library: their classes and codes, also of those that come from a worker. */
import { describe, expect, test } from "vitest";
import {
  compare,
  InputError,
  Machine,
  OutOfMemoryError,
  openTrace,
  PagewalkError,
  replay,
  UsageError,
} from "#pagewalk/index.js";
import { asValue, type Failure, rebuild } from "#pagewalk/workers/pool.js";

const trace = (text: string) => openTrace(new TextEncoder().encode(text), { format: "lackey", name: "t" });

const faults: [string, typeof PagewalkError, string, () => Promise<unknown>][] = [
  [
    "an unknown policy",
    UsageError,
    "ERR_PAGEWALK_USAGE",
    async () => compare(await trace(" L 1000,8\n"), { policies: "lur" }),
  ],
  [
    "a wrong value of an option",
    UsageError,
    "ERR_PAGEWALK_USAGE",
    async () => compare(await trace(" L 1000,8\n"), { frames: "0" }),
  ],
  [
    "a line that cannot be read",
    InputError,
    "ERR_PAGEWALK_INPUT",
    async () => replay(await trace(" L 1000,8\n L 10x0,8\n")),
  ],
  ["a missing file", InputError, "ERR_PAGEWALK_INPUT", () => openTrace("no/such/file")],
  ["a machine whose memory is full", PagewalkError, "ERR_PAGEWALK", fullMachine],
];

async function fullMachine(): Promise<void> {
  const machine = await Machine.create({ memory: "64KiB", swap: "16KiB" });
  for (let page = 0; page < 64; page++) {
    machine.map(page * 4096, 4096);
    machine.access(page * 4096, "store");
  }
}

describe("the code of an error", () => {
  test.each(faults)("of %s names its kind", async (_, Class, code, cause) => {
    const error: unknown = await cause().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject({ code, message: expect.stringMatching(/^[^\n]+; [^\n]+$/) });
  });

  test.each([new InputError("p", "r", "t:1"), new UsageError("p", "r"), new OutOfMemoryError("p", "r")])(
    "$code is the same after a worker",
    async (error) => {
      const posted = await asValue(() => Promise.reject(error));
      const again = rebuild(structuredClone(posted as Failure));
      expect([again.code, again.constructor, again.message]).toEqual([
        error.code,
        error.constructor,
        error.message,
      ]);
    },
  );
});
