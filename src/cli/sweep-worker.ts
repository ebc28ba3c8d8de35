/** The entry of the thread in which ranges are swept; it is given this machine's clock. */
import { parentPort } from "node:worker_threads";
import { serveSweeps } from "../sweep/worker.ts";

if (parentPort !== null) await serveSweeps(parentPort, () => performance.now());
