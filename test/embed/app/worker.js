/** A module worker without a bundler, beside the package's folder. It posts the results. */

import * as pagewalk from "pagewalk";
import * as machine from "pagewalk/machine";
import { probe } from "./probe.js";

probe(pagewalk, machine, async () => new Request("trace.pagewalk")).then(postMessage, (error) =>
  postMessage(`failed: ${error}`),
);
