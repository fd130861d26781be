/** The page of the browser tests: the package as a web application embeds it, handed to the test by name. */
import * as pagewalk from "pagewalk";

declare global {
  interface Window {
    pagewalk: typeof pagewalk;
  }
}

window.pagewalk = pagewalk;
document.title = "ready";
