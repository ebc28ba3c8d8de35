/** What a test holds in memory once all is collected that nobody refers to: unlike the size of a process, no chance. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Tells how many bytes more are held than when it was made. */
export function memoryMeter(): () => number {
  // The collector is not there for programs unless it is asked for.
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const held = () => {
    // Twice: what the first finds in array buffers is given back when the next begins.
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  return () => held() - before;
}
