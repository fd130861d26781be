/**
 * A virtual address split into the fields that the architecture gives it. Under four levels of 9 bits (x86-64, sv48):
 *
 *    63      48 47    39 38    30 29    21 20    12 11        0
 *   ├─ unused ─┼ index 4┼ index 3┼ index 2┼ index 1┼── offset ──┤
 *
 * The unused bits of a valid address repeat the one below them (x86-64: canonical form, Intel SDM vol. 1, 3.3.7.1;
 * RISC-V privileged architecture, 4.4.1), or are zero (AArch64: the half of TTBR0_EL1, which programs use). i386 and PAE
 * have addresses of 32 bits.
 */

import { ARCHITECTURE_NAMES } from "../../assembly/abi/names.js";
import { InputError, type PagewalkError, UsageError } from "../errors.js";
import type { ArchitectureName } from "../options/names.js";
import { Kernel } from "../wasm/kernel.js";
import { fieldName } from "./entry-names.js";
import { type Geometry, geometryOf } from "./geometry.js";

/** A field of a virtual address: an index of a page table, the offset in the page, or bits that are no index. */
export interface AddressField {
  /** `PML4`, `VPN[2]`, `level 0`, `offset`; `unused` for the bits above the address. */
  name: string;
  /** The table's level, of which 1 maps base pages; absent for bits that are no index. */
  level?: number;
  /** The highest and the lowest bit. */
  bits: [high: number, low: number];
  /** The field's bits as a number. */
  value: bigint;
  /** As many digits as the field has bits. */
  binary: string;
  /** The entry's place in its table: the index times the bytes of an entry. */
  entryOffset?: number;
}

/** The page of the address, if it is of this size. */
export interface AddressPage {
  /** `4k`, `2m`. */
  size: string;
  /** Bytes of the page. */
  sizeBytes: number;
  /** Number of the page of this size that contains the address. */
  page: bigint;
  /** Bytes from the page's start to the address. */
  offset: bigint;
}

/** A virtual address in the fields of its architecture. */
export interface AddressFields {
  /** The address that was split. */
  address: bigint;
  /** Name of the architecture. */
  arch: string;
  /** Bits of the architecture's virtual addresses that are translated. */
  addressBits: number;
  /** From the highest bit to the lowest. */
  fields: AddressField[];
  /** A page of each size that the architecture has, the smallest first. */
  pages: AddressPage[];
}

/** Splits addresses. Throws `InputError` for one that the architecture does not allow. */
export async function addressFields(
  addresses: readonly (bigint | number | string)[],
  { arch = "x86-64" }: { arch?: ArchitectureName | undefined } = {},
): Promise<AddressFields[]> {
  const kernel = await Kernel.create();
  const geometry = geometryOf(kernel, arch);
  return addresses.map((given) => {
    const address = parseAddress(given);
    const problem = invalidity(address, geometry);
    if (problem !== undefined) throw refusal(address, problem, geometry, kernel);
    return fieldsOf(address, geometry);
  });
}

/** `0x7fff_f7fb_b123`, `4096`. Throws `UsageError`. */
function parseAddress(given: bigint | number | string): bigint {
  const text = typeof given === "string" ? given.trim().replaceAll("_", "") : `${given}`;
  if (!/^(0x[\da-f]+|\d+)$/i.test(text)) {
    const remedy = /^[\da-f]+$/i.test(text)
      ? `write 0x${text}`
      : "give a number such as 0x7ffff7fbb123 or 4096";
    throw new UsageError(`"${given}" is not an address`, remedy);
  }
  const address = BigInt(text);
  if (address < 1n << 64n) return address;
  throw new UsageError(`"${given}" has more than 64 bits`, "give an address below 2^64");
}

/** Describes the fault of an address; undefined for a valid one. */
function invalidity(address: bigint, { addressBits, signExtended }: Geometry): string | undefined {
  const lowest = signExtended ? addressBits - 1 : addressBits;
  const upper = address >> BigInt(lowest);
  if (upper === 0n) return undefined;
  if (addressBits === 32) return "has more than 32 bits";
  if (!signExtended) return `is not below 2^${addressBits}: bits 63 to ${addressBits} must be 0`;
  const isUpperHalf = upper === (1n << BigInt(64 - lowest)) - 1n;
  return isUpperHalf ? undefined : `is not canonical: bits 63 to ${addressBits} must repeat bit ${lowest}`;
}

function refusal(address: bigint, problem: string, geometry: Geometry, kernel: Kernel): PagewalkError {
  const { name, addressBits, signExtended } = geometry;
  const fits = ARCHITECTURE_NAMES.find(
    (other) => isSameFamily(other, name) && invalidity(address, geometryOf(kernel, other)) === undefined,
  );
  const lower = 1n << BigInt(signExtended ? addressBits - 1 : addressBits);
  const upper = signExtended ? ` or from ${hex((1n << 64n) - lower)} on` : "";
  const other = fits === undefined ? "" : `; under ${fits} it is valid`;
  return new InputError(problem, `give one below ${hex(lower)}${upper}${other}`, `${hex(address)} (${name})`);
}

/** Architectures of one family: `sv39` and `sv48`, `i386` and `x86-64`. */
function isSameFamily(one: string, other: string): boolean {
  const family = (arch: string) => /^(?:sv|aarch64)/.exec(arch)?.[0] ?? "x86";
  return family(one) === family(other);
}

function fieldsOf(address: bigint, geometry: Geometry): AddressFields {
  const { name: arch, addressBits, levels, indexBits, entryBytes, pageBytes, sizes } = geometry;
  const pageShift = Math.log2(pageBytes);
  const fields: AddressField[] = [];
  if (addressBits > 32) fields.push(field(address, "unused", 63, addressBits));
  for (let level = levels; level >= 1; level--) {
    const low = pageShift + (level - 1) * indexBits;
    const high = level === levels ? addressBits - 1 : low + indexBits - 1;
    const index = field(address, fieldName(arch, level), high, low);
    fields.push({ ...index, level, entryOffset: Number(index.value) * entryBytes });
  }
  fields.push(field(address, "offset", pageShift - 1, 0));
  const pages = sizes.map((size, n): AddressPage => {
    const sizeBytes = pageBytes * 2 ** (n * indexBits);
    const offset = address % BigInt(sizeBytes);
    return { size, sizeBytes, page: address - offset, offset };
  });
  return { address, arch, addressBits, fields, pages };
}

function field(address: bigint, name: string, high: number, low: number): AddressField {
  const width = high - low + 1;
  const value = BigInt.asUintN(width, address >> BigInt(low));
  return { name, bits: [high, low], value, binary: value.toString(2).padStart(width, "0") };
}

const hex = (value: bigint) => `0x${value.toString(16)}`;
