/** Opens a log: finds out its compression, and whether it is text or a trace with references. */
import { LineSplitter } from "../../../trace/calls/line-splitter.js";
import { compressionOf, decompressed, MAGIC_BYTES } from "../../../trace/compression.js";
import type { TraceFormat } from "../../../trace/format.js";
import { FORMATS, formatNamed } from "../../../trace/formats.js";
import { storedInput } from "../../../trace/input.js";
import { openTrace } from "../../../trace/open.js";
import { PeekedSource } from "../../../trace/peeked-source.js";
import { chunksOfSource } from "../../../trace/streams.js";
import type { Trace, TraceDescription, TraceInput } from "../../../trace/trace.js";

/** The lines of a log, or a trace with references and calls in one time line. */
export type OpenedLog = (
  | { readonly lines: LineSplitter; readonly trace?: undefined }
  | { readonly trace: Trace; readonly lines?: undefined }
) & { readonly description: TraceDescription; close(): Promise<void> };

/** Formats with references and calls. */
const TIME_LINES: readonly string[] = ["pagewalk", "lackey"];
const LOG = "calls";
/** The first bytes that distinguish a log from a time line: few, since a log may come as its program runs. */
const HEAD_BYTES = 4096;

/** Detects the format of the input, compressed or not, unless `named` gives it. Throws `InputError`, `UsageError`. */
export async function openLog(input: TraceInput, name?: string, named?: string): Promise<OpenedLog> {
  const wanted = named === undefined ? undefined : formatNamed(named);
  const stored = await storedInput(input, name);
  const source = new PeekedSource(await stored.open());
  try {
    const magic = await source.peek(MAGIC_BYTES);
    const compression = compressionOf(magic);
    const plain = new PeekedSource(decompressed(source, magic));
    const head = await plain.peek(HEAD_BYTES);
    const close = async () => {
      await plain.close();
      await stored.dispose();
    };
    const isTimeLine = ({ name, detect }: TraceFormat) => TIME_LINES.includes(name) && detect(head);
    const format = wanted ?? (head.length === 0 ? undefined : FORMATS.find(isTimeLine));
    const description = {
      path: stored.name,
      format: format?.name ?? LOG,
      detectedBy: wanted === undefined ? ("content" as const) : ("option" as const),
      ...(compression !== undefined && { compression }),
    };
    if (format === undefined || format.name === LOG)
      return { lines: new LineSplitter(plain), description, close };
    const trace = await openTrace(chunksOfSource(plain), { name: stored.name, format: format.name });
    return { trace, description, close };
  } catch (error) {
    await source.close();
    throw error;
  }
}
