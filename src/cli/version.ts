/** The package's version. */
import { readFileSync } from "node:fs";

export function version(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  const manifest: { version: string } = JSON.parse(text);
  return manifest.version;
}
