/**
 * Names that options take, as types. In the package's declarations `scripts/declarations.js` writes them out from the
 * kernel's registries and the table of formats, so that an editor completes them; the types here are those of a value
 * that the owner of the option checks.
 */
import type { ARCHITECTURE_NAMES } from "../../assembly/abi/names.js";

/** An architecture: its page tables and its layout of addresses. */
export type ArchitectureName = (typeof ARCHITECTURE_NAMES)[number];
/** A replacement policy of the kernel, with or without parameters (`slru:segments=4`). `policies()` describes them. */
export type PolicyName = string;
/** An allocator of the kernel, with or without parameters (`buddy:least=64`). `allocators()` describes them. */
export type AllocatorName = string;
/** A format of traces. docs/formats.md describes them. */
export type FormatName = string;
/** A recorder of programs. docs/command.md describes them. */
export type RecorderName = "qemu" | "valgrind";
