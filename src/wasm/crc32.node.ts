/** CRC-32 of the platform: zlib's in Node. */
export type Crc32 = (bytes: Uint8Array, crc: number) => number;

export async function platformCrc32(): Promise<Crc32 | undefined> {
  return (await import("node:zlib")).crc32;
}
