/** The default export of `pagewalk/pagewalk.wasm` under a bundler: the file's address. */
declare const url: string;
export default url;
