/** `serve` on the command line. */
import { optionOr } from "./row.js";
import { count, text } from "./shapes.js";

const LAST_PORT = 65_535;

export const serveCommand = {
  port: optionOr(count("n", 0, LAST_PORT), 8080, "the port; 0: any free one"),
  host: optionOr(text("address"), "127.0.0.1", "the address to listen on; `0.0.0.0`: all networks"),
};
