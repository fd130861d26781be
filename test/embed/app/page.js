/** A page of a bundler: its title becomes the results. */
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
