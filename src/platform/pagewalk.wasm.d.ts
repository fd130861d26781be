/** `pagewalk/pagewalk.wasm` as bundlers import a file: its address. */
declare const url: string;
export default url;
