/** A log's file descriptors: which path each is open on, from openat, dup and close. */
import type { Argument } from "./call-syntax.js";

export class Descriptors {
  private readonly paths = new Map<number, string>();
  private anonymous = 0;

  copy(): Descriptors {
    const copy = new Descriptors(this.realPath);
    for (const [fd, path] of this.paths) copy.paths.set(fd, path);
    return copy;
  }

  /** `realPath` tells where links lead, as maps show files. */
  constructor(private readonly realPath: (path: string) => string = (path) => path) {}

  path(fd: number): string | undefined {
    return this.paths.get(fd);
  }

  /** Takes note of a call that opens or closes; was it one? */
  note(name: string, args: readonly Argument[], result: bigint | undefined): boolean {
    const fd = result === undefined ? -1 : Number(BigInt.asIntN(64, result));
    const text = (n: number) => {
      const argument = args[n];
      return argument?.kind === "text" ? argument.text : undefined;
    };
    const number = (n: number) => {
      const argument = args[n];
      return argument?.kind === "number" ? Number(BigInt.asIntN(64, argument.value)) : -1;
    };
    switch (name) {
      case "open":
      case "creat":
      case "shm_open":
        return this.open(fd, text(0));
      case "openat":
      case "openat2":
        return this.open(fd, text(1));
      case "memfd_create":
        return this.open(fd, `/memfd:${text(0) ?? ""} (deleted)#${this.anonymous++}`);
      case "dup":
      case "dup2":
      case "dup3":
      case "fcntl":
        return this.duplicate(name, args, fd, number(0));
      case "close":
        this.paths.delete(number(0));
        return true;
      default:
        return false;
    }
  }

  /** fcntl does much, and F_DUPFD among it. */
  private duplicate(name: string, args: readonly Argument[], to: number, from: number): boolean {
    const [, command] = args;
    const isOther =
      name === "fcntl" &&
      !(command?.kind === "expression" && command.terms.some(({ value }) => /^F_DUPFD/.test(String(value))));
    return isOther ? false : this.open(to, this.paths.get(from));
  }

  private open(fd: number, path: string | undefined): boolean {
    if (fd >= 0 && path !== undefined)
      this.paths.set(fd, path.startsWith("/memfd:") ? path : this.realPath(path));
    return true;
  }
}
