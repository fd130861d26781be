/** The properties of an architecture that options need: its page sizes, from the kernel's table of geometries. */
import {
  GEOMETRY_ADDRESS_BITS,
  GEOMETRY_ENTRY_SHIFT,
  GEOMETRY_INDEX_BITS,
  GEOMETRY_LEAF_LEVELS,
  GEOMETRY_LEVELS,
  GEOMETRY_PAGE_SHIFT,
  GEOMETRY_SIGN_EXTENDED,
} from "../../assembly/abi/machine.js";
import { ARCHITECTURE_NAMES } from "../../assembly/abi/names.js";
import { OptionError } from "../errors.js";
import { nearest } from "../nearest.js";
import { type Kernel, outOfMemory } from "../wasm/kernel.js";

export interface Geometry {
  readonly name: string;
  /** The kernel's number of the architecture. */
  readonly architecture: number;
  /** Bytes of a base page. */
  readonly pageBytes: number;
  readonly entryBytes: number;
  readonly indexBits: number;
  readonly levels: number;
  readonly addressBits: number;
  /** The bits above the address repeat its topmost bit; otherwise they are zero. */
  readonly signExtended: boolean;
  /** Names of the page sizes, such as `4k`, `2m`, `1g`: the level of the leaf is the index plus 1. */
  readonly sizes: readonly string[];
}

export function geometryOf(kernel: Kernel, name: string): Geometry {
  const names: readonly string[] = ARCHITECTURE_NAMES;
  const architecture = names.indexOf(name);
  if (architecture < 0) {
    const remedy = `did you mean ${nearest(name, names)}? There are ${names.join(", ")}`;
    throw OptionError.at("arch", `unknown architecture "${name}"`, remedy);
  }
  const geometry = kernel.exports.createGeometry(architecture) >>> 0;
  if (geometry === 0) throw outOfMemory();
  const view = kernel.view();
  const field = (offset: number) => view.getUint32(geometry + offset, true);
  const pageShift = field(GEOMETRY_PAGE_SHIFT);
  const indexBits = field(GEOMETRY_INDEX_BITS);
  const leaves = Array.from({ length: field(GEOMETRY_LEAF_LEVELS) }, (_, n) => pageShift + n * indexBits);
  return {
    name,
    architecture,
    pageBytes: 2 ** pageShift,
    entryBytes: 2 ** field(GEOMETRY_ENTRY_SHIFT),
    indexBits,
    levels: field(GEOMETRY_LEVELS),
    addressBits: field(GEOMETRY_ADDRESS_BITS),
    signExtended: view.getUint8(geometry + GEOMETRY_SIGN_EXTENDED) !== 0,
    sizes: leaves.map(sizeName),
  };
}

/** `4k`, `2m` or `1g` for a power of two. */
function sizeName(bits: number): string {
  const unit = Math.floor(bits / 10);
  return `${2 ** (bits - unit * 10)}${["", "k", "m", "g"][unit]}`;
}
