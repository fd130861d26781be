/**
 * Lines of mtrace(3), as glibc 2.34 and later write them (malloc/mtrace-impl.c), as calls. A realloc takes two lines.
 *
 *   = Start
 *   @ ./program:[0x401156] + 0x4052a0 0x18     malloc(0x18) = 0x4052a0
 *   @ ./program:[0x401170] < 0x4052a0
 *   @ ./program:[0x401170] > 0x4052c0 0x64     realloc(0x4052a0, 0x64) = 0x4052c0
 *   @ ./program:[0x401180] ! 0x4052c0 0xffff…  realloc(0x4052c0, 0xffff…) = NULL
 *   @ ./program:[0x401190] - 0x4052c0          free(0x4052c0)
 *
 * Deviation: calloc and memalign are `+` too, so they become malloc.
 */

const LINE = /^(?:@ .* )?([-+<>!]) (0x[\da-f]+|0|\(nil\))(?: (0x[\da-f]+|0))?$/;
const BOUND = /^= (?:Start|End)$/;

export class MtraceReader {
  /** The block of a realloc whose second line follows. */
  private resized: string | undefined;

  /** The call that the line ends; empty if it ends none; undefined if it is no line of mtrace. */
  callIn(text: string): string | undefined {
    if (BOUND.test(text)) return "";
    const [, kind, address = "", bytes] = LINE.exec(text) ?? [];
    const block = /^0x/.test(address) ? address : "NULL";
    if (kind === "-" && bytes === undefined) return `free(${block})`;
    if (kind === "<" && bytes === undefined) {
      this.resized = block;
      return "";
    }
    if (bytes === undefined) return undefined;
    if (kind === "!") return `realloc(${block}, ${bytes}) = NULL`;
    const before = this.resized;
    this.resized = undefined;
    return kind === ">" && before !== undefined
      ? `realloc(${before}, ${bytes}) = ${block}`
      : `malloc(${bytes}) = ${block}`;
  }
}
