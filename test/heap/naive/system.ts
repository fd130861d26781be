/** sbrk and mmap of a process with few other mappings, in plain arrays. */

const PAGE = 4096;
const HUGE = 2 ** 21;

interface Mapping {
  start: number;
  end: number;
}

export class NaiveSystem {
  /** Mappings of the allocator's own, in order of addresses. */
  private mappings: Mapping[] = [];

  /** `end`: of the heap as the program begins; `ceiling`: where the first mapping would end. */
  constructor(
    private end: number,
    private readonly ceiling: number,
  ) {}

  sbrk(bytes: number): number {
    this.end += bytes;
    return this.end - bytes;
  }

  get breakAddress(): number {
    return this.end;
  }

  /** As Linux does: the highest gap that is large enough; whole huge pages at a multiple of one. */
  mmap(bytes: number): number {
    const whole = Math.ceil(bytes / PAGE) * PAGE;
    const isHuge = whole % HUGE === 0;
    const room = this.room(isHuge ? whole + HUGE : whole);
    const start = isHuge ? (Math.floor(room / HUGE) + 1) * HUGE : room;
    this.add({ start, end: start + whole });
    return start;
  }

  private room(bytes: number): number {
    let top = this.ceiling;
    for (const { start, end } of [...this.mappings].reverse()) {
      if (top - end >= bytes) break;
      top = start;
    }
    return top - bytes;
  }

  munmap(at: number, bytes: number): void {
    const end = at + Math.ceil(bytes / PAGE) * PAGE;
    this.mappings = this.mappings.flatMap((one) => {
      const parts = [
        { start: one.start, end: Math.min(one.end, at) },
        { start: Math.max(one.start, end), end: one.end },
      ];
      return one.end <= at || one.start >= end ? [one] : parts.filter((part) => part.start < part.end);
    });
  }

  private add(mapping: Mapping): void {
    this.mappings.push(mapping);
    this.mappings.sort((one, other) => one.start - other.start);
  }
}
