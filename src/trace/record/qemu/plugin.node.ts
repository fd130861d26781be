/** The plugin for QEMU, compiled when it is first needed, and kept in the user's cache by the content of its sources. Node only. */
import { createHash } from "node:crypto";
import { access, constants, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../../../errors.js";
import { QEMU_PLUGIN } from "../../../platform/assets.node.js";
import { compileC } from "../../../platform/compiler.node.js";

/** The path of the plugin for that version of QEMU's plugin interface. Throws `InputError` without a compiler. */
export async function qemuPlugin(api: number): Promise<string> {
  const folder = await cacheFolder();
  const sources = fileURLToPath(QEMU_PLUGIN);
  const path = join(folder, `qemu-${await hashOf(sources, `${api} ${process.arch}`)}.so`);
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere) return path;
  // Others may compile at the same time: each in a folder of its own.
  const own = await mkdtemp(join(folder, "compile-"));
  try {
    const library = join(own, "plugin.so");
    const options = ["-shared", "-fPIC", "-fvisibility=hidden", "-pthread", `-DPLUGIN_API=${api}`];
    await compileC([...options, "-o", library, join(sources, "plugin.c")]);
    await rename(library, path);
    return path;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** A folder that only this user can change, by the XDG Base Directory Specification. */
async function cacheFolder(): Promise<string> {
  const { XDG_CACHE_HOME: cache = "" } = process.env;
  const folder = join(cache.startsWith("/") ? cache : join(homedir(), ".cache"), "pagewalk");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
    return folder;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = `the recorder cannot be kept there (${code})`;
    throw new InputError(problem, "set XDG_CACHE_HOME to a folder of yours", folder, { cause: error });
  }
}

async function hashOf(folder: string, more: string): Promise<string> {
  const hash = createHash("sha256").update(more);
  for (const file of (await readdir(folder)).sort()) hash.update(await readFile(join(folder, file)));
  return hash.digest("hex").slice(0, 32);
}
