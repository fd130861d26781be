/**
 * The path of the program that execve or execveat executes. A link below /proc is the one of the log's process, not of
 * the process that reads the log. From: execveat(2), proc_pid_exe(5), proc_pid_fd(5).
 *
 *   execve("/proc/self/exe", …)              the process's own program; /proc/12/exe that of process 12
 *   execve("/proc/self/fd/3", …)             the file of descriptor 3; /dev/fd/3 likewise
 *   execveat(3, "", …, AT_EMPTY_PATH)        the same
 *   execveat(3, "bin/true", …)               below the directory of descriptor 3
 */
import { descriptorOf, shownPath, textOf } from "../parse/argument.js";
import type { CallEntry } from "../parse/entry.js";
import { CLOSED } from "./descriptors.js";
import type { Task } from "./tasks.js";

const EXE = /^\/proc\/(?:self|thread-self|(\d+))\/exe$/;
const FD = /^(?:\/proc\/(?:self|thread-self|\d+)\/fd|\/dev\/fd)\/(\d+)$/;
/** The name of a program that the log does not show. */
export const UNKNOWN = "program";

export function executedPath(task: Task, { name, args }: CallEntry): string {
  const [first, second] = args;
  if (name !== "execveat") return followed(task, textOf(first) ?? UNKNOWN);
  const path = textOf(second);
  if (path?.startsWith("/")) return followed(task, path);
  const beneath = shownPath(first) ?? pathOf(task, descriptorOf(first));
  if (path === undefined || path === "") return beneath ?? UNKNOWN;
  return task.descriptors.pathOf(path, beneath);
}

/** Follows a link of /proc. */
function followed(task: Task, path: string): string {
  const exe = EXE.exec(path);
  const own = task.memory.process;
  const process = exe?.[1] === undefined ? own : own.system.processes.get(Number(exe[1]));
  if (exe !== null) return process?.executable ?? UNKNOWN;
  const [, fd] = FD.exec(path) ?? [];
  if (fd !== undefined) return pathOf(task, Number(fd)) ?? UNKNOWN;
  return path.startsWith("/") || path === UNKNOWN ? path : task.descriptors.pathOf(path);
}

function pathOf({ descriptors }: Task, fd: number): string | undefined {
  const known = descriptors.find(fd);
  if (known === undefined || known === CLOSED) return undefined;
  return known.file?.path ?? known.path;
}
