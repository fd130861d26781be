/** The stored bytes of a trace that is fetched, once, as a stream. */
import { InputError, UsageError } from "../errors.js";
import { StreamInput } from "./stored-input.js";
import { chunksOf } from "./streams.js";
import { wholeBody } from "./web-body.js";

/** The address, if it is one that `fetch` takes and not a path. */
export function webAddress(input: string | URL): URL | undefined {
  if (input instanceof URL) return /^(https?|data|blob):$/.test(input.protocol) ? input : undefined;
  return /^https?:\/\//i.test(input) && URL.canParse(input) ? new URL(input) : undefined;
}

export async function fetchedInput(request: URL | Request, name: string | undefined): Promise<StreamInput> {
  const shown = name ?? (request instanceof URL ? request.href : request.url);
  const response = await fetch(request).catch((error: unknown) => {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new InputError(`cannot be fetched (${reason})`, "check the address and the connection", shown, {
      cause: error,
    });
  });
  return responseInput(response, shown, request);
}

export async function responseInput(
  response: Response,
  name: string | undefined,
  request?: URL | Request,
): Promise<StreamInput> {
  const shown = name ?? (response.url === "" ? "<response>" : response.url);
  const { body, headers, ok, status, statusText } = response;
  if (!ok) {
    await body?.cancel();
    throw new InputError(`the server answers ${status} ${statusText}`.trim(), "check the address", shown);
  }
  if (response.bodyUsed) throw new UsageError("the response was read before", "fetch it again", shown);
  if (body === null) throw new InputError("the response has no body", "check the address", shown);
  // The length is that of the stored bytes only if the transfer did not compress them.
  const length = headers.get("content-encoding") === null ? headers.get("content-length") : null;
  const sizeBytes = length === null ? undefined : Number(length);
  if (request === undefined) return new StreamInput(chunksOf(body), shown, sizeBytes);
  const address = request instanceof URL ? request.href : undefined;
  return new StreamInput(wholeBody(response, request, shown), shown, sizeBytes, address);
}
