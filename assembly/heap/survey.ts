/**
 * Statistics of a heap log, independent of the allocator: sizes of requests, and lives of blocks, in operations from
 * the one that makes a block to the one that frees it. realloc ends a life and begins another.
 */
import { NONE } from "../abi/core";
import {
  HEAP_A,
  HEAP_B,
  HEAP_BYTES,
  HEAP_C,
  HEAP_CALLOC,
  HEAP_FREE,
  HEAP_FREED,
  HEAP_MADE,
  HEAP_MALLOC,
  HEAP_OP,
  HEAP_PVALLOC,
  HEAP_REALLOC,
  HEAP_REALLOCARRAY,
  HEAP_VALLOC,
} from "../abi/heap";
import { make } from "../core/arena";
import { Chunks } from "../core/chunks";
import { Histogram } from "./histogram";

@final
@unmanaged
export class Survey {
  // The host reads these, at abi/heap's SURVEY_….
  operations: u64;
  /** Bytes asked for, blocks made, blocks freed. */
  bytes: u64;
  made: u64;
  freed: u64;
  sizes: Histogram;
  lives: Histogram;
  /** By block: the operation that made it, plus one; 0: it is not in use. */
  private births: Chunks;

  /** Null when memory is out. */
  static create(): Survey {
    const nothing = changetype<Survey>(0);
    const survey = make<Survey>();
    if (changetype<usize>(survey) == 0) return nothing;
    survey.sizes = Histogram.create();
    survey.lives = Histogram.create();
    survey.births = Chunks.create(8);
    const isWhole =
      changetype<usize>(survey.sizes) != 0 &&
      changetype<usize>(survey.lives) != 0 &&
      changetype<usize>(survey.births) != 0;
    return isWhole ? survey : nothing;
  }

  /** Takes up one operation; false when memory is out. */
  add(record: usize): bool {
    this.operations++;
    const freed = load<u32>(record, HEAP_FREED);
    const made = load<u32>(record, HEAP_MADE);
    if (freed != NONE && endsBlock(record, made)) this.end(freed);
    return made == NONE || this.begin(made, requestOf(record));
  }

  private begin(block: u32, bytes: u64): bool {
    while (this.births.count <= block) if (!this.births.add()) return false;
    store<u64>(this.births.at(block), this.operations);
    this.sizes.add(bytes);
    this.bytes += bytes;
    this.made++;
    return true;
  }

  private end(block: u32): void {
    if (block >= this.births.count) return;
    const at = this.births.at(block);
    const born = load<u64>(at);
    if (born == 0) return;
    store<u64>(at, 0);
    this.lives.add(this.operations - born);
    this.freed++;
  }
}

/** True if the operation's block is not in use any more. A realloc that failed leaves it in use. */
function endsBlock(record: usize, made: u32): bool {
  const op = load<u32>(record, HEAP_OP);
  if (op == HEAP_FREE) return true;
  return (op == HEAP_REALLOC || op == HEAP_REALLOCARRAY) && (made != NONE || requestOf(record) == 0);
}

/** Bytes that an allocation asks for. */
function requestOf(record: usize): u64 {
  const a = load<u64>(record, HEAP_A);
  const b = load<u64>(record, HEAP_B);
  switch (load<u32>(record, HEAP_OP)) {
    case HEAP_MALLOC:
    case HEAP_VALLOC:
    case HEAP_PVALLOC:
      return a;
    case HEAP_CALLOC:
      return a * b;
    case HEAP_REALLOCARRAY:
      return b * load<u64>(record, HEAP_C);
    default:
      return b; // realloc, and all that take an alignment
  }
}

/** 0 when memory is out. */
export function createHeapSurvey(): usize {
  return changetype<usize>(Survey.create());
}

/** Takes up `count` records; false when memory is out. */
export function surveyHeap(survey: usize, records: usize, count: u32): bool {
  const it = changetype<Survey>(survey);
  for (let n: u32 = 0; n < count; n++) if (!it.add(records + <usize>n * HEAP_BYTES)) return false;
  return true;
}
