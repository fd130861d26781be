/** `serve`: the playground of dist/playground, until Ctrl-C. Serves files and nothing else. */
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import sirv from "sirv";
import { UsageError } from "../errors.js";
import type { Values } from "../options/row.js";
import { serveCommand } from "../options/serve.js";
import { onInterrupt } from "../platform/cleanup.node.js";
import type { CommonOptions } from "./options.js";
import { writeError, writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & Values<typeof serveCommand>;

// Both dist/src/cli and dist/bundle/cli are two folders below dist.
const FOLDER = fileURLToPath(new URL("../../playground", import.meta.url));

/**
 * The content security policy of the page, which its HTML has too, and what only a header can say. With the two
 * policies of isolation (HTML, "cross-origin isolation") threads may share memory. The decoder of zstd has its
 * WebAssembly at a data: address, which its package fetches.
 */
const HEADERS = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

export async function run(options: Options): Promise<void> {
  const { json, quiet } = options;
  const { port = serveCommand.port.schema.default, host = serveCommand.host.schema.default } = options;
  const server = createServer(files());
  const { port: at } = await listening(server, port, host);
  const interrupted = interruption();
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${at}/`;
  if (json) writeJson({ url });
  else writeOut(`${url}\n`);
  if (quiet !== true) writeError("the playground is served; Ctrl-C ends it\n");
  await interrupted;
  server.close();
  server.closeAllConnections();
}

function files(): ReturnType<typeof sirv> {
  if (!existsSync(FOLDER)) {
    throw new UsageError("the playground is not built", "run npm run build first", "serve");
  }
  return sirv(FOLDER, {
    etag: true,
    setHeaders: (response) => {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    },
  });
}

function listening(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(refusal(error, port, host)));
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

function refusal({ code, message }: NodeJS.ErrnoException, port: number, host: string): UsageError {
  if (code === "EADDRINUSE") {
    return new UsageError(`${port} is in use`, "give another one, or 0 for any free one", "--port");
  }
  if (code === "EACCES") {
    return new UsageError(`${port} is not permitted to you`, "give one above 1023", "--port");
  }
  const isHost = code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN";
  return isHost
    ? new UsageError(`this computer has no address "${host}"`, "give 127.0.0.1, for example", "--host")
    : new UsageError(message, "give another address or port", "serve");
}

function interruption(): Promise<void> {
  return new Promise((resolve) => {
    const { cancel } = onInterrupt(() => {
      cancel();
      resolve();
    });
  });
}
