/** Every export of the kernel, and nothing else. */
export { allocate, arenaBytes } from "./core/arena";
