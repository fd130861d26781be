/** Node, Bun and Deno: prints the results for the trace that the argument names. */
import * as pagewalk from "pagewalk";
import * as machine from "pagewalk/machine";
import { probe } from "./probe.js";

console.log(await probe(pagewalk, machine, async () => process.argv[2] ?? "-"));
