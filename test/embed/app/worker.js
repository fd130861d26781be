/** A module worker: posts the results, with the package's folder beside it and no bundler. */

import * as pagewalk from "pagewalk";
import * as machine from "pagewalk/machine";
import { probe } from "./probe.js";

probe(pagewalk, machine, async () => new Request("trace.pagewalk")).then(postMessage, (error) =>
  postMessage(`failed: ${error}`),
);
