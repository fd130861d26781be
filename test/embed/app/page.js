/** A page for bundlers. It writes the results to its title. */
import * as pagewalk from "pagewalk";
import * as machine from "pagewalk/machine";
import { probe } from "./probe.js";

probe(pagewalk, machine, () => fetch("trace.pagewalk")).then(
  (results) => {
    document.title = results;
  },
  (error) => {
    document.title = `failed: ${error}`;
  },
);
