/** A range of 64,512 TCP ports against the router's rules, port for port, by every engine. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import type { ReportDocument, ResultEntry } from "../../src/report/document.ts";
import { MISSING_HOST, SWEPT } from "./addresses.ts";
import { type Daemon, endDaemon, run, startDaemon, untilReady } from "./command.ts";
import { withDelay } from "./delay.ts";
import { type Firewall, loadFirewall } from "./firewall.ts";
import { test } from "./lane.ts";
import { inside, type Lane, listeners, routerAddresses } from "./namespaces.ts";
import { ALL_PORTS, drawTruth, type Kind, lossOf, portsOfKind, rulesFor, type Truth } from "./port-truth.ts";

const SEED = 20_260_101;
const truth = drawTruth(ALL_PORTS, SEED);
/** A part in which every kind is: the portable engine has no time for all. */
const PART = { first: 26_000, last: 29_999 };
const TIMEOUT_MS = 180_000;

let folder: string;
let opener: Daemon;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "unity-lab-sweep-"));
  const head = "id: ranges\ntitle: Agent → swept\nproduct: Lab\nfrom: agent\nto: swept\n";
  const variables = "variables:\n  range: {default: 1024-65535, about: what is swept}\n";
  const row = "{service: Range, ports: [tcp/$range], prober: port-sweep, expect: path}";
  await writeFile(join(folder, "ranges.yaml"), `${head}${variables}rows:\n  - ${row}\n`);
  const { swept } = inject("lab");
  const open = portsOfKind(truth, "open");
  const script = join(import.meta.dirname, "port-opener.ts");
  const argv = inside(swept, [process.execPath, "--import", "tsx", script, JSON.stringify(open)]);
  opener = startDaemon("the port opener", argv, join(folder, "opener.out"));
  const isReady = async () => {
    const listening = await listeners(swept);
    return open.every((port) => listening.has(`tcp/*:${port}`));
  };
  await untilReady(opener, isReady, 60_000);
});

afterAll(async () => {
  await endDaemon(opener);
  await rm(folder, { recursive: true });
});

interface Swept {
  readonly row: ResultEntry;
  readonly exitCode: number;
  readonly wallMs: number;
}

/** Sweeps the range from the agent through the built command. */
async function sweep({ agent }: Lane, host: string, ...args: readonly string[]): Promise<Swept> {
  const words = ["--profile", join(folder, "ranges.yaml"), "--host", host, "--full", "-o", "json", ...args];
  const startedMs = performance.now();
  const { stdout, stderr, exitCode } = await run(inside(agent, [process.execPath, "bin/unity-probe.js", ...words]), {
    timeoutMs: TIMEOUT_MS,
  });
  if (stdout === "") throw new Error(`exit ${exitCode}: ${stderr}`);
  const { results } = JSON.parse(stdout) as ReportDocument;
  const row = results.find(({ service }) => service === "Range");
  if (row === undefined) throw new Error("no row for the range");
  return { row, exitCode, wallMs: performance.now() - startedMs };
}

const STATE: Readonly<Record<Kind, string>> = {
  open: "open",
  closed: "closed",
  reset: "closed",
  dropped: "filtered",
  prohibited: "filtered",
};

/** Ports of a list like `22801,22810-22812`. */
function portsIn(text = ""): readonly number[] {
  return text.split(",").flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split("-").map(Number);
    return part === "" ? [] : Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

/** What the report says otherwise than the router's rules: by kind and state, the ports. Empty when every cell is right. */
function wrongCells({ range }: ResultEntry, about: Truth): Readonly<Record<string, readonly number[]>> {
  const states = new Map<number, string>();
  for (const [state, text] of Object.entries(range?.ports ?? {})) {
    for (const port of portsIn(text)) states.set(port, state);
  }
  const wrong: Record<string, number[]> = {};
  for (const [port, kind] of about) {
    const state = states.get(port) ?? "none";
    if (state !== STATE[kind]) wrong[`${kind} is ${state}`] = [...(wrong[`${kind} is ${state}`] ?? []), port];
  }
  return wrong;
}

const partOfTruth: Truth = new Map([...truth].filter(([port]) => port >= PART.first && port <= PART.last));

// Each case wants the machine to itself.
describe.sequential.each(["v4", "v6"] as const)("IP%s", (family) => {
  const host = SWEPT[family];
  const prohibited = family === "v4" ? { icmpType: 3, icmpCode: 13 } : { icmpType: 1, icmpCode: 1 };

  test.for(["connect", "syn"])(
    "64,512 ports by %s: every port right, and every rejection named",
    async (engine, { lane }) => {
      await loadFirewall(lane, rulesFor(truth));
      const { row, exitCode } = await sweep(lane, host, "--engine", engine, "--rate", "max");
      expect(wrongCells(row, truth)).toEqual({});
      expect(row).toMatchObject({ state: "mixed", outcome: "fail", errorQueue: true, range: { unknown: 0 } });
      expect(exitCode).toBe(1);
      const [named, ...others] = row.range?.offenders ?? [];
      expect(others).toEqual([]);
      expect(named).toMatchObject({ address: routerAddresses(lane)[family], ...prohibited });
      expect(portsIn(named?.ports)).toEqual(portsOfKind(truth, "prohibited"));
      const word = family === "v4" ? "TTL" : "hop limit";
      const forged = `1,290 resets carry another ${word} (64) than the host's own answers (63): probably forged by a firewall on the way`;
      expect(row.warnings).toEqual(engine === "syn" ? [forged] : []);
    },
  );

  test("a part of them the portable way", async ({ lane }) => {
    await loadFirewall(lane, rulesFor(truth));
    const range = `range=${PART.first}-${PART.last}`;
    const { row } = await sweep(lane, host, "--engine", "portable", "--set", range, "--timeout", "500ms");
    expect(wrongCells(row, partOfTruth)).toEqual({});
  });

  test.for(["connect", "syn"])("20 ms and 1 % of loss, by %s: every port right", async (engine, { lane }) => {
    const firewall: Firewall = [...lossOf(5), ...rulesFor(truth)];
    await loadFirewall(lane, firewall);
    await withDelay(lane, 10, async () => {
      const { row } = await sweep(lane, host, "--engine", engine, "--rate", "max");
      expect(wrongCells(row, truth)).toEqual({});
      // An ICMP error may be lost as well; the port is filtered all the same.
      expect(portsIn(row.range?.offenders?.[0]?.ports).length).toBeGreaterThan(190);
    });
  });

  test.for(["connect", "syn"])(
    "a host that is not there, by %s: the router's word for it is waited for",
    async (engine, { lane }) => {
      const { row } = await sweep(lane, MISSING_HOST[family], "--engine", engine, "--set", "range=5000-5020");
      expect(row).toMatchObject({ state: "filtered", range: { filtered: 21 } });
      expect(row.range?.offenders?.flatMap(({ ports }) => portsIn(ports)).length).toBe(21);
    },
  );
});
