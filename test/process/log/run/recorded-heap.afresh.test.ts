/** Recordings made afresh, of references and allocations in one time line. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordAllocations } from "#pagewalk/heap/record-allocations.node.js";
import { countsOf } from "#pagewalk/process/block-charges.js";
import { runLog } from "#pagewalk/process/log/run/log.js";
import { compileText, missingTools } from "../../../heap/afresh.js";

test.for([
  ["qemu", missingTools("qemu-x86_64", "gcc")],
  ["valgrind", missingTools("valgrind", "gcc")],
] as const)(
  "charges add up on a program's recording by %s",
  { timeout: 300_000 },
  async ([recorder, tools], { skip }) => {
    skip(tools.length > 0, `needs ${tools.join(", ")}`);
    const folder = mkdtempSync(join(tmpdir(), "pagewalk-recorded-"));
    try {
      const path = join(folder, "ls.pagewalk");
      const { counts } = await recordAllocations(["ls", "/"], path, {
        with: recorder,
        programOutput: "ignore",
      });
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
);

test.skipIf(missingTools("qemu-x86_64", "gcc").length > 0)(
  "the allocations that QEMU records are those that the program makes, and a static program is refused",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "pagewalk-recorded-"));
    try {
      const code = `#include <stdio.h>
        #include <stdlib.h>
        int main(void) {
          setbuf(stdout, NULL);
          void *a = malloc(100), *b = calloc(7, 9), *c = realloc(a, 5000), *d;
          printf("malloc(100) = %p\\ncalloc(7, 9) = %p\\nrealloc(%p, 5000) = %p\\n", a, b, a, c);
          if (posix_memalign(&d, 256, 512) != 0) return 1;
          free(b);
          printf("posix_memalign([%p], 256, 512) = 0\\nfree(%p)\\n", d, b);
          return 0;
        }`;
      const program = compileText(folder, "allocates", code, "-w");
      const path = join(folder, "allocates.calls");
      // The program's output is at the addresses that it has without a recorder too: of QEMU's layout.
      const shown = execFileSync("qemu-x86_64", [program], { encoding: "utf8" });
      await recordAllocations([program], path, { with: "qemu", programOutput: "ignore" });
      const lines = readFileSync(path, "utf8").matchAll(
        /^\[pid \d+\] ((?:[a-z_]*alloc|free|posix_memalign)\(.*) # 0x/gm,
      );
      const sizes = (text: string) => text.replace(/0x[0-9a-f]+/g, "block");
      expect([...lines].map(([, line = ""]) => sizes(line))).toEqual(shown.trimEnd().split("\n").map(sizes));
      const still = compileText(folder, "static", code, "-w", "-static");
      await expect(recordAllocations([still], path, { with: "qemu" })).rejects.toThrow(
        /it is statically linked/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);
