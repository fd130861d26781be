/** Where a trace comes from, as the page names it, and how it is opened. */
import { generateTrace, openTrace, type Trace, UsageError } from "pagewalk";
import wordcount from "../../../examples/wordcount/wordcount.pagewalk?url";

export type Source =
  | { readonly kind: "example"; readonly id: string }
  | {
      readonly kind: "file";
      readonly file: File;
      /** Empty: detected. */
      readonly format: string;
      /** Of csv; empty: detected. */
      readonly columns: string;
    }
  | { readonly kind: "requests"; readonly text: string };

/** How a trace was read. */
export interface Reading {
  readonly name: string;
  readonly format: string;
  readonly detectedBy: Trace["detectedBy"];
  readonly compression?: string | undefined;
  readonly columns?: string | undefined;
  readonly sizeBytes: number | undefined;
  /** The trace has addresses, whose pages have a size. */
  readonly hasAddresses: boolean;
}

const EXAMPLES: Readonly<Record<string, () => Promise<Trace> | Trace>> = {
  wordcount: () => recording(wordcount, "wordcount.pagewalk"),
  zipf: () => generateTrace({ pattern: "zipf", references: 1_000_000, pages: 10_000, alpha: 0.9 }),
  loop: () => generateTrace({ pattern: "loop", references: 200_000, pages: 1000 }),
  phases: () =>
    generateTrace({ pattern: "working-set", references: 500_000, pages: 4000, setPages: 400, phases: 10 }),
};

/** The traces of the sources. Of two files with the same name, the second has a number behind it. */
export async function openAll(sources: readonly Source[], hasPageSize: boolean): Promise<Trace[]> {
  const traces: Trace[] = [];
  try {
    for (const [n, source] of sources.entries()) {
      traces.push(await open(source, hasPageSize, nameAmong(sources, n)));
    }
    return traces;
  } catch (error) {
    await closeAll(traces);
    throw error;
  }
}

export async function closeAll(traces: readonly Trace[]): Promise<void> {
  await Promise.all(traces.map((trace) => trace.close()));
}

function nameAmong(sources: readonly Source[], index: number): string | undefined {
  const names = sources.map((source) => (source.kind === "file" ? source.file.name : undefined));
  const name = names[index];
  const before = names.slice(0, index).filter((other) => other === name).length;
  return name === undefined || before === 0 ? undefined : `${name} (${before + 1})`;
}

export function open(source: Source, hasPageSize: boolean, name?: string): Promise<Trace> | Trace {
  if (source.kind === "example") {
    const example = Object.hasOwn(EXAMPLES, source.id) ? EXAMPLES[source.id] : undefined;
    if (example === undefined)
      throw new UsageError(
        `there is no example "${source.id}"`,
        `there are ${Object.keys(EXAMPLES).join(", ")}`,
      );
    return example();
  }
  if (source.kind === "requests") {
    return openTrace(new TextEncoder().encode(source.text), { format: "references", name: "requests" });
  }
  const { file, format, columns } = source;
  return openTrace(file, {
    ...(name !== undefined && { name }),
    ...(format !== "" && { format }),
    ...(columns !== "" && { columns }),
    ...(hasPageSize && { ranges: true }),
  });
}

/** The file of a recording, fetched when it is wanted. */
async function recording(address: string, name: string): Promise<Trace> {
  const response = await fetch(new URL(address, import.meta.url));
  return openTrace(new File([await response.blob()], name));
}

export async function describe(source: Source): Promise<Reading> {
  const trace = await open(source, false);
  try {
    return readingOf(trace);
  } finally {
    await trace.close();
  }
}

export function readingOf(trace: Trace): Reading {
  const { name, format, detectedBy, compression, columns, sizeBytes, unit } = trace;
  return { name, format, detectedBy, compression, columns, sizeBytes, hasAddresses: unit === "address" };
}
