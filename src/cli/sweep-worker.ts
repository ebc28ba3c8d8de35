/** The entry of the thread in which ranges are swept; it is given this machine's clock, and the number of threads. */
import { parentPort, workerData } from "node:worker_threads";
import { serveSweeps } from "../sweep/worker.ts";

if (parentPort !== null) await serveSweeps(parentPort, Number(workerData), () => performance.now());
