/**
 * The tables of well-known collections of traces, by name. docs/presets.md gives the source, the columns and the kinds
 * of each.
 */
import { OptionError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import { PRESET_NAMES } from "../../options/traces.js";
import { parseColumns } from "./columns.js";
import { BLANKS } from "./rows.js";

/** A form of a collection's tables: how many columns they have, and `--columns`. */
interface Variant {
  readonly least: number;
  readonly most: number;
  readonly columns: string;
}

export interface Preset {
  readonly delimiter: string;
  readonly variants: readonly Variant[];
}

const CACHE_KINDS =
  "get=load:gets=load:set=store:add=store:replace=store:cas=store:append=store:prepend=store:delete=store:incr=store:decr=store";
const OBJECT_KINDS =
  "rest.get.object=load:rest.head.object=load:rest.put.object=store:rest.copy.object=store:rest.delete.object=store";

const LEASE_KINDS = "get=load:get_lease=load:set=store:set_lease=store:delete=store";

export const PRESETS: Readonly<Record<(typeof PRESET_NAMES)[number], Preset>> = {
  msr: one(",", 6, 7, "volume=2+3,offset=5,length=6,kind=4:read=load:write=store"),
  alibaba: one(",", 5, 5, "volume=1,offset=3,length=4,kind=2:r=load:w=store"),
  tencent: one(",", 5, 5, "volume=5,sector=2,sectors=3,kind=4:0=load:1=store"),
  spc: one(",", 5, 64, "volume=1,sector=2,length=3,kind=4:r=load:w=store"),
  twitter: one(",", 7, 7, `key=2,size=4,kind=6:${CACHE_KINDS}`),
  "meta-kv": {
    delimiter: ",",
    variants: [
      { least: 5, most: 12, columns: `key=1,size=3:optional,kind=2:${LEASE_KINDS}` },
      { least: 7, most: 12, columns: `key=2,size=6:optional,kind=4:${LEASE_KINDS}` },
    ],
  },
  "ibm-cos": one(BLANKS, 3, 6, `key=3,size=4:optional,kind=2:${OBJECT_KINDS}`),
  fiu: one(BLANKS, 8, 9, "volume=7+8,sector=4,sectors=5,kind=6:r=load:w=store"),
  lrb: one(BLANKS, 3, 64, "page=2,size=3"),
};

function one(delimiter: string, least: number, most: number, columns: string): Preset {
  return { delimiter, variants: [{ least, most, columns }] };
}

export function presetNamed(name: string): Preset {
  const known = PRESET_NAMES.find((preset) => preset === name);
  if (known !== undefined) return PRESETS[known];
  throw OptionError.at(
    "preset",
    `unknown preset "${name}"`,
    `did you mean ${nearest(name, PRESET_NAMES)}? The presets are ${PRESET_NAMES.join(", ")}`,
  );
}

/** The form of a row: the first whose words and numbers it has, else the first with so many columns. */
export function variantOf(preset: Preset, row: readonly string[]): Variant | undefined {
  const variants = preset.variants.filter(({ least, most }) => least <= row.length && row.length <= most);
  return variants.find((variant) => fitsVariant(variant, row)) ?? variants[0];
}

/** True if a row may be of the collection: it has as many columns, and words and numbers where these must be. */
export function fitsPreset({ variants }: Preset, row: readonly string[]): boolean {
  return variants.some((variant) => fitsVariant(variant, row));
}

function fitsVariant({ least, most, columns }: Variant, row: readonly string[]): boolean {
  if (row.length < least || row.length > most) return false;
  return parseColumns(columns).every(({ role, columns: places, words }) => {
    const field = row[Number(places[0]) - 1] ?? "";
    if (role === "kind") return words.size === 0 || words.has(field.toLowerCase());
    return role === "key" || role === "volume" || field === "" || /^\d+$/.test(field);
  });
}
