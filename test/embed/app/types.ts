/** A user's program in TypeScript: the package's declarations must accept it. */
import {
  type ArchitectureName,
  type CompareOptions,
  type CompareResult,
  compare,
  configure,
  InputError,
  Machine,
  openTrace,
  type PolicyName,
  type PresetName,
} from "pagewalk";
import { addressFields, Machine as Small } from "pagewalk/machine";

configure({ wasm: new URL("https://example.org/pagewalk.wasm") });
const result: CompareResult = await compare(await openTrace(new Blob()), { policies: "lru", frames: [1, 2] });
const misses: number[] = result.results.map((row) => row.misses);
const machine: Machine = await Machine.create({ arch: "sv39" });
const address: bigint | undefined = machine.translate(0x1000n, "load").physicalAddress;
const small = await Small.create({ arch: "x86-64" });

export { address, addressFields, InputError, misses, small };

/** The literals of a type: what an editor completes. An open set has `string` beside them. */
type Literals<Names> = Names extends unknown ? (string extends Names ? never : Names) : never;
export const literals: [Literals<PolicyName>, PresetName, ArchitectureName] = ["s3-fifo", "msr", "sv57"];
export const open: CompareOptions = { policies: ["lru", "slru:segments=2", "./mine.js"], only: "data" };
// @ts-expect-error: no policy of the kernel has this name
export const missing: Literals<PolicyName> = "acr";
// @ts-expect-error: architectures are a closed set
export const unknown: ArchitectureName = "z80";
// @ts-expect-error: so are collections of traces
await openTrace("x.csv", { preset: "twiter" });
// @ts-expect-error: a policy is a name or a definition
export const wrong = compare(await openTrace("x"), { policies: 5, frames: [1] });
