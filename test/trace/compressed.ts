/** Compressed data for tests. */
import { execFileSync } from "node:child_process";

/** A frame of zstd made of raw blocks: magic, a frame header with a 1 MiB window, blocks of at most 128 KiB. */
export function zstdStored(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50])];
  for (let at = 0; at === 0 || at < bytes.length; at += 65536) {
    const block = bytes.subarray(at, at + 65536);
    const header = (block.length << 3) | (at + 65536 >= bytes.length ? 1 : 0);
    parts.push(new Uint8Array([header & 0xff, (header >> 8) & 0xff, header >> 16]), block);
  }
  return Buffer.concat(parts);
}

/** A frame of zstd without content. */
export const SKIPPABLE = new Uint8Array([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

/** True if the program is installed. */
export function runs(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
