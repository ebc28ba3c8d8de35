/** Names to addresses through the system's resolver, hosts file included, as any other program here would see them. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Every address in the resolver's order; an address gives itself; empty when there is none or the signal aborted. */
export async function resolve(name: string, signal: AbortSignal): Promise<readonly string[]> {
  if (isIP(name) !== 0) return [name];
  if (signal.aborted) return [];
  let abort = () => {};
  const aborted = new Promise<readonly string[]>((done) => {
    abort = () => done([]);
    signal.addEventListener("abort", abort, { once: true });
  });
  const found = lookup(name, { all: true, verbatim: true }).then(
    (records) => [...new Set(records.map((record) => record.address))],
    () => [],
  );
  try {
    return await Promise.race([found, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
