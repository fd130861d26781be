/** Compressed data that is valid and cannot be decompressed here. `message` says why, `remedy` what to do. */
export class UnsupportedDataError extends Error {
  constructor(
    message: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
