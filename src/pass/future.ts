/** The future of a trace's requests, found by a pass of its own. */
import { type Future, FutureRecorder } from "../future/future.js";
import type { Trace } from "../trace/trace.js";
import type { Watch } from "./progress.js";
import { RequestPass, type RequestShape } from "./requests.js";

/** Reads the trace once and finds each request's next use. The caller closes it. */
export async function recordFuture(trace: Trace, shape: RequestShape, watch: Watch): Promise<Future> {
  const pass = await RequestPass.create(trace, shape, watch);
  const recorder = new FutureRecorder(pass.kernel, shape);
  try {
    await pass.run([{ serve: (count) => recorder.add(pass.requests.keys, count) }]);
    return await recorder.finish();
  } catch (error) {
    await recorder.close();
    throw error;
  }
}
