/** The machine's own C library on the same operations (driver.c), compiled where there is a compiler. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("./driver.c", import.meta.url));

export class NativeHeap {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    this.program = join(folder, "driver");
    this.records = join(folder, "records");
  }

  /** Undefined if no C compiler is installed. */
  static build() {
    const heap = new NativeHeap(mkdtempSync(join(tmpdir(), "pagewalk-heap-")));
    const flags = ["-O2", "-o", heap.program, SOURCE];
    if (spawnSync(process.env.CC ?? "cc", flags, { stdio: "ignore" }).status === 0) return heap;
    heap.remove();
    return undefined;
  }

  /** @param {import("./operations.js").Operations} operations */
  load({ records }) {
    writeFileSync(this.records, records);
  }

  /**
   * Seconds of processor time.
   * @param {import("./operations.js").Operations} operations the loaded operations
   * @param {number} times
   */
  seconds({ places }, times) {
    const { stdout } = spawnSync(this.program, [this.records, `${places}`, `${times}`], { encoding: "utf8" });
    return Number(stdout.split(" ")[1]);
  }

  remove() {
    rmSync(this.folder, { recursive: true });
  }
}
