/** The substitute for a program that is not available. */

import type { ElfFile, ElfSegment, Program } from "./elf.js";
import { machineOf } from "./exec.js";

/**
 * A program of typical shape: the segments of `cat` and its dynamic linker on Debian 12 for x86-64. Later addresses
 * depend on the size of the real program.
 */
export function usualProgram(path: string, arch: string): { program: Program; interpreter: Program } {
  const machine = machineOf(arch);
  // AArch64's linkers align segments to 64 KiB for every page size.
  const unit = arch.startsWith("aarch64") ? 0x10000n : 0x1000n;
  const segment = (place: bigint, bytes: bigint, flags: string, memoryBytes = bytes): ElfSegment => ({
    address: place * unit,
    fileOffset: place * unit,
    fileBytes: bytes,
    memoryBytes,
    readable: flags.includes("r"),
    writable: flags.includes("w"),
    executable: flags.includes("x"),
    align: unit,
  });
  const elf = (segments: ElfSegment[], relocated?: ElfSegment, interpreter?: string): ElfFile => ({
    bits: arch.startsWith("i386") ? 32 : 64,
    machine,
    isMovable: true,
    entry: unit,
    segments,
    relocated,
    interpreter,
    executableStack: false,
  });
  const pages = (count: bigint) => count * unit;
  const linker = "/lib64/ld-linux-x86-64.so.2";
  const sizeBytes = 1n << 52n;
  return {
    program: {
      path,
      sizeBytes,
      elf: elf(
        [
          segment(0n, pages(2n), "r"),
          segment(2n, pages(5n), "rx"),
          segment(7n, pages(3n), "r"),
          segment(10n, pages(1n) + 0x280n, "rw", pages(2n)),
        ],
        segment(10n, pages(1n), "r"),
        linker,
      ),
    },
    interpreter: {
      path: linker,
      sizeBytes,
      elf: elf([
        segment(0n, pages(1n), "r"),
        segment(1n, pages(38n), "rx"),
        segment(39n, pages(10n), "r"),
        segment(49n, pages(4n), "rw"),
      ]),
    },
  };
}
