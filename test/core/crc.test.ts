import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Kernel } from "#pagewalk/wasm/kernel.js";

test("the kernel's CRC-32 equals zlib's for any bytes, in one piece or two", async () => {
  const kernel = await Kernel.create();
  const address = kernel.allocate(4096);
  const ours = (bytes: Uint8Array, before: number) => {
    kernel.bytes(address, bytes.length).set(bytes);
    return kernel.exports.crc32(before, address, bytes.length) >>> 0;
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000, size: "max" }), fc.nat(3000), (bytes, cut) => {
      const [first, second] = [bytes.subarray(0, cut), bytes.subarray(cut)];
      return ours(bytes, 0) === crc32(bytes) && ours(second, ours(first, 0)) === crc32(bytes);
    }),
  );
});

test("the CRC-32 of the nine digits has the check value of Williams's catalogue", async () => {
  const kernel = await Kernel.create();
  const address = kernel.allocate(64);
  kernel.bytes(address, 9).set(new TextEncoder().encode("123456789"));
  expect(kernel.exports.crc32(0, address, 9) >>> 0).toBe(0xcbf43926);
});
