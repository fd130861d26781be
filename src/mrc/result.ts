/** The result of `mrc`, with the names of `mrc --json`. */

/** A miss ratio at one number of frames. */
export interface CurvePoint {
  /** Number of frames. */
  frames: number;
  /** Misses divided by requests, from 0 to 1. */
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
  /** Name of the policy, with its parameters. */
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
  /** By ascending frames. */
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

/** The working set at one moment. */
export interface WorkingSetMoment {
  /** Number of requests served. */
  request: number;
  /** Number of pages in the working set. */
  pages: number;
}

/** Working sets by window (Denning, "The working set model for program behavior", 1968), in pages. */
export interface WorkingSetResult {
  /** Bytes of a page; absent if the trace has page numbers. */
  pageSize?: number;
  /** Requests for pages. */
  requests: number;
  /** Different pages requested. */
  distinctPages: number;
  /** By ascending window. */
  windows: WorkingSetWindow[];
  /** The working set's size over time. */
  overTime: { window: number; moments: WorkingSetMoment[] };
}

/** The number of items from `from` to `to`, both included. */
export interface ReuseBucket {
  /** Smallest value of the bucket. */
  from: number;
  /** Largest value of the bucket. */
  to: number;
  /** Requests whose value is in the bucket. */
  count: number;
}

/** Histograms of LRU stack distances and reuse times. */
export interface ReuseResult {
  /** Bytes of a page; absent if the trace has page numbers. */
  pageSize?: number;
  /** Requests for pages. */
  requests: number;
  /** First requests of a page, which have neither distance nor time. */
  firstRequests: number;
  /** By LRU stack distance, in powers of two; 1 is the page of the previous request. */
  stackDistances: ReuseBucket[];
  /** By requests since the page's last request, in powers of two; 1 is the previous request. */
  reuseTimes: ReuseBucket[];
}

/** Result of `mrc`, as `mrc --json` prints it. */
export interface MrcResult {
  /** Name of the trace. */
  trace: string;
  /** References read when the signal stopped the first pass; all results are of these. */
  interruptedAt?: number;
  /** One for each policy and page size, or for each number of sets. */
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
