import { describe, expect, it, vi } from "vitest";
import type { Probe } from "../../src/agent/probe-route.ts";
import type { ReportDocument, ResultEntry } from "../../src/report/document.ts";
import { type ReadFamily, readExposition } from "./exposition-grammar.ts";
import { cellOf, DOCUMENT, RECORD, resultOf } from "./sample-cells.ts";
import { ask, type Stage, serve } from "./web.ts";

const PASSED: ResultEntry = { ...resultOf("kerberos/tcp/88"), required: true };
const TALLY = { pass: 0, fail: 0, inconclusive: 0, skipped: 0, error: 0 };

/** A report of some results, with the exit code of a run that ended so. */
function reportOf(
  exitCode: number,
  results: readonly ResultEntry[],
  summary: Partial<typeof TALLY> = {},
): ReportDocument {
  return {
    ...DOCUMENT,
    profiles: DOCUMENT.profiles.slice(0, 1),
    summary: { ...TALLY, ...summary, optional: TALLY, exitCode },
    results,
  };
}

const PATH = "/probe?target=dc01.example.com&module=failover-secondary";

async function probed(report: ReportDocument, prepare: (stage: Stage) => void = () => undefined) {
  const server = await serve({ probe: async () => ({ document: report }) });
  prepare(server);
  const answer = await ask(server, PATH);
  expect(answer.status).toBe(200);
  return readExposition(answer.text);
}

const firstOf = (families: ReadonlyMap<string, ReadFamily>, name: string) => families.get(name)?.samples[0]?.value;

