/** Random choices of an exercise, from its seed. */
import { type Random, randomFrom } from "../custom/random.js";

export class Draw {
  private readonly random: Random;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** One of a list that is not empty. */
  one<Item>(items: readonly Item[]): Item {
    return items[this.whole(0, items.length - 1)] as Item;
  }

  /** All items in a random order. */
  shuffled<Item>(items: Iterable<Item>): Item[] {
    const rest = [...items];
    const order: Item[] = [];
    while (rest.length > 0) order.push(...rest.splice(this.whole(0, rest.length - 1), 1));
    return order;
  }
}

/** The numbers from `first` on. */
export function numbers(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, n) => first + n);
}
