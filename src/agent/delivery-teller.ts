/** What becomes of alarms, told in the log and counted. */
import type { AgentLog } from "./log.ts";
import type { AgentMetrics } from "./metrics.ts";
import type { DeliveryEvent } from "./webhook-queue.ts";

export function deliveryTeller(log: AgentLog, metrics: Pick<AgentMetrics, "noteAlert">) {
  return ({ what, hook, about, attempts, status, code }: DeliveryEvent): void => {
    const facts = { hook, about, attempts, status, code };
    if (what === "delivered") {
      metrics.noteAlert("delivered");
      log.info("an alarm was delivered", facts);
      return;
    }
    if (what !== "kept for the next start") metrics.noteAlert(what === "not delivered yet" ? "failed" : "dropped");
    log.warn(`an alarm was ${what}`, facts);
  };
}
