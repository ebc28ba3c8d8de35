/** What the page makes of a status, before anything is drawn. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { causesOf } from "../../src/page/causes.ts";
import { cellText } from "../../src/page/cell-text.ts";
import { certificatesOf, daysText } from "../../src/page/certificates.ts";
import { countsOf } from "../../src/page/counts.ts";
import { EVERYTHING, matches, readHash, writeHash } from "../../src/page/filter.ts";
import { TARGETS_SHOWN, vectorsOf } from "../../src/page/matrix.ts";
import { ageText, clockText, tookText } from "../../src/page/time.ts";
import { icmpText, uncountedText, verdictText } from "../../src/page/words.ts";
import { reportStatus } from "../../src/report/report-status.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { manyHosts, oneTarget, sampleRun, TOOL } from "../report/sample-run.ts";
import { cellOf, STATUS } from "./sample-cells.ts";

describe("the place in the address", () => {
  it("comes back as it was written, whatever it holds", () => {
    const text = fc.string({ unit: "grapheme" }).map((value) => value.trim());
    const place = fc.record({
      filter: fc.record({ failing: fc.boolean(), host: text, text }),
      cell: fc.option(text, { nil: undefined }),
    });
    fc.assert(
      fc.property(place, (one) => {
        expect(readHash(writeHash(one))).toEqual(one);
      }),
    );
  });

  it("is empty where nothing is left out", () => {
    expect(writeHash({ filter: EVERYTHING, cell: undefined })).toBe("");
    expect(readHash("#matrix")).toEqual({ filter: EVERYTHING, cell: undefined });
  });
});

describe("the filter", () => {
  it("finds all of its words, in any case and order", () => {
    const cell = cellOf("kerberos-passwd/tcp/464");
    expect(matches({ ...EVERYTHING, text: "10.10.4.1 KERBEROS tcp/464" }, cell)).toBe(true);
    expect(matches({ ...EVERYTHING, text: "kerberos udp" }, cell)).toBe(false);
    expect(matches({ ...EVERYTHING, host: "dc02" }, cell)).toBe(false);
  });

  it("holds as failing what the last run saw failing, and what flaps", () => {
    const failing = { ...EVERYTHING, failing: true };
    const good = cellOf("kerberos/tcp/88");
    expect(matches(failing, good)).toBe(false);
    expect(matches(failing, { ...good, flapping: true })).toBe(true);
    expect(matches(failing, { ...good, result: { ...good.result, outcome: "inconclusive" } })).toBe(true);
  });
});

describe("the counts", () => {
  it.each([oneTarget(), sampleRun()])("are those of the run's own summary (%#)", (report) => {
    const { summary, results } = runDocument(report, TOOL);
    const { counted, uncounted } = countsOf(reportStatus(runDocument(report, TOOL)).cells);
    const sum = (counts: ReadonlyMap<string, number>) =>
      [...counts.values()].reduce((total, count) => total + count, 0);
    expect(counted.get("fail")).toBe(summary.fail);
    expect(counted.get("error") ?? 0).toBe(summary.error);
    expect(counted.get("skipped") ?? 0).toBe(
      results.filter(({ required, outcome }) => required && outcome === "skipped").length,
    );
    expect(sum(counted) + sum(uncounted)).toBeLessThan(results.length);
  });

  it("count a group once: it passes when a member does, and fails when all of them do", () => {
    const members = [cellOf("ntp/udp/123"), cellOf("daytime/tcp/13")];
    expect([...countsOf(members).counted]).toEqual([["pass", 1]]);
    expect([...countsOf(members.map((cell) => ({ ...cell, outcome: "fail" as const }))).counted]).toEqual([
      ["fail", 1],
    ]);
  });
});

describe("what does not pass", () => {
  it("is put together by address and by what was seen", () => {
    const filtered = cellOf("kerberos-passwd/tcp/464");
    const other = { ...filtered, key: "other", result: { ...filtered.result, check: "x/tcp/1", ports: "1" } };
    const [cause, ...more] = causesOf([cellOf("kerberos/tcp/88"), filtered, other]);
    expect(more).toEqual([]);
    expect(cause).toMatchObject({
      outcome: "fail",
      text: "filtered: admin-prohibited by 10.10.4.1",
      wholeTarget: false,
    });
    expect(cause!.cells).toEqual([filtered, other]);
    expect(causesOf([filtered, other])[0]!.wholeTarget).toBe(true);
  });

  it("puts first what counts, and what most cells share", () => {
    const causes = causesOf(STATUS.cells);
    expect(causes.map(({ uncounted }) => uncounted)).toEqual([...causes.map(({ uncounted }) => uncounted)].sort());
    expect(causes.every(({ cells }) => cells.every(({ result }) => result.canary !== true))).toBe(true);
  });

  it("says what the last run saw where that is something else", () => {
    const cell = cellOf("kerberos/tcp/88", { outcome: "fail" });
    expect(causesOf([cell])[0]!.text).toBe(`the last run saw PASS: ${cell.result.detail}`);
  });
});

describe("the matrix", () => {
  const many = reportStatus(runDocument(manyHosts(40), TOOL));

  it("has at most so many columns, and tells how many it leaves out", () => {
    const [vector] = vectorsOf(many, "");
    expect(vector!.targets).toHaveLength(TARGETS_SHOWN);
    expect(vector!.leftOut).toBe(40 - TARGETS_SHOWN);
    expect(vector!.rows.every(({ cells }) => cells.length === TARGETS_SHOWN)).toBe(true);
  });

  it("leaves out first what passes", () => {
    const last = "dc040.example.com";
    const cells = many.cells.map((cell) => (cell.result.host === last ? cell : { ...cell, outcome: "pass" as const }));
    const [vector] = vectorsOf({ ...many, cells }, "");
    expect(vector!.targets.map(({ host }) => host)).toContain(last);
  });

  it("is that of one host where one is chosen", () => {
    const [vector] = vectorsOf(many, "dc07.example.com");
    expect(vector!.targets).toEqual([{ host: "dc07.example.com", address: "10.20.7.10" }]);
  });

  it("shows canaries only where they say that the network lies", () => {
    const [vector] = vectorsOf(STATUS, "");
    expect(vector!.rows.some(({ id }) => id === "canary")).toBe(false);
    const liar = STATUS.cells.map((cell) =>
      cell.result.canary === true
        ? { ...cell, result: { ...cell.result, reason: "accept-unreliable" as const } }
        : cell,
    );
    expect(vectorsOf({ ...STATUS, cells: liar }, "")[0]!.rows.some(({ id }) => id === "canary")).toBe(true);
  });
});

describe("words", () => {
  it("name ICMP errors by type and code, of both versions", () => {
    expect(icmpText({ address: "10.0.0.1", icmpType: 3, icmpCode: 13 })).toBe(
      "ICMP type 3 code 13, communication administratively prohibited",
    );
    expect(icmpText({ address: "2001:db8::1", icmpType: 1, icmpCode: 4 })).toBe(
      "ICMPv6 type 1 code 4, port unreachable",
    );
    expect(icmpText({ address: "10.0.0.1", icmpType: 11, icmpCode: 0 })).toBe("ICMP type 11 code 0");
  });

  it("give state, reason and who sent it, unless that was the target itself", () => {
    const { result } = cellOf("kerberos-passwd/tcp/464");
    expect(verdictText(result)).toBe("filtered: admin-prohibited by 10.10.4.1");
    expect(verdictText({ ...result, offender: { ...result.offender!, address: result.address! } })).toBe(
      "filtered: admin-prohibited",
    );
    expect(verdictText({ ...result, state: null })).toBeUndefined();
  });

  it("say why a result does not count", () => {
    expect(uncountedText(cellOf("ntp/udp/123").result)).toBe("one of the group time is enough");
    expect(uncountedText(cellOf("kerberos/tcp/88").result)).toBeUndefined();
  });
});

describe("a cell as text", () => {
  it("says what, where from, what was seen, who rejected it, and when", () => {
    expect(cellText(cellOf("kerberos-passwd/tcp/464", { since: "2026-01-02T02:26:05.000Z" }))).toBe(
      `FAIL tcp/464 Kerberos passwd
dc01.example.com 10.20.1.10, asked from 10.10.4.7
filtered: admin-prohibited by 10.10.4.1
ICMP type 3 code 13, communication administratively prohibited, sent by 10.10.4.1 (not the address that was asked)
seen 2026-01-02T03:04:11.083Z, FAIL since 2026-01-02T02:26:05.000Z
expected: service; profile failover-secondary, prober kpasswd, document 001 line 104
`,
    );
  });

  it("names the blocked ports of a range", () => {
    expect(cellText(cellOf("dcom-rpc/tcp/5000-5020"))).toContain(
      "sent by 10.10.4.1 (not the address that was asked): 5019-5020\n",
    );
  });
});

describe("times", () => {
  it.each([
    [-5, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3 * 3_600_000, "3 h"],
    [86_400_000 * 2, "2 d"],
  ])("%i ms are %s", (ms, text) => expect(ageText(ms)).toBe(text));

  it("name the day only where it is another one", () => {
    const noon = new Date(2026, 0, 2, 12).getTime();
    expect(clockText(new Date(2026, 0, 2, 3, 4, 5).getTime(), noon)).toBe("03:04:05");
    expect(clockText(new Date(2026, 0, 1, 3, 4, 5).getTime(), noon)).toBe("2026-01-01 03:04");
    expect(clockText(Number.NaN, noon)).toBe("an unknown time");
  });

  it("are as exact as they need to be", () => {
    expect([12.4, 315, 9_940, 68_040].map(tookText)).toEqual(["12 ms", "0.3 s", "9.9 s", "68 s"]);
  });
});

describe("certificates", () => {
  const now = Date.UTC(2026, 0, 2);
  const shown = (check: string, notAfter: string, sha256: string) => {
    const cell = cellOf(check);
    const evidence = { certificateSubject: "CN=a", certificateNotAfter: notAfter, certificateSha256: sha256 };
    return { ...cell, result: { ...cell.result, evidence } };
  };

  it("stand once each, those that end first, first", () => {
    const cells = [
      shown("ldap-over-ssl/tcp/636", "2026-06-01T00:00:00Z", "A"),
      shown("kerberos/tcp/88", "2026-01-14T12:00:00Z", "B"),
      shown("kerberos/udp/88", "2026-06-01T00:00:00Z", "A"),
    ];
    expect(certificatesOf(cells, now).map(({ days, cells: by }) => [days, by.length])).toEqual([
      [12, 1],
      [150, 2],
    ]);
  });

  it("are left out where they say no time", () => {
    expect(certificatesOf([shown("kerberos/tcp/88", "soon", "A"), cellOf("kerberos/tcp/88")], now)).toEqual([]);
  });

  it("say how long", () => {
    expect([12, 1, 0, -3].map(daysText)).toEqual(["12 days", "1 day", "0 days", "ended 3 days ago"]);
  });
});
