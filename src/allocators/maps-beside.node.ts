/** The regions of a recorded program, in a file beside its log. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The text of LOG.maps; undefined if the log is not a file, or has none beside it. */
export async function mapsBeside(input: unknown): Promise<string | undefined> {
  if (!(typeof input === "string" || input instanceof URL) || input === "-") return undefined;
  if (input instanceof URL && input.protocol !== "file:") return undefined;
  const path = input instanceof URL ? fileURLToPath(input) : input;
  for (const log of new Set([path, path.replace(/\.(gz|zst|zstd|xz)$/i, "")])) {
    const text = await readFile(`${log}.maps`, "utf8").catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}
