/** The shape of a line of a call log, for detection. The grammar is in src/process/log/parse. */
import { callRow, OTHER_CALL } from "./table.js";

/** An optional process, time, instruction and name for the result, then a call, the rest of one, or the end of a process. */
const LINE =
  /^(?:\[pid\s+\d+\]\s*|\d+\s+)?(?:[\d:.]+\s+)?(?:\[(?:0x)?[0-9a-f]+\]\s+)?(?:[A-Za-z_]\w*\s*=\s*)?(?:(?:[A-Za-z_][\w.-]*->)?([A-Za-z_]\w*)(?:@[\w.]+)?\(|<\.\.\. (\w+)|\+\+\+ |--- SIG)/;
/** A result, the end of a call or a process, a signal: lines of a recorded log. */
const RECORDED = /\)\s+= (?:-?\d|\?|ok\b|SIG|<void>)|^(?:\[pid\s+\d+\]\s*)?(?:<\.\.\. \w|\+\+\+ |--- SIG)/;

/** True if a line without blanks around it looks like a call. Statements of C and its like do not. */
export function isCallLine(line: string): boolean {
  return LINE.test(line) && !line.endsWith(";") && !line.endsWith("{");
}

/** True if the line can only be of a recorded log. */
export function isRecordedLine(line: string): boolean {
  return isCallLine(line) && RECORDED.test(line);
}

/** True if the table has the line's call. */
export function isKnownCall(line: string): boolean {
  const [, called, resumed] = LINE.exec(line) ?? [];
  const name = called ?? resumed;
  return name !== undefined && callRow(name) !== OTHER_CALL;
}
