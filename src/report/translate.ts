/** The output of `translate`: the fields of an address, and the entries on its way if there are page tables. */
import type { AddressField, AddressFields } from "../machine/address-fields.js";
import type { PageWalk, WalkStep } from "../process/proc/page-tables.js";
import { formatBytes } from "./numbers.js";
import type { Style } from "./style.js";
import { plainTable } from "./table.js";

const hex = (value: bigint | number) => `0x${value.toString(16)}`;

export async function translationsText(
  split: readonly AddressFields[],
  walks: readonly PageWalk[] | undefined,
  style: Style,
): Promise<string> {
  const sections = split.map((fields, n) => sectionOf(fields, walks?.[n], style));
  return `${(await Promise.all(sections)).join("\n\n")}\n`;
}

async function sectionOf(fields: AddressFields, walk: PageWalk | undefined, style: Style): Promise<string> {
  const { address, arch, addressBits, pages } = fields;
  const heading = `${style.title(hex(address))}  ${style.dim(`${arch}, addresses of ${addressBits} bits`)}`;
  const pageRows = pages.map(({ sizeBytes, page, offset }) => [
    formatBytes(sizeBytes),
    hex(page),
    hex(offset),
  ]);
  const parts = [
    `${heading}\n${await fieldTable(fields)}`,
    await plainTable(["page of", "begins at", "offset"], pageRows, () => false),
  ];
  if (walk !== undefined) parts.push(await walkText(walk));
  return parts.join("\n\n");
}

function fieldTable({ fields }: AddressFields): Promise<string> {
  const rows = fields.map(({ name, bits: [high, low], binary, value, level, entryOffset }) => [
    name,
    high === low ? `${high}` : `${high}-${low}`,
    binary,
    hex(value),
    level === undefined ? "" : `${value}`,
    entryOffset === undefined ? "" : `+${hex(entryOffset)}`,
  ]);
  const head = ["field", "bits", "binary", "hex", "index", "entry at"];
  return plainTable(head, rows, (column) => column === 0);
}

async function walkText({ steps, physicalAddress, pageBytes }: PageWalk): Promise<string> {
  if (steps.length === 0) return "the process has no page tables";
  const rows = steps.map(({ name, table, entryAddress, raw, target, bits }) => {
    const to = target === undefined ? "not present" : hex(target);
    return [name, hex(table), hex(entryAddress), hex(raw), to, bits.join(" ")];
  });
  const head = ["table", "at", "entry at", "entry", "points to", "bits"];
  const table = await plainTable(head, rows, (column) => column === 0 || column === 5);
  const end =
    physicalAddress === undefined || pageBytes === undefined
      ? "page fault: no page is present there"
      : `physical address ${hex(physicalAddress)}, in a page of ${formatBytes(pageBytes)}`;
  return `${table}\n${end}`;
}

/** The output of `translate --json`. */
export function translationsJson(
  split: readonly AddressFields[],
  walks: readonly PageWalk[] | undefined,
): object {
  const [first] = split;
  return {
    machine: { arch: first?.arch, pageSize: first?.pages[0]?.sizeBytes, addressBits: first?.addressBits },
    addresses: split.map(({ address, fields, pages }, n) => ({
      address: hex(address),
      fields: fields.map(fieldJson),
      pages: pages.map(({ sizeBytes, page, offset }) => ({
        pageSize: sizeBytes,
        page: hex(page),
        offset: hex(offset),
      })),
      ...walkJson(walks?.[n]),
    })),
  };
}

function fieldJson({ name, level, bits, value, binary, entryOffset }: AddressField): object {
  return {
    name,
    ...(level !== undefined && { level, index: Number(value) }),
    bits,
    binary,
    hex: hex(value),
    ...(entryOffset !== undefined && { entryOffset }),
  };
}

function walkJson(walk: PageWalk | undefined): object {
  if (walk === undefined) return {};
  const { steps, physicalAddress } = walk;
  const address = physicalAddress === undefined ? null : hex(physicalAddress);
  return { walk: steps.map(stepJson), physicalAddress: address };
}

function stepJson({ level, name, table, entryAddress, raw, present, bits, target }: WalkStep): object {
  return {
    level,
    name,
    table: hex(table),
    entryAddress: hex(entryAddress),
    entry: hex(raw),
    present,
    bits,
    target: target === undefined ? null : hex(target),
  };
}
