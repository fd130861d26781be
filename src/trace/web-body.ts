/**
 * The body of a response, whole although the transfer breaks: the rest is requested by `Range`, if the server says by an
 * entity tag or a date that it still has the same bytes (RFC 9110, sections 13.1.5 and 14).
 *
 *   GET                                 200  ETag: "7"                   bytes 0 … n, then the connection breaks
 *   GET  Range: bytes=n-  If-Range: "7" 206                              bytes n …
 *                                       200  the bytes are others        an error
 */
import { InputError } from "../errors.js";
import { chunksOf } from "./streams.js";

/** Breaks in a row without a byte in between, after which the trace is an error; waits double from the first one. */
const MOST_BREAKS = 5;
const FIRST_WAIT_MILLISECONDS = 250;

/** The chunks of `response`, the answer to `request`. Throws `InputError`. */
export async function* wholeBody(
  response: Response,
  request: URL | Request,
  name: string,
): AsyncGenerator<Uint8Array> {
  const validator = validatorOf(response);
  let body: ReadableStream<Uint8Array> | null = response.body;
  let at = 0;
  for (let breaks = 0; ; breaks++) {
    try {
      body ??= await restOf(request, at, validator ?? "", name);
      for await (const chunk of chunksOf(body)) {
        at += chunk.length;
        breaks = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      if (error instanceof InputError) throw error;
      if (validator === undefined || breaks === MOST_BREAKS) throw broken(error, at, name);
      body = null;
      await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MILLISECONDS * 2 ** breaks));
    }
  }
}

/** Undefined if the rest cannot be requested: the server cannot say that it is of the same bytes. */
function validatorOf({ headers }: Response): string | undefined {
  if (headers.get("content-encoding") !== null) return undefined;
  const tag = headers.get("etag");
  if (tag !== null && !tag.startsWith("W/")) return tag;
  return headers.get("last-modified") ?? undefined;
}

/** The body from byte `at`. */
async function restOf(
  request: URL | Request,
  at: number,
  validator: string,
  name: string,
): Promise<ReadableStream<Uint8Array>> {
  const headers = new Headers(request instanceof URL ? undefined : request.headers);
  headers.set("Range", `bytes=${at}-`);
  headers.set("If-Range", validator);
  const response = await fetch(request, { headers });
  const { status, body } = response;
  const isRest = status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${at}-`);
  if (isRest && body !== null) return body;
  await body?.cancel();
  const problem = `the transfer broke after ${at} bytes, and the server does not give the rest (${status})`;
  throw new InputError(problem, "fetch the file first, and give its path", name);
}

function broken(error: unknown, at: number, name: string): InputError {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? cause.message : message;
  const problem = `the transfer broke after ${at} bytes (${reason})`;
  return new InputError(problem, "try again, or fetch the file first and give its path", name, {
    cause: error,
  });
}
