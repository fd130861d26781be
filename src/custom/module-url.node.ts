/** The address of a module that the user names. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError } from "../errors.js";
import { fileError } from "../trace/file-errors.js";
import type { CustomKind } from "./definition.js";

/** The file's URL. Checks that the file exists, because `import` has a long message for a missing file. */
export async function moduleUrl(path: string, { one }: CustomKind): Promise<URL> {
  const url = path.startsWith("file:") ? new URL(path) : pathToFileURL(resolve(path));
  const found = await stat(url).catch((error: unknown) => {
    throw fileError(error, path, "read");
  });
  if (!found.isFile()) throw new InputError("is not a file", `give a module that exports ${one}`, path);
  return url;
}
