/** What `mrc` finds out, with the names that `mrc --json` prints. */

export interface CurvePoint {
  frames: number;
  missRatio: number;
  /** Exact curves have the count itself. */
  misses?: number;
  /** Of curves by sets: frames are sets times ways. */
  ways?: number;
  /** Of sampled curves: half the width of the 95 % confidence interval around `missRatio`. */
  errorBar?: number;
}

/** One policy's miss ratio against numbers of frames, points by ascending frames. */
export interface Curve {
  policy: string;
  /** `exact` is what `compare` counts, to the last miss. */
  method: "exact" | "sampled";
  /** Bytes of a page; absent where the trace has page numbers. */
  pageSize?: number;
  /** Of curves by TLB shape: how many sets the frames are shared out to by the low bits of the page number. */
  sets?: number;
  /** Of sampled curves: the share of pages that were looked at; where it fell on the way, the last one. */
  sampleRate?: number;
  /** What `missRatio` is a share of: requests for pages, or TLB lookups of a curve by sets. */
  requests: number;
  /** Estimated where the curve is sampled. */
  distinctPages: number;
  points: CurvePoint[];
}

/** The working set in Denning's sense: distinct pages among the last `window` requests. */
export interface WorkingSetWindow {
  /** In requests. */
  window: number;
  /** Averaged over all requests. */
  averagePages: number;
  /** Of a memory that keeps exactly the working set. */
  missRatio: number;
}

export interface WorkingSetMoment {
  /** How many requests have been served. */
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

/** How many of something lie in `from` … `to`, both included. */
export interface ReuseBucket {
  from: number;
  to: number;
  count: number;
}

export interface ReuseResult {
  pageSize?: number;
  requests: number;
  /** Requests for a page that was not requested before: they have neither distance nor time. */
  firstRequests: number;
  /** By LRU stack distance, powers of two: 1 is the page of the request before. */
  stackDistances: ReuseBucket[];
  /** By requests since the same page's last, powers of two: 1 is the request before. */
  reuseTimes: ReuseBucket[];
}

export interface MrcResult {
  trace: string;
  curves: Curve[];
  /** One for each page size, where it was asked for. */
  workingSets?: WorkingSetResult[];
  /** One for each page size, where it was asked for. */
  reuse?: ReuseResult[];
}
