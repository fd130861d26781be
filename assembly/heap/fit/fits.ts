/**
 * First fit, next fit, best fit and worst fit: one list of all free chunks, and a rule by which it is searched. From: Knuth,
 * The Art of Computer Programming, volume 1, section 2.5; next fit is his exercise 6 there.
 */
import { OneList } from "./one-list";
import { Best, First, Next, Worst } from "./rules";
import { TaggedHeap } from "./tagged-heap";

export type FirstFit = TaggedHeap<OneList<First>>;
export type NextFit = TaggedHeap<OneList<Next>>;
export type BestFit = TaggedHeap<OneList<Best>>;
export type WorstFit = TaggedHeap<OneList<Worst>>;
