import { describe, expect, test } from "vitest";
import { runLines } from "../../logs.js";
import { movable } from "../../program/elf-file.js";

/** The paths at which the log's programs are looked for. */
async function looked(lines: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  const readProgram = async (path: string) => {
    paths.push(path);
    return { path, bytes: movable(), sizeBytes: 1 << 20 };
  };
  const { stopped } = await runLines(lines, { readProgram });
  expect(stopped).toBeUndefined();
  return paths.filter((path) => !path.includes("ld-linux"));
}

const exec = (path: string) => `execve("${path}", ["x"], 0x7ffcc06c6450 /* 38 vars */) = 0`;
const execAt = (fd: string, path: string) => `execveat(${fd}, "${path}", ["x"], NULL, AT_EMPTY_PATH) = 0`;
const OPEN = 'openat(AT_FDCWD, "/bin/b", O_RDONLY|O_PATH) = 3';

describe("the program of execve", () => {
  test.each([
    ["/proc/self/exe", [exec("/bin/a"), exec("/proc/self/exe")], ["/bin/a", "/bin/a"]],
    [
      "/proc/PID/exe, of another process",
      [`1 ${exec("/bin/a")}`, "1 fork() = 2", `2 ${exec("/bin/b")}`, `2 ${exec("/proc/1/exe")}`],
      ["/bin/a", "/bin/b", "/bin/a"],
    ],
    ["/proc/self/fd", [OPEN, exec("/proc/self/fd/3")], ["/bin/b"]],
    ["/dev/fd", [OPEN, exec("/dev/fd/3")], ["/bin/b"]],
    ["a descriptor", [OPEN, execAt("3", "")], ["/bin/b"]],
    ["a descriptor with its path (strace -y)", [execAt("5</bin/c>", "")], ["/bin/c"]],
    [
      "a directory's descriptor",
      ['openat(AT_FDCWD, "/usr/bin", O_RDONLY|O_DIRECTORY) = 4', execAt("4", "true")],
      ["/usr/bin/true"],
    ],
    ["AT_FDCWD", [execAt("AT_FDCWD", "/bin/d")], ["/bin/d"]],
  ])("is that of %s", async (_, lines, paths) => {
    expect(await looked(lines)).toEqual(paths);
  });

  test("is not a file of this machine if the log does not show it", async () => {
    expect(await looked([exec("/proc/self/exe"), exec("/proc/self/fd/9")])).toEqual(["program", "program"]);
  });
});
