/** `formats` */
import { formatsJson, formatsText } from "../report/formats.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { writeJson, writeOut } from "./terminal.js";

export async function run({ json }: CommonOptions): Promise<void> {
  if (json) writeJson(formatsJson());
  else writeOut(await formatsText(await outputStyle()));
}
