/** A recording made afresh, of references and allocations in one time line. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordAllocations } from "#pagewalk/heap/record-allocations.node.js";
import { countsOf } from "#pagewalk/process/block-charges.js";
import { runLog } from "#pagewalk/process/log/run/log.js";
import { missingTools } from "../../../heap/afresh.js";

const tools = missingTools("valgrind", "gcc");

test.skipIf(tools.length > 0)(
  `charges add up on a program's recording (needs ${tools.join(", ") || "nothing more"})`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "pagewalk-recorded-"));
    try {
      const path = join(folder, "ls.pagewalk");
      const { counts } = await recordAllocations(["ls", "/"], path, { programOutput: "ignore" });
      const { charges, system, stopped, signals } = await runLog(path);
      expect({ stopped, signals }).toEqual({ stopped: undefined, signals: [] });
      const [process] = [...system.processes.values()];
      expect(process && countsOf(process)).toEqual(charges?.total);
      const copied = charges?.regions.find(({ name }) => name === "system calls")?.references ?? 0;
      expect(charges?.total.references).toBe(counts.references + copied);
      expect(charges?.sites.length).toBeGreaterThan(5);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  300_000,
);
