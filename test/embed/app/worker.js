/** A module worker: posts the results, with the package's folder beside it and no bundler. */

import * as machine from "./browser/machine.js";
import * as pagewalk from "./browser/pagewalk.js";
import { probe } from "./probe.js";

probe(pagewalk, machine, async () => new Request("trace.pagewalk")).then(postMessage, (error) =>
  postMessage(`failed: ${error}`),
);
