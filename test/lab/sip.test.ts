/** SIP OPTIONS against kamailio and sipp: each answer that a server may give, over each transport and both families. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import type { ReportDocument, ResultEntry } from "../../src/report/document.ts";
import { encodeSip } from "../../src/wire/sip.ts";
import { optionsRequest, SIP_TRANSACTION_BYTES, sipTransaction } from "../../src/wire/sip-options.ts";
import { DC } from "./addresses.ts";
import { type Daemon, hasEnded, run, runOk } from "./command.ts";
import { SIP_PORT, startKamailio, startSipp } from "./kamailio.ts";
import { test } from "./lane.ts";
import { inside, type Lane } from "./namespaces.ts";

const TIMEOUT_MS = 180_000;
const TLS_FIXTURES = join(import.meta.dirname, "../fixtures/tls");

interface Case {
  readonly port: string;
  /** What the row says beside its port. */
  readonly row?: string;
  readonly expected: Partial<ResultEntry>;
}

const KAMAILIO = /^kamailio \(5\./;
const ANSWERS = { outcome: "pass", state: "open", reason: "protocol-reply", serviceState: "confirmed" } as const;
const REFUSES = { outcome: "pass", state: "open", reason: "service-refusal", serviceState: "refused" } as const;
const refused = (status: string) => ({ ...REFUSES, detail: `SIP answers, and refuses OPTIONS: ${status}` });

const OVER_BOTH_FAMILIES: readonly Case[] = [
  { port: `udp/${SIP_PORT.answers}`, expected: { ...ANSWERS, detail: "200 OK" } },
  { port: `tcp/${SIP_PORT.answers}`, expected: { ...ANSWERS, detail: "200 OK" } },
  { port: `tcp/${SIP_PORT.answersTls}`, row: "tls: {}", expected: { ...ANSWERS, detail: "200 OK" } },
  { port: `udp/${SIP_PORT.forbids}`, expected: refused("403 Forbidden") },
  { port: `udp/${SIP_PORT.knowsNobody}`, expected: refused("404 Not Found") },
  { port: `udp/${SIP_PORT.challenges}`, expected: refused("401 Unauthorized") },
  { port: `udp/${SIP_PORT.countsHops}`, row: "params: {hop: true}", expected: refused("483 Too Many Hops") },
  {
    port: `udp/${SIP_PORT.silent}`,
    expected: { outcome: "fail", state: "open|filtered", reason: "no-response", serviceState: "silent", attempts: 5 },
  },
];

/** Kamailio relays to IPv4 addresses only, and sipp listens there. */
const OVER_IPV4: readonly Case[] = [
  { port: `udp/${SIP_PORT.sipp}`, expected: { ...ANSWERS, detail: "200 OK" } },
  { port: `udp/${SIP_PORT.deadEnd}`, expected: refused("408 Request Timeout") },
  {
    port: `udp/${SIP_PORT.relays}`,
    expected: { outcome: "inconclusive", state: "open", reason: "answered-by-intermediary", serviceState: "unchecked" },
  },
  // LDAP, which says nothing to what it cannot read.
  { port: "tcp/389", expected: { outcome: "fail", state: "open" } },
  {
    port: "udp/5999",
    expected: { outcome: "fail", state: "closed", reason: "port-unreach", serviceState: "unchecked" },
  },
];

let folder = "";
const daemons: Daemon[] = [];

beforeAll(async () => {
  const lab = inject("lab");
  folder = await mkdtemp(join(tmpdir(), "unity-lab-sip-"));
  daemons.push(await startKamailio(lab, folder));
  daemons.push(await startSipp(lab, folder, SIP_PORT.sippBehind, "504 Server Time-out"));
  daemons.push(await startSipp(lab, folder, SIP_PORT.sipp, "200 OK"));
});

afterAll(async () => {
  for (const daemon of daemons) {
    if (hasEnded(daemon)) continue;
    const ended = once(daemon.process, "exit");
    daemon.process.kill("SIGTERM");
    await ended;
  }
  await rm(folder, { recursive: true });
});

/** Asks all cases in one run, by a profile of their own; each service is named after its place in the list. */
async function askAll(
  lane: Lane,
  host: string,
  cases: readonly Case[],
  ...args: readonly string[]
): Promise<readonly ResultEntry[]> {
  const rows = cases.map(
    ({ port, row = "" }, index) =>
      `  - {service: Case ${index}, ports: [${port}], prober: sip${row === "" ? "" : `, ${row}`}}`,
  );
  const file = join(folder, `lab-${lane.number}.yaml`);
  const head = ["id: lab", "title: Lab", "product: Lab", "from: unity", "to: sip-endpoint", "rows:"];
  await writeFile(file, [...head, ...rows, ""].join("\n"));
  const { results } = await probe(lane, host, "--profile", file, ...args);
  return cases.map((_, index) => results.find(({ service }) => service === `Case ${index}`)!);
}

async function probe(lane: Lane, host: string, ...args: readonly string[]): Promise<ReportDocument> {
  const words = [process.execPath, "bin/unity-probe.js", "run", ...args, "--host", host, "-o", "json"];
  const { stdout, stderr } = await run(inside(lane.agent, words), { timeoutMs: TIMEOUT_MS });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as ReportDocument;
}

describe("each answer is read for what it is", () => {
  test.for([
    ["IPv4", DC.v4, [...OVER_BOTH_FAMILIES, ...OVER_IPV4]],
    ["IPv6", DC.v6, OVER_BOTH_FAMILIES],
  ] as const)("over %s", async ([_, host, cases], { lane }) => {
    const results = await askAll(lane, host, cases);
    for (const [index, { port, expected }] of cases.entries()) expect(results[index], port).toMatchObject(expected);
  });

  test("with its evidence", async ({ lane }) => {
    const [ok, challenge, dead, relayed] = await askAll(lane, DC.v4, [
      OVER_BOTH_FAMILIES[0]!,
      ...[SIP_PORT.challenges, SIP_PORT.deadEnd, SIP_PORT.relays].map((port) => ({
        port: `udp/${port}`,
        expected: {},
      })),
    ]);
    expect(ok?.evidence).toEqual({
      status: 200,
      reason: "OK",
      server: expect.stringMatching(KAMAILIO),
      allow: ["OPTIONS", "INVITE"],
    });
    expect(challenge?.evidence).toMatchObject({ status: 401, realm: "lab.test" });
    expect(dead?.evidence).toMatchObject({ status: 408, server: expect.stringMatching(KAMAILIO) });
    expect(dead?.warnings).toEqual([expect.stringContaining("may speak of a hop behind the target")]);
    expect(relayed?.evidence).toMatchObject({
      status: 504,
      otherHop: expect.stringMatching(/^Server backend, after k/),
    });
  });
});

describe("mutual TLS", () => {
  const askWith = async (lane: Lane, tls: string, ...args: readonly string[]) => {
    const port = `tcp/${SIP_PORT.wantsCertificate}`;
    const [result] = await askAll(lane, DC.v4, [{ port, row: `tls: ${tls}`, expected: {} }], ...args);
    return result;
  };

  test("without a certificate is proven as far as the server lets us", async ({ lane }) => {
    expect(await askWith(lane, "{}")).toMatchObject({
      ...{ outcome: "pass", state: "open", reason: "tls-alert", serviceState: "refused" },
      detail: expect.stringContaining("the peer wants a client certificate"),
    });
  });

  test("with a certificate is answered by SIP", async ({ lane }) => {
    const pem = join(folder, "client.pem");
    const parts = ["self-signed.pem", "key.pem"].map((name) => readFileSync(join(TLS_FIXTURES, name), "utf8"));
    await writeFile(pem, parts.join(""), { mode: 0o600 });
    const result = await askWith(lane, "{client-certificate: sip-client}", "--secret", `sip-client=${pem}`);
    expect(result).toMatchObject({ ...ANSWERS, detail: "200 OK" });
  });
});

test("in clear where TLS is spoken proves nothing", async ({ lane }) => {
  const [result] = await askAll(lane, DC.v4, [{ port: `tcp/${SIP_PORT.answersTls}`, expected: {} }]);
  expect(result).toMatchObject({ outcome: "fail", state: "open" });
  expect(result?.serviceState).toMatch(/^(mismatch|silent)$/);
});

test("the shipped profile proves the SIP endpoint", async ({ lane }) => {
  const { results } = await probe(lane, DC.v4, "--profile", "unity-to-sip", "--with", "sip", "--only", "SIP");
  expect(results.find(({ service }) => service === "SIP")).toMatchObject({ ...ANSWERS, prober: "sip", attempts: 1 });
});

test("tshark finds nothing malformed in the request", async () => {
  const local = { address: "192.0.2.7", port: 40_000 };
  const random = new Uint8Array(SIP_TRANSACTION_BYTES).fill(7);
  const request = optionsRequest({
    ...sipTransaction(random, local.address),
    ...{
      transport: "UDP",
      host: "sip.example.com",
      port: 5060,
      local,
      maxForwards: 70,
      userAgent: "unity-probe/0.1.0",
    },
  });
  const octets = Buffer.from(encodeSip(request)).toString("hex").replace(/../g, " $&");
  await writeFile(join(folder, "request.txt"), `000000${octets}\n`);
  const capture = join(folder, "request.pcap");
  await runOk(["text2pcap", "-q", "-u", "40000,5060", join(folder, "request.txt"), capture]);
  const fields = ["sip.Method", "sip.CSeq.seq", "sip.Via.branch", "sip.from.tag", "sip.Max-Forwards", "_ws.malformed"];
  const shown = await runOk(["tshark", "-r", capture, "-T", "fields", ...fields.flatMap((field) => ["-e", field])]);
  const { cseq, branch, fromTag } = sipTransaction(random, local.address);
  expect(shown.trimEnd().split("\t")).toEqual(["OPTIONS", `${cseq}`, branch, fromTag, "70"]);
  expect(await runOk(["tshark", "-r", capture, "-Y", "_ws.expert || _ws.malformed"])).toBe("");
});
