/** Requests in a `Requests` of the kernel, written and read by the tests. */
import { REQUESTS_COUNT, REQUESTS_KEYS, REQUESTS_KINDS } from "../../assembly/abi/requests.js";
import { type Structures, viewOf } from "../structures.js";

/** Makes these pages the requests of the last step. */
export function putRequests(structures: Structures, requests: number, pages: readonly bigint[]): void {
  structures.clearRequests(requests);
  const view = viewOf(structures);
  const keys = view.getUint32(requests + REQUESTS_KEYS, true);
  for (const [n, page] of pages.entries()) {
    view.setBigUint64(keys + 8 * n, page, true);
  }
  view.setUint32(requests + REQUESTS_COUNT, pages.length, true);
}

/** The pages and kinds of the last step's requests. */
export function requestsOf(structures: Structures, requests: number): { page: bigint; kind: number }[] {
  const view = viewOf(structures);
  const keys = view.getUint32(requests + REQUESTS_KEYS, true);
  const kinds = view.getUint32(requests + REQUESTS_KINDS, true);
  return Array.from({ length: view.getUint32(requests + REQUESTS_COUNT, true) }, (_, n) => ({
    page: view.getBigUint64(keys + 8 * n, true),
    kind: view.getUint8(kinds + n),
  }));
}
