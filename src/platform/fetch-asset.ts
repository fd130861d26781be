/** Fetches a file of the package. */
import { UsageError } from "../errors.js";

export async function fetchAsset(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url).catch((error: unknown) => {
    throw notFetched(url, error instanceof Error ? error.message : String(error));
  });
  if (!response.ok) throw notFetched(url, `HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function notFetched({ href }: URL, reason: string): UsageError {
  return new UsageError(
    `a file of the package cannot be fetched (${reason})`,
    "copy dist/browser beside the script, or give the file's place to configure()",
    href,
  );
}
