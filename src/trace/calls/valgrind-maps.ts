/**
 * The initial regions of a program under valgrind, without valgrind's own, in the format of a maps file. From:
 * valgrind's coregrind/m_aspacemgr (aspacemgr-linux.c) and m_initimg (initimg-linux.c): valgrind's own memory is
 * anonymous and executable, or of the tool's file; the program's stack ends at `suggested_clstack_end`.
 */

const REGION = /^([0-9a-f]+)-([0-9a-f]+) (\S+) (\S+ \S+ \S+) *(.*)$/s;
const STACK_ENDS: ReadonlySet<string> = new Set(["1fff001000", "ff000000", "be800000"]);

/** `maps` is that of the process that runs valgrind. */
export function programMaps(maps: string): string {
  const kept: string[] = [];
  let end = "";
  for (const line of maps.split("\n")) {
    const [, start = "", to = "", permissions = "", place = "", name = ""] = REGION.exec(line) ?? [];
    const isStack = name === "" && STACK_ENDS.has(to.replace(/^0+/, ""));
    const isFile = name.startsWith("/") && !/valgrind|vgdb|memcheck|lackey/.test(name);
    const isBss = name === "" && start === end && permissions === "rw-p";
    if (!isStack && !isFile && !isBss) continue;
    kept.push(`${start}-${to} ${permissions} ${place} ${isStack ? "[stack]" : name}`.trimEnd());
    end = to;
  }
  return kept.map((line) => `${line}\n`).join("");
}
