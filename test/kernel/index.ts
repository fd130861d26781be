/** Every export of the module that the tests of single structures run on: one file a layer, thin wrappers of methods. */
export * from "./analysis";
export * from "./core";
export * from "./frames";
export * from "./mmu";
export * from "./swap";
export * from "./tables";
