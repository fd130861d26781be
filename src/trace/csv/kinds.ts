/** Words for kinds of references in tables; the usual short ones are in assembly/trace/csv-kinds.ts. */
import { KIND_FETCH, KIND_LOAD, KIND_MODIFY, KIND_STORE } from "../../../assembly/abi/core.js";
import { KIND_SKIP } from "../../../assembly/abi/table.js";

export const KINDS: Readonly<Record<string, number>> = {
  load: KIND_LOAD,
  store: KIND_STORE,
  fetch: KIND_FETCH,
  modify: KIND_MODIFY,
  skip: KIND_SKIP,
};

/** The names of memcached's and CacheLib's operations. An operation that changes or removes an entry is a store. */
export const DEFAULT_WORDS: Readonly<Record<string, string>> = {
  mget: "load",
  gat: "load",
  gats: "load",
  get_lease: "load",
  head: "load",
  add: "store",
  replace: "store",
  cas: "store",
  append: "store",
  prepend: "store",
  delete: "store",
  del: "store",
  incr: "store",
  decr: "store",
  touch: "store",
  set_lease: "store",
};
