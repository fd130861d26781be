/** A user's program in TypeScript: the package's declarations must accept it. */
import { type CompareResult, compare, configure, InputError, Machine, openTrace } from "pagewalk";
import { addressFields, Machine as Small } from "pagewalk/machine";

configure({ wasm: new URL("https://example.org/pagewalk.wasm") });
const result: CompareResult = await compare(await openTrace(new Blob()), { policies: "lru", frames: [1, 2] });
const misses: number[] = result.results.map((row) => row.misses);
const machine: Machine = await Machine.create({ arch: "sv39" });
const address: bigint | undefined = machine.translate(0x1000n, "load").physicalAddress;
const small = await Small.create({ arch: "x86-64" });

export { address, addressFields, InputError, misses, small };
// @ts-expect-error: a policy is a name or a definition
export const wrong = compare(await openTrace("x"), { policies: 5, frames: [1] });
