/** Are there files, processes and `node:` modules? */
export const isNode: boolean = typeof process !== "undefined" && process.versions?.node !== undefined;
