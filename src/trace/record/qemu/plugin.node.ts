/**
 * The plugin for QEMU, compiled when it is first needed, and kept in the user's cache by the content of its sources. Node
 * only. A hash of the library at its end shows whether it is whole; loaders do not read what is behind their sections.
 */
import { createHash } from "node:crypto";
import { open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { QEMU_PLUGIN } from "../../../platform/assets.node.js";
import { compileC } from "../../../platform/compiler.node.js";
import { makeFolder } from "../../../platform/folder.node.js";
import { temporaryFolder } from "../../../platform/temporary.node.js";

const HASH_BYTES = 32;

export interface Plugin {
  readonly path: string;
  /** Removes it, if it could not be kept in the cache. */
  remove(): Promise<void>;
}

/** The plugin for that version of QEMU's plugin interface. Throws `InputError` without a compiler. */
export async function qemuPlugin(api: number): Promise<Plugin> {
  const sources = fileURLToPath(QEMU_PLUGIN);
  const name = `qemu-${await hashOf(sources, `${api} ${process.arch}`)}.so`;
  const cache = await cacheFolder();
  const kept = cache === undefined ? undefined : join(cache, name);
  if (kept !== undefined && (await isWhole(kept))) return { path: kept, remove: async () => {} };
  const folder = await temporaryFolder();
  try {
    const library = join(folder.path, name);
    const options = ["-shared", "-fPIC", "-fvisibility=hidden", "-pthread", `-DPLUGIN_API=${api}`];
    await compileC([...options, "-o", library, join(sources, "plugin.c")]);
    if (kept === undefined || !(await keep(await readFile(library), kept)))
      return { path: library, remove: () => folder.remove() };
    await folder.remove();
    return { path: kept, remove: async () => {} };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** Stores the library at `path`, whole; others may store theirs at the same time. Returns false if it cannot. */
async function keep(library: Buffer, path: string): Promise<boolean> {
  const own = `${path}.${process.pid}`;
  try {
    await writeFile(own, Buffer.concat([library, digest(library)]), { mode: 0o600 });
    await rename(own, path);
    return true;
  } catch {
    await rm(own, { force: true }).catch(() => {});
    return false;
  }
}

/** True if the file is this user's, and a library as `keep` stores it. */
async function isWhole(path: string): Promise<boolean> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return false;
  try {
    if (!isOwn(await file.stat())) return false;
    const bytes = await file.readFile();
    const library = bytes.subarray(0, -HASH_BYTES);
    return library.length > 0 && bytes.subarray(-HASH_BYTES).equals(digest(library));
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

/**
 * A folder of this user, by the XDG Base Directory Specification; undefined if there is none or another user could change
 * what it has. It may be read-only.
 */
async function cacheFolder(): Promise<string | undefined> {
  const { XDG_CACHE_HOME: cache = "" } = process.env;
  const home = homedir();
  if (!cache.startsWith("/") && !home.startsWith("/")) return undefined;
  const folder = join(cache.startsWith("/") ? cache : join(home, ".cache"), "pagewalk");
  await makeFolder(folder, 0o700).catch(() => {});
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined && isOwn(found) ? folder : undefined;
}

const OTHERS_WRITE = 0o022;

function isOwn({ uid, mode }: { uid: number; mode: number }): boolean {
  return uid === process.getuid?.() && (mode & OTHERS_WRITE) === 0;
}

function digest(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

async function hashOf(folder: string, more: string): Promise<string> {
  const hash = createHash("sha256").update(more);
  for (const file of (await readdir(folder)).sort()) hash.update(await readFile(join(folder, file)));
  return hash.digest("hex").slice(0, 32);
}
