/** The result of `mrc`, with the names of `mrc --json`. */

export interface CurvePoint {
  frames: number;
  missRatio: number;
  /** The exact count, for exact curves. */
  misses?: number;
  /** For curves by sets: frames are sets times ways. */
  ways?: number;
  /** For sampled curves: half the width of the 95 % confidence interval around `missRatio`. */
  errorBar?: number;
  /** References of the trace served when the signal stopped the point's simulation; its misses are of these. */
  interruptedAt?: number;
}

/** One policy's miss ratio against numbers of frames, points by ascending frames. */
export interface Curve {
  policy: string;
  /** `exact` equals the count of `compare`. */
  method: "exact" | "sampled";
  /** Bytes of a page; absent if the trace has page numbers. */
  pageSize?: number;
  /** For curves by sets: the number of sets, selected by the low bits of the page number. */
  sets?: number;
  /** For sampled curves: the sampled share of pages; if it fell during the pass, the last one. */
  sampleRate?: number;
  /** The denominator of `missRatio`: requests for pages, or TLB lookups for a curve by sets. */
  requests: number;
  /** An estimate if the curve is sampled. */
  distinctPages: number;
  points: CurvePoint[];
}

/** The working set in Denning's sense: distinct pages among the last `window` requests. */
export interface WorkingSetWindow {
  /** In requests. */
  window: number;
  /** Averaged over all requests. */
  averagePages: number;
  /** Miss ratio of a memory that holds exactly the working set. */
  missRatio: number;
}

export interface WorkingSetMoment {
  /** Number of requests served. */
  request: number;
  pages: number;
}

export interface WorkingSetResult {
  pageSize?: number;
  requests: number;
  distinctPages: number;
  /** By ascending window. */
  windows: WorkingSetWindow[];
  /** The working set's size over time. */
  overTime: { window: number; moments: WorkingSetMoment[] };
}

/** The number of items from `from` to `to`, both included. */
export interface ReuseBucket {
  from: number;
  to: number;
  count: number;
}

export interface ReuseResult {
  pageSize?: number;
  requests: number;
  /** First requests of a page, which have neither distance nor time. */
  firstRequests: number;
  /** By LRU stack distance, in powers of two; 1 is the page of the previous request. */
  stackDistances: ReuseBucket[];
  /** By requests since the page's last request, in powers of two; 1 is the previous request. */
  reuseTimes: ReuseBucket[];
}

export interface MrcResult {
  trace: string;
  /** References read when the signal stopped the first pass; all results are of these. */
  interruptedAt?: number;
  curves: Curve[];
  /** One for each page size, where it was asked for. */
  workingSets?: WorkingSetResult[];
  /** One for each page size, where it was asked for. */
  reuse?: ReuseResult[];
}

/** A possibly partial result. */
export interface MrcOutcome extends MrcResult {
  /** The signal stopped it. */
  interrupted: boolean;
}
