/** Opens a trace: finds its bytes, compression and format. */

import { InputError, OptionError, optionNamed, type PagewalkError } from "../errors.js";
import type { Kernel } from "../wasm/kernel.js";
import { type Compression, compressionOf, decompressed, MAGIC_BYTES } from "./compression.js";
import { csvFormat } from "./csv/csv-format.js";
import { spoolInput } from "./file-input.node.js";
import { HEAD_BYTES, type IndexSummary, type TraceFormat, type TraceShape } from "./format.js";
import { type DetectedBy, detectFormat, FORMATS, formatNamed } from "./formats.js";
import { storedInput } from "./input.js";
import { pagewalkFormat } from "./pagewalk/pagewalk-format.js";
import { PeekedSource } from "./peeked-source.js";
import { isText } from "./quote.js";
import type { TraceReader } from "./reader.js";
import type { ByteSource } from "./source.js";
import type { StoredInput } from "./stored-input.js";
import type { OpenTraceOptions, Trace, TraceInput } from "./trace.js";

/**
 * Opens a trace: decompresses it, detects its format from content and name, or takes the one of the options. Nothing but
 * the start is read yet. Throws `InputError` for a format that is not known or not certain, `UsageError` for options.
 */
export async function openTrace(input: TraceInput, options: OpenTraceOptions = {}): Promise<Trace> {
  const wanted = wantedFormat(options);
  const stored = await storedInput(input, options.name);
  const { source, compression } = await openPlain(stored);
  try {
    const head = await source.peek(HEAD_BYTES);
    const { format, by } = chooseFormat(head, stored.name, wanted);
    if (options.partial && format !== pagewalkFormat) {
      throw OptionError.at("partial", `${format.name} has no blocks`, "leave it out");
    }
    const trace = new OpenedTrace(
      stored,
      { format, detectedBy: by, compression, ...format.shape(head, options, stored.name) },
      options,
    );
    if (stored.rewindable) await source.close();
    else trace.started = source;
    return trace;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The format in the options; column options imply csv. */
function wantedFormat({ format, columns, delimiter, preset }: OpenTraceOptions): TraceFormat | undefined {
  const named = format === undefined ? undefined : formatNamed(format);
  const given = { columns, delimiter, preset };
  const [option] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (option === undefined) return named;
  if (named === undefined || named === csvFormat) return csvFormat;
  throw OptionError.at(
    option,
    `${named.name} has no columns`,
    `leave ${optionNamed(option)} out, or read it as csv`,
  );
}

/** The decompressed bytes of the input from the start. */
export async function openPlain(
  stored: StoredInput,
): Promise<{ source: PeekedSource; compression: Compression | undefined }> {
  const source = new PeekedSource(await stored.open());
  try {
    const head = await source.peek(MAGIC_BYTES);
    if (head.length === 0) throw new InputError("is empty", "give a trace that has references", stored.name);
    const compression = compressionOf(head);
    const plain = decompressed(source, head);
    return { source: plain === source ? source : new PeekedSource(plain), compression };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function chooseFormat(
  head: Uint8Array,
  name: string,
  wanted: TraceFormat | undefined,
): { format: TraceFormat; by: DetectedBy } {
  if (head.length === 0) {
    throw new InputError("holds no bytes once decompressed", "give a trace that has references", name);
  }
  if (wanted === undefined) return detectFormat(head, name);
  if (wanted !== pagewalkFormat && pagewalkFormat.detect(head)) {
    throw new InputError(
      `is a pagewalk file, not ${wanted.name}`,
      `leave ${optionNamed("format")} out`,
      `${name}:0`,
    );
  }
  // A file truncated in its first bytes may look like text.
  if (wanted.isBinary && isText(head) && !wanted.detect(head)) {
    const likely = FORMATS.find((other) => !other.isBinary && other.detect(head) === "strong")?.name;
    throw new InputError(
      `is text, and ${wanted.name} is a binary format`,
      likely === undefined ? `name its format with ${optionNamed("format")}` : `it looks like ${likely}`,
      `${name}:0`,
    );
  }
  return { format: wanted, by: "option" };
}

/** The properties of an opened trace. */
interface Opened extends TraceShape {
  readonly format: TraceFormat;
  readonly detectedBy: DetectedBy;
  readonly compression: Compression | undefined;
}

type Pass = Pick<TraceReader, "cutLine" | "close">;

class OpenedTrace implements Trace {
  /** A stream's source, opened for inspection and not read yet. */
  started: ByteSource | undefined;

  constructor(
    private readonly stored: StoredInput,
    private readonly opened: Opened,
    private readonly given: OpenTraceOptions,
    /** Shared by a stream and its copy. */
    private readonly passes = new Set<Pass>(),
  ) {}

  get name(): string {
    return this.stored.name;
  }

  get format(): string {
    return this.opened.format.name;
  }

  get detectedBy(): DetectedBy {
    return this.opened.detectedBy;
  }

  get compression(): Compression | undefined {
    return this.opened.compression;
  }

  get columns(): string | undefined {
    return this.opened.columns;
  }

  get architecture(): Trace["architecture"] {
    return this.opened.architecture;
  }

  get sizeBytes(): number | undefined {
    return this.stored.sizeBytes;
  }

  get unit(): "address" | "page" {
    return this.opened.unit;
  }

  get hasPageBlocks(): boolean {
    return this.opened.hasPageBlocks;
  }

  get rewindable(): boolean {
    return this.stored.rewindable;
  }

  get options(): OpenTraceOptions {
    return { ...this.given, name: this.name, format: this.format };
  }

  get cutLine(): PagewalkError | undefined {
    return [...this.passes].find(({ cutLine }) => cutLine !== undefined)?.cutLine;
  }

  noteCutLine(cutLine: PagewalkError): void {
    this.passes.add({ cutLine, close: async () => {} });
  }

  get transferable(): string | Blob | Uint8Array | undefined {
    return this.stored.transferable;
  }

  get address(): string | undefined {
    return this.stored.address;
  }

  async read(kernel: Kernel): Promise<TraceReader> {
    const source = await this.source();
    try {
      const reader = await this.opened.format.read(kernel, source, this.given);
      this.passes.add(reader);
      return reader;
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  async index(): Promise<IndexSummary | undefined> {
    const { format } = this.opened;
    if (format.index === undefined || !this.stored.rewindable) return undefined;
    const { source } = await openPlain(this.stored);
    try {
      return await format.index(source);
    } finally {
      await source.close();
    }
  }

  async spool(onBytes?: (bytes: number) => void): Promise<Trace> {
    if (this.stored.rewindable) return this;
    const spooled = await spoolInput(await this.source(), onBytes);
    return new OpenedTrace(spooled, this.opened, this.given, this.passes);
  }

  async close(): Promise<void> {
    await Promise.all([...this.passes].map((reader) => reader.close()));
    await this.started?.close();
    await this.stored.dispose();
  }

  private async source(): Promise<ByteSource> {
    const source = this.started ?? (await openPlain(this.stored)).source;
    this.started = undefined;
    return source;
  }
}
