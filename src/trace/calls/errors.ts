/** Linux's errors: number and strerror(3)'s text. */
const ERRORS: Readonly<Record<string, { number: number; text: string }>> = {
  EPERM: { number: 1, text: "Operation not permitted" },
  ENOENT: { number: 2, text: "No such file or directory" },
  EINTR: { number: 4, text: "Interrupted system call" },
  EIO: { number: 5, text: "Input/output error" },
  EBADF: { number: 9, text: "Bad file descriptor" },
  EAGAIN: { number: 11, text: "Resource temporarily unavailable" },
  ENOMEM: { number: 12, text: "Cannot allocate memory" },
  EACCES: { number: 13, text: "Permission denied" },
  EFAULT: { number: 14, text: "Bad address" },
  EBUSY: { number: 16, text: "Device or resource busy" },
  EEXIST: { number: 17, text: "File exists" },
  ENODEV: { number: 19, text: "No such device" },
  EINVAL: { number: 22, text: "Invalid argument" },
  ENFILE: { number: 23, text: "Too many open files in system" },
  ENOSYS: { number: 38, text: "Function not implemented" },
  EOVERFLOW: { number: 75, text: "Value too large for defined data type" },
  EOPNOTSUPP: { number: 95, text: "Operation not supported" },
  EHWPOISON: { number: 133, text: "Memory page has hardware error" },
};

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(ERRORS).map(([name, { number }]) => [number, name]),
);

/** `ENOMEM` for 12. */
export function errorName(number: number): string {
  return NAMES.get(number) ?? `E${number}`;
}

export function errorNumber(name: string): bigint | undefined {
  const error = ERRORS[name];
  return error && BigInt(error.number);
}

/** `Cannot allocate memory` for ENOMEM, as in strerror(3). */
export function errorText(name: string): string | undefined {
  return ERRORS[name]?.text;
}
