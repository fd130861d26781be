/** CRC-32 of the platform: not available in a browser. */
import type * as Node from "./crc32.node.js";

export const platformCrc32: typeof Node.platformCrc32 = async () => undefined;
