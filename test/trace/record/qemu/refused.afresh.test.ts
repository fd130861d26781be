/** Programs that cannot be recorded, machines without the tools, and folders in which the plugin cannot be kept. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isDebug } from "../../../build.js";
import { BIN } from "../../../cli/command.js";
import { missingTools } from "../../../heap/afresh.js";

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const TOOLS = "install it and a C compiler (Debian, Ubuntu: apt install qemu-user gcc libc6-dev";

const missing = missingTools("qemu-x86_64", "gcc");
const title = `trace record${missing.length > 0 ? `: no ${missing.join(" and no ")} here` : ""}`;

describe.runIf(!isDebug && missing.length === 0)(title, () => {
  let folder = "";
  let out = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
    out = join(folder, "out.pagewalk");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  interface Machine {
    env?: Record<string, string>;
    uid?: number;
    with?: string[];
  }

  function record(program: string, { env = {}, uid, with: recorder = ["--with", "qemu"] }: Machine = {}) {
    const args = [BIN, "trace", "record", "--quiet", ...recorder, "-o", out, "--", program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      env: { ...process.env, ...env },
      ...(uid !== undefined && { uid, gid: uid }),
    });
    const isThere = existsSync(out);
    rmSync(out, { force: true });
    return { status, printed: stdout + stderr, isThere };
  }

  function refuses(program: string, message: string, machine?: Machine): void {
    const { status, printed, isThere } = record(program, machine);
    expect(printed).toMatch(/^pagewalk: [^\n]*\n$/);
    expect(printed).toContain(message);
    expect([status, isThere]).toEqual([2, false]);
  }

  describe("refuses in one line", () => {
    test.each([
      ["a name that no program has", "missing", undefined, "there is no such program; check its name"],
      ["a folder", "folder", undefined, "is a directory; name a program in it"],
      ["a file without permission", "text", 0o644, "is not executable; chmod +x"],
      [
        "a text without #!",
        "text",
        0o755,
        "is neither an ELF program nor a script with #!; record a program",
      ],
      ["a program of another processor", "s390x", 0o755, "its processor is not one that can be recorded"],
    ])("%s", (_, name, mode, message) => {
      const path = join(folder, name);
      if (name === "folder") mkdirSync(path);
      if (name === "text") writeFileSync(path, "no program\n");
      // The head of an ELF file of 64 bits, big-endian, for EM_S390.
      if (name === "s390x")
        writeFileSync(path, Buffer.from(`7f454c46020201${"00".repeat(9)}00020016`, "hex"));
      if (mode !== undefined) chmodSync(path, mode);
      refuses(path, message);
    });

    const isShared = (statSync(BIN).mode & 0o004) !== 0;
    test.skipIf(!isRoot || !isShared)("a program of another user's rights, and one out of reach", () => {
      const program = join(folder, "setuid");
      writeFileSync(program, Buffer.from(`7f454c46020101${"00".repeat(9)}02003e00`, "hex"));
      chmodSync(program, 0o4755);
      chmodSync(folder, 0o755);
      refuses(program, "it runs with another user's rights (setuid)", { uid: NOBODY });
      chmodSync(folder, 0o700);
      refuses(program, "it cannot be reached (EACCES)", { uid: NOBODY });
    });
  });

  describe("names what a machine lacks, and how to install it", () => {
    /** A search path with these tools alone. */
    function only(...tools: readonly string[]): Record<string, string> {
      const path = mkdtempSync(join(folder, "bin-"));
      for (const tool of tools) {
        const found = spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
        symlinkSync(found, join(path, tool));
      }
      return { PATH: path };
    }

    test.each([
      ["", [], `qemu is not installed, and valgrind is not installed; ${TOOLS}`],
      ["qemu", [], `qemu is not installed; ${TOOLS}`],
      ["qemu", ["qemu-x86_64"], `no C compiler is installed, which qemu's recorder needs; ${TOOLS}`],
      ["valgrind", [], "valgrind is not installed; install it (Debian, Ubuntu: apt install valgrind"],
    ])("--with %s where there is [%s]", (recorder, tools, message) => {
      refuses("/bin/true", message, {
        env: only(...tools),
        with: recorder === "" ? [] : ["--with", recorder],
      });
    });
  });

  describe("records where its cache", () => {
    const hasRecorded = (env: Record<string, string>) =>
      expect(record("/bin/true", { env })).toEqual({ status: 0, printed: "", isThere: true });
    const kept = () => {
      const [name = ""] = readdirSync(join(folder, "pagewalk"));
      return join(folder, "pagewalk", name);
    };

    test("lies where no folder can be made", () => hasRecorded({ XDG_CACHE_HOME: "/proc" }));

    test("would be in a home that there is not", () => hasRecorded({ XDG_CACHE_HOME: "", HOME: "" }));

    test("has a plugin that is cut off, which is replaced", () => {
      const cache = { XDG_CACHE_HOME: folder };
      hasRecorded(cache);
      const { size } = statSync(kept());
      writeFileSync(kept(), "cut off");
      hasRecorded(cache);
      expect(statSync(kept()).size).toBe(size);
    });

    test.skipIf(!isRoot)("is another user's, whose plugin is not used", () => {
      writeFileSync(kept(), "of another user");
      chownSync(join(folder, "pagewalk"), NOBODY, NOBODY);
      hasRecorded({ XDG_CACHE_HOME: folder });
      expect(statSync(kept()).size).toBe(15);
    });
  });
});
