/**
 * A small site for tests of the command: stand-ins on free loopback ports, each seen by how often it was asked, and a
 * profile file that names these ports.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Transport } from "../../src/model/words.ts";
import { type StandIn, serve } from "../../src/standin/stand-in.ts";

export interface Row {
  readonly service: string;
  readonly prober: string;
  readonly standIn: StandIn;
}

export interface Site extends AsyncDisposable {
  /** A folder of the test's own. */
  readonly folder: string;
  readonly profile: string;
  /** How many requests have come to all stand-ins. */
  asked(): number;
}

export async function site(rows: readonly Row[]): Promise<Site> {
  let asked = 0;
  const counted = rows.map(({ standIn }) => countRequests(standIn, () => asked++));
  const listeners = await Promise.all(counted.map((standIn) => serve(standIn, "127.0.0.1", 0)));
  const folder = await mkdtemp(join(tmpdir(), "unity-probe-"));
  const profile = join(folder, "site.yaml");
  const lines = rows.map(({ service, prober, standIn }, at) =>
    rowLine(service, standIn.transport, listeners[at]!.local.port, prober),
  );
  await writeFile(
    profile,
    `id: site\ntitle: Here → there\nproduct: Test\nfrom: here\nto: there\nrows:\n${lines.join("")}`,
  );
  return {
    folder,
    profile,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(listeners.map((listener) => listener.close()));
      await rm(folder, { recursive: true });
    },
  };
}

function rowLine(service: string, transport: Transport, port: number, prober: string): string {
  return `  - {service: ${service}, ports: [${transport}/${port}], prober: ${prober}}\n`;
}

function countRequests(standIn: StandIn, count: () => void): StandIn {
  if (standIn.transport === "udp") {
    return {
      transport: "udp",
      answer: (datagram) => {
        count();
        return standIn.answer(datagram);
      },
    };
  }
  return {
    ...standIn,
    frameLength: (buffered) => {
      count();
      return standIn.frameLength(buffered);
    },
  };
}