describe("/probe", () => {
  it("says that every required row passed, under the names of blackbox_exporter", async () => {
    const families = await probed(reportOf(0, [PASSED], { pass: 1 }));
    expect(firstOf(families, "probe_success")).toBe(1);
    expect(firstOf(families, "probe_ip_protocol")).toBe(4);
    expect(firstOf(families, "probe_duration_seconds")).toBeGreaterThan(0);
    expect(firstOf(families, "probe_timeout_seconds")).toBe(120);
    expect(firstOf(families, "unity_probe_probe_complete")).toBe(1);
    expect(firstOf(families, "unity_probe_check_success")).toBe(1);
    expect(families.has("probe_ssl_earliest_cert_expiry")).toBe(false);
  });

  it("says how long the name was looked up, where there was one", async () => {
    const document = reportOf(0, [PASSED], { pass: 1 });
    const server = await serve({ probe: async () => ({ document, lookupMs: 250 }) });
    const named = readExposition((await ask(server, PATH)).text);
    expect(firstOf(named, "probe_dns_lookup_time_seconds")).toBe(0.25);
    expect((await probed(document)).has("probe_dns_lookup_time_seconds")).toBe(false);
  });

  it("with debug=true tells what happened in words, as blackbox_exporter does", async () => {
    const bad = { ...PASSED, detail: "no answer\u001b[2J to 3 requests" };
    const server = await serve({ probe: async () => ({ document: reportOf(1, [bad], { fail: 1 }) }) });
    const { text, headers } = await ask(server, `${PATH}&debug=true`);
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    const [log, metrics] = text.split("\n\n\nMetrics that would have been returned:\n");
    expect(log).toMatch(/^Logs for the probe:\n.*tcp\/88 +Kerberos +no answer/s);
    expect(log).not.toContain("\u001b");
    expect(firstOf(readExposition(metrics!), "probe_success")).toBe(0);
    expect((await ask(server, `${PATH}&debug=1`)).headers["content-type"]).toContain("version=0.0.4");
  });

  it("with debug=true says that a probe did not end in time", async () => {
    const server = await serve({ probe: () => new Promise(() => undefined) });
    const headers = { "X-Prometheus-Scrape-Timeout-Seconds": "0.4" };
    expect((await ask(server, `${PATH}&debug=true`, { headers })).text).toContain("it did not end within its time");
  });

  it("gives the end of the certificate that ends first, and what TLS was spoken", async () => {
    const evidence = (end: string) => ({
      certificateNotAfter: end,
      tlsVersion: "TLSv1.3",
      tlsCipher: "TLS_AES_256_GCM_SHA384",
    });
    const families = await probed(
      reportOf(0, [
        { ...PASSED, evidence: evidence("2027-06-01T00:00:00.000Z") },
        { ...PASSED, check: "ldap/tcp/636", evidence: evidence("2027-01-01T00:00:00.000Z") },
      ]),
    );
    expect(firstOf(families, "probe_ssl_earliest_cert_expiry")).toBe(Date.UTC(2027, 0, 1) / 1000);
    expect(families.get("probe_tls_version_info")?.samples).toEqual([
      { name: "probe_tls_version_info", labels: { version: "TLSv1.3" }, value: 1 },
    ]);
    expect(families.get("probe_tls_cipher_info")?.samples).toHaveLength(1);
  });

  it.each([
    ["fails", 1, { fail: 1 }],
    ["is undecided", 3, { inconclusive: 1 }],
    ["did not end in time", 130, {}],
  ] as const)("is no success where something %s", async (_, exitCode, summary) => {
    const families = await probed(reportOf(exitCode, [PASSED], summary));
    expect(firstOf(families, "probe_success")).toBe(0);
    expect(firstOf(families, "unity_probe_probe_complete")).toBe(exitCode === 130 ? 0 : 1);
  });

  it("is no success where nothing was asked", async () => {
    const off: ResultEntry = { ...PASSED, outcome: "skipped", state: null, reason: null, required: false };
    expect(firstOf(await probed(reportOf(0, [off])), "probe_success")).toBe(0);
  });

  it("names no family where both were asked", async () => {
    const families = await probed(reportOf(0, [PASSED, { ...PASSED, address: "2001:db8::1" }], { pass: 2 }));
    expect(families.has("probe_ip_protocol")).toBe(false);
  });

  describe("where a row may not be asked again so soon", () => {
    const notDue: ResultEntry = {
      ...PASSED,
      check: "vnc/tcp/5900",
      state: null,
      reason: "not-due",
      serviceState: null,
      outcome: "skipped",
    };
    const report = reportOf(3, [PASSED, notDue], { pass: 1, skipped: 1 });
    const kept = { ...cellOf({ ...PASSED, check: notDue.check }), resultMs: Date.now() - 120_000 };

    it("takes the row as the agent saw it last, with the time of that", async () => {
      const families = await probed(report, ({ metrics }) => metrics.noteRun(RECORD, [kept]));
      expect(firstOf(families, "probe_success")).toBe(1);
      const times = families.get("unity_probe_check_result_timestamp_seconds")!.samples;
      expect(times.find(({ labels }) => labels.check === notDue.check)?.value).toBe(kept.resultMs / 1000);
    });

    it.each(["a history", "a run"])("takes nothing from %s that is older than any interval", async (from) => {
      const old = [{ ...kept, resultMs: Date.now() - 3_600_000 }];
      const families = await probed(report, ({ metrics }) =>
        from === "a run" ? metrics.noteRun(RECORD, old) : metrics.restore(old),
      );
      expect(firstOf(families, "probe_success")).toBe(0);
      const times = families.get("unity_probe_check_result_timestamp_seconds")!.samples;
      expect(times.find(({ labels }) => labels.check === notDue.check)?.value).toBeGreaterThan(Date.now() / 1000 - 60);
    });

    it("is no success where the row failed then", async () => {
      const failed = { ...cellOf({ ...kept.result, outcome: "fail" }), resultMs: kept.resultMs };
      const families = await probed(report, ({ metrics }) => metrics.noteRun(RECORD, [failed]));
      expect(firstOf(families, "probe_success")).toBe(0);
    });

    it("takes the row as a probe saw it, where that was later", async () => {
      const down = reportOf(1, [{ ...kept.result, outcome: "fail" }], { fail: 1 });
      const answers = [down, report, report];
      const server = await serve({ probe: async () => ({ document: answers.shift()! }) });
      server.metrics.noteRun(RECORD, [{ ...kept, resultMs: Date.now() - 60_000 }]);
      await ask(server, PATH);
      const successOf = async () => firstOf(readExposition((await ask(server, PATH)).text), "probe_success");
      expect(await successOf()).toBe(0);
      server.metrics.noteRun(RECORD, [{ ...kept, resultMs: Date.now() + 60_000 }]);
      expect(await successOf()).toBe(1);
    });

    it("is no success where the agent never saw it", async () => {
      expect(firstOf(await probed(report), "probe_success")).toBe(0);
    });

    it("is no success where another row is undecided", async () => {
      const undecided: ResultEntry = { ...PASSED, check: "ntp/udp/123", outcome: "inconclusive" };
      const more = reportOf(3, [PASSED, notDue, undecided], { pass: 1, skipped: 1, inconclusive: 1 });
      const families = await probed(more, ({ metrics }) => metrics.noteRun(RECORD, [kept]));
      expect(firstOf(families, "probe_success")).toBe(0);
    });

    it("takes a group for passed whose member passed then", async () => {
      const member: ResultEntry = { ...notDue, required: false, group: "screen" };
      const other: ResultEntry = {
        ...PASSED,
        check: "rdp/tcp/3389",
        outcome: "fail",
        required: false,
        group: "screen",
      };
      const group = reportOf(3, [PASSED, member, other], { pass: 1, inconclusive: 1 });
      const families = await probed(group, ({ metrics }) => metrics.noteRun(RECORD, [kept]));
      expect(firstOf(families, "probe_success")).toBe(1);
    });
  });

  it.each([
    ["target", "/probe?module=failover-secondary"],
    ["module", "/probe?target=dc01"],
    ["word after target=", "/probe?target=&module=failover-secondary"],
    ["target of one", "/probe?target=dc01&target=dc02&module=failover-secondary"],
  ])("wants a %s", async (_, path) => {
    const probe = vi.fn<Probe>();
    expect((await ask(await serve({ probe }), path)).status).toBe(400);
    expect(probe).not.toHaveBeenCalled();
  });

  it("refuses what the configuration does not name, and does not repeat it", async () => {
    const answer = await ask(
      await serve({ probe: () => undefined }),
      "/probe?target=%3Cscript%3E&module=failover-secondary",
    );
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain("script");
  });

  it("sends nothing for a HEAD", async () => {
    const probe = vi.fn<Probe>();
    expect(await ask(await serve({ probe }), PATH, { method: "HEAD" })).toMatchObject({
      status: 405,
      headers: { allow: "GET" },
    });
    expect(probe).not.toHaveBeenCalled();
  });

  it.each([
    [undefined, 120_000],
    ["10", 9_500],
    ["2.25", 1_750],
    ["0.5", 250],
    ["1000", 120_000],
  ])("given %s s by the scraper takes %i ms", async (seconds, expected) => {
    const probe = vi.fn<Probe>(async () => ({ document: reportOf(0, [PASSED]) }));
    const headers: Record<string, string> =
      seconds === undefined ? {} : { "X-Prometheus-Scrape-Timeout-Seconds": seconds };
    const answer = await ask(await serve({ probe }), PATH, { headers });
    expect(answer.status).toBe(200);
    expect(probe).toHaveBeenCalledWith("dc01.example.com", "failover-secondary", expected);
    expect(firstOf(readExposition(answer.text), "probe_timeout_seconds")).toBe(expected / 1000);
  });

  it.each(["0", "-1", "ten", "1e9", "Infinity", ""])("refuses %j s", async (seconds) => {
    const headers = { "X-Prometheus-Scrape-Timeout-Seconds": seconds };
    expect((await ask(await serve(), PATH, { headers })).status).toBe(400);
  });

  it("answers in time where the run does not end", async () => {
    const server = await serve({ probe: () => new Promise(() => undefined) });
    const answer = await ask(server, PATH, { headers: { "X-Prometheus-Scrape-Timeout-Seconds": "0.4" } });
    const families = readExposition(answer.text);
    expect(firstOf(families, "probe_success")).toBe(0);
    expect(firstOf(families, "unity_probe_probe_complete")).toBe(0);
    expect(firstOf(families, "probe_duration_seconds")).toBeLessThan(30);
  });

  it("runs once for all who ask the same at a time, and a few pairs at most", async () => {
    const ends: (() => void)[] = [];
    const probe = vi.fn<Probe>(
      () => new Promise((resolve) => ends.push(() => resolve({ document: reportOf(0, [PASSED]) }))),
    );
    const server = await serve({ probe });
    const pathOf = (target: number) => `/probe?target=dc${target}&module=failover-secondary`;
    const same = [ask(server, pathOf(0)), ask(server, pathOf(0)), ask(server, pathOf(0))];
    const others = Array.from({ length: 7 }, (_, at) => ask(server, pathOf(at + 1)));
    await expect.poll(() => probe.mock.calls.length).toBe(8);
    expect(await ask(server, pathOf(9))).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    for (const end of ends) end();
    for (const answer of await Promise.all([...same, ...others])) expect(answer.status).toBe(200);
    expect(probe).toHaveBeenCalledTimes(8);
    const next = ask(server, pathOf(9));
    await expect.poll(() => probe.mock.calls.length).toBe(9);
    ends.at(-1)!();
    expect((await next).status).toBe(200);
  });

  it("is well where a run breaks", async () => {
    const server = await serve({ probe: () => Promise.reject(new Error("broken")) });
    expect((await ask(server, PATH)).status).toBe(500);
    expect(server.troubles).toHaveLength(1);
    expect((await ask(server, "/-/healthy")).status).toBe(200);
  });
});
