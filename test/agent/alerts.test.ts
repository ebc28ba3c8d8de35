import { describe, expect, it } from "vitest";
import type { ResultEntry } from "../../src/report/document.ts";
import { rejectedBy, row, rows, Stage, type Told } from "./alarm-stage.ts";
import { EPOCH_MS } from "./sample-record.ts";

const DAMPED = { need: 2, of: 3 };
const REFUSED: Partial<ResultEntry> = { state: "closed", reason: "conn-refused" };

const all = (outcome: ResultEntry["outcome"], host = "dc01", count = 60, more: Partial<ResultEntry> = {}) =>
  rows(count, (number) => row(outcome, host, number, more));
const brief = (told: readonly Told[]) =>
  told.map(({ event, incident, rowCount }) => `${event} ${incident}: ${rowCount}`);

describe("one message for one cause", () => {
  it("a host that dies in the middle of a run", async () => {
    const stage = new Stage(DAMPED);
    for (let run = 0; run < 3; run++) expect(await stage.run(all("pass"))).toEqual([]);
    // Half of its rows had passed already.
    const dying = [...all("pass").slice(0, 30), ...all("fail").slice(30)];
    expect(await stage.run(dying)).toEqual([]);
    const [alarm, ...others] = await stage.run(all("fail"));
    expect(others).toEqual([]);
    expect(alarm).toMatchObject({
      event: "alarm",
      incident: "host dc01",
      severity: "failing",
      over: false,
      title: "dc01: 60 of 60 rows do not get through",
      cause: { kind: "host", trouble: "path", hosts: ["dc01"], hostCount: 1 },
      startedAt: new Date(EPOCH_MS + 3 * 60_000).toISOString(),
      rowCount: 30,
    });
    // The other half belongs to what was told.
    expect(await stage.run(all("fail"))).toEqual([]);
    expect(await stage.run(all("fail"))).toEqual([]);
    expect(await stage.run(all("pass"))).toEqual([]);
    const recovery = await stage.run(all("pass"));
    expect(recovery).toMatchObject([
      { event: "recovery", incident: "host dc01", over: true, rowCount: 60, stillBadCount: 0, badForMs: 4 * 60_000 },
    ]);
    expect(recovery[0]!.title).toBe("dc01: recovered, 60 rows pass again after 4 min");
    expect(await stage.run(all("pass"))).toEqual([]);
  });

  it("several hosts behind one sender of ICMP errors, of which some are silent by its rate limit", async () => {
    const stage = new Stage();
    await stage.run(["dc01", "dc02", "dc03"].flatMap((host) => all("pass", host, 10)));
    const cut = (host: string, rejected: number) => [
      ...all("fail", host, 10, rejectedBy("10.1.1.1")).slice(0, rejected),
      ...all("fail", host, 10).slice(rejected),
    ];
    const told = await stage.run([...cut("dc01", 6), ...cut("dc02", 1), ...all("pass", "dc03", 10)]);
    expect(told).toMatchObject([{ incident: "offender 10.1.1.1", rowCount: 20, cause: { hosts: ["dc01", "dc02"] } }]);
    expect(told[0]!.title).toBe("ICMP errors from 10.1.1.1 before 2 hosts (dc01, dc02): 20 rows do not get through");
    // A host more behind it is news, in the same incident.
    const more = await stage.run([...cut("dc01", 6), ...cut("dc02", 1), ...cut("dc03", 10)]);
    expect(brief(more)).toEqual(["alarm offender 10.1.1.1: 10"]);
  });

  it("several hosts that fall silent together", async () => {
    const stage = new Stage();
    const hosts = Array.from({ length: 8 }, (_, number) => `dc0${number}`);
    await stage.run([...hosts.flatMap((host) => all("pass", host, 5)), ...all("pass", "printer", 5)]);
    const told = await stage.run([...hosts.flatMap((host) => all("fail", host, 5)), ...all("pass", "printer", 5)]);
    expect(told.map(({ title }) => title)).toEqual([
      "8 hosts (dc00, dc01, dc02, dc03, dc04 and 3 more): 40 of 40 rows do not get through",
    ]);
  });

  it("one address of two", async () => {
    const stage = new Stage();
    const both = (six: ResultEntry["outcome"]) => [
      ...all("pass", "dc01", 10),
      ...all(six, "dc01", 10, { address: "2001:db8::10" }),
    ];
    await stage.run(both("pass"));
    const told = await stage.run(both("fail"));
    expect(told.map(({ title }) => title)).toEqual(["dc01 at 2001:db8::10: 10 of 10 rows do not get through"]);
  });

  it("rows of one vector at one host; another vector is another message", async () => {
    const stage = new Stage();
    await stage.run(all("pass"));
    const some = all("pass").map((each, at) => (at < 4 ? row("fail", "dc01", at, REFUSED) : each));
    const told = await stage.run(some);
    expect(told.map(({ title }) => title)).toEqual([
      "Unity secondary → DC, dc01: 3 rows failing: Service 0 tcp/1000, Service 1 tcp/1001, Service 3 tcp/1003",
      "exchange-um, dc01: 1 row failing: Service 2 tcp/1002",
    ]);
    // One row more of what is open is told with it; what is bad already is not told again.
    const more = await stage.run(some.map((each, at) => (at === 9 ? row("fail", "dc01", 9) : each)));
    expect(more.map(({ title }) => title)).toEqual([
      "Unity secondary → DC, dc01: 1 row failing (4 in all): Service 9 tcp/1009",
    ]);
  });

  it("one row of a vector at very many hosts, and not a message for each", async () => {
    const stage = new Stage();
    const hosts = Array.from({ length: 1_000 }, (_, number) => `dc${number}`);
    const lan = (bad: ResultEntry["outcome"]) =>
      hosts.flatMap((host) => [row("pass", host, 0), row("pass", host, 1), row(bad, host, 3, { state: "open" })]);
    await stage.run(lan("pass"));
    const told = await stage.run(lan("fail"));
    expect(told.map(({ title }) => title)).toEqual([
      "Unity secondary → DC, 1,000 hosts (dc0, dc1, dc10, dc100, dc101 and 995 more): " +
        "1,000 rows failing: Service 3 tcp/1003",
    ]);
    const after = stage.restarted();
    expect(await after.run(lan("fail"))).toEqual([]);
    expect(await after.run(lan("pass"))).toMatchObject([{ incident: told[0]!.incident, over: true, rowCount: 1_000 }]);
  });

  it("a host whose ports are closed is refused, not silent", async () => {
    const stage = new Stage();
    await stage.run(all("pass"));
    const [alarm] = await stage.run(all("fail", "dc01", 60, REFUSED));
    expect(alarm!.title).toBe("dc01: 60 of 60 rows are refused");
  });

  it("a host that refuses everything: ranges that pass as closed, rows due later, ICMP errors that are rationed", async () => {
    const SILENT: Partial<ResultEntry> = { transport: "udp", state: "open|filtered", reason: "no-response" };
    const CLOSED_RANGE: Partial<ResultEntry> = { ...REFUSED, expect: "path" };
    const range = (number: number) => row("pass", "dc01", number, CLOSED_RANGE);
    const notDue = (number: number) => row("skipped", "dc01", number, { reason: "not-due" });
    const stage = new Stage(DAMPED);
    for (let run = 0; run < 3; run++) expect(await stage.run([...all("pass", "dc01", 10), range(10)])).toEqual([]);
    const bad = all("fail", "dc01", 5, REFUSED);
    const silent = [5, 6].map((number) => row("fail", "dc01", number, SILENT));
    const ranges = [range(10), range(12), range(13)];
    // Rows 7 to 9 are asked in every second run only.
    const due = [7, 8, 9].map((number) => row("fail", "dc01", number, number === 9 ? SILENT : REFUSED));
    const runs = [0, 1, 2, 3, 4, 5].map((run) => [
      ...bad,
      ...silent,
      ...ranges,
      ...(run % 2 === 1 ? due : [7, 8, 9].map(notDue)),
    ]);
    const told: Told[] = [];
    for (const results of runs) told.push(...(await stage.run(results)));
    expect(told.map(({ title }) => title)).toEqual(["dc01: 10 of 10 rows are refused"]);
    expect(told[0]).toMatchObject({ cause: { kind: "host", trouble: "refusal" }, rowCount: 7 });
  });

  it("a host with one service that is silent or open is not refused as a whole", async () => {
    for (const other of [{ transport: "tcp" as const }, { state: "open" as const, reason: "mismatch" as const }]) {
      const stage = new Stage();
      await stage.run(all("pass", "dc01", 4));
      const told = await stage.run([...all("fail", "dc01", 3, REFUSED), row("fail", "dc01", 3, other)]);
      expect(told.map(({ cause }) => cause.kind)).toEqual(["vector", "vector"]);
    }
  });

  it("a row that must be blocked does not speak for the host", async () => {
    const stage = new Stage();
    const blocked = row("pass", "dc01", 99, { expect: "blocked", state: "filtered" });
    await stage.run([...all("pass", "dc01", 3), blocked]);
    const [alarm] = await stage.run([...all("fail", "dc01", 3), { ...blocked, outcome: "inconclusive" }]);
    expect(alarm!.title).toBe("dc01: 3 of 3 rows do not get through");
  });
});

describe("a recovery", () => {
  it("of a part is told once no more of it recovers, and the rest when it does", async () => {
    const stage = new Stage();
    const up = (from: number) => all("fail").map((each, at) => (at >= from ? row("pass", "dc01", at) : each));
    await stage.run(all("pass"));
    await stage.run(all("fail"));
    expect(await stage.run(up(30))).toEqual([]);
    expect(await stage.run(up(2))).toEqual([]);
    const partly = await stage.run(up(2));
    expect(partly).toMatchObject([{ event: "recovery", over: false, rowCount: 58, stillBadCount: 2 }]);
    expect(partly[0]!.title).toBe(
      "dc01: 58 rows pass again after 2 min, 2 not seen to pass yet: Service 0 tcp/1000, Service 1 tcp/1001",
    );
    expect(await stage.run(up(2))).toEqual([]);
    const rest = await stage.run(all("pass"));
    expect(rest).toMatchObject([{ event: "recovery", over: true, rowCount: 2, badForMs: 5 * 60_000 }]);
  });

  it("that did not last until it was told is none", async () => {
    const stage = new Stage();
    const half = all("fail").map((each, at) => (at % 2 === 0 ? row("pass", "dc01", at) : each));
    await stage.run(all("pass"));
    await stage.run(all("fail"));
    expect(await stage.run(half)).toEqual([]);
    expect(await stage.run(all("fail"))).toEqual([]);
    expect(brief(await stage.run(all("pass")))).toEqual(["recovery host dc01: 60"]);
  });

  it("after a part was told, what goes bad again is news", async () => {
    const stage = new Stage();
    const half = all("fail").map((each, at) => (at % 2 === 0 ? row("pass", "dc01", at) : each));
    for (const results of [all("pass"), all("fail"), half]) await stage.run(results);
    expect(brief(await stage.run(half))).toEqual(["recovery host dc01: 30"]);
    expect(brief(await stage.run(all("fail")))).toEqual(["alarm host dc01: 30"]);
  });

  it("by another schedule's runs is not told early", async () => {
    const stage = new Stage();
    const half = all("fail").map((each, at) => (at % 2 === 0 ? row("pass", "dc01", at) : each));
    for (const results of [all("pass"), all("fail"), half]) await stage.run(results);
    expect(await stage.run([row("pass", "other", 1)], { schedule: "quick" })).toEqual([]);
    expect(brief(await stage.run(half))).toEqual(["recovery host dc01: 30"]);
  });

  it("is no recovery when the rows are asked no longer", async () => {
    const stage = new Stage();
    await stage.run([...all("fail", "dc01", 3), ...all("pass", "dc02", 3)]);
    stage.states.keepOnly(({ result }) => result.host === "dc02");
    const told = await stage.run(all("pass", "dc02", 3));
    expect(brief(told)).toEqual(["withdrawal host dc01: 3"]);
    expect(told[0]!.title).toBe("dc01: 3 rows no longer asked");
  });
});

describe("what is news", () => {
  it("is nothing that a run saw which was cut off or interrupted", async () => {
    const stage = new Stage();
    await stage.run(all("pass"));
    expect(await stage.run(all("fail"), { status: "agent-offline", offline: "the gateway is not there" })).toEqual([]);
    expect(await stage.run(all("fail"), { status: "interrupted" })).toEqual([]);
    expect(await stage.run(all("pass"))).toEqual([]);
  });

  it("is a host that never passed, at the first settled look", async () => {
    const stage = new Stage(DAMPED);
    expect(await stage.run(all("fail"))).toEqual([]);
    expect(brief(await stage.run(all("fail")))).toEqual(["alarm host dc01: 60"]);
  });

  it("is not what nobody requires", async () => {
    const stage = new Stage();
    await stage.run(all("pass"));
    expect(await stage.run(all("fail", "dc01", 60, { required: false }))).toEqual([]);
  });

  it("is what cannot be said any more only of a row that has passed", async () => {
    const stage = new Stage();
    const open = { state: "open|filtered" } as const;
    expect(await stage.run([row("inconclusive", "dc01", 0, open), row("pass", "dc01", 1)])).toEqual([]);
    const told = await stage.run([row("inconclusive", "dc01", 0, open), row("inconclusive", "dc01", 1, open)]);
    expect(told).toMatchObject([{ severity: "undecided", rowCount: 1, rows: [{ check: "service-1/tcp/1001" }] }]);
  });

  it("is an any-of group as one row: while a member passes it is good", async () => {
    const stage = new Stage();
    const group = (...outcomes: ResultEntry["outcome"][]) => [
      ...outcomes.map((outcome, at) => row(outcome, "dc01", at * 3, { group: "directory", required: false })),
      row("pass", "dc01", 30),
    ];
    await stage.run(group("pass", "pass"));
    expect(await stage.run(group("fail", "pass"))).toEqual([]);
    expect(brief(await stage.run(group("fail", "fail")))).toEqual(["alarm vector failover-secondary dc01: 1"]);
    expect(brief(await stage.run(group("fail", "pass")))).toEqual(["recovery vector failover-secondary dc01: 1"]);
  });
});

describe("a restart", () => {
  const dying = [...all("pass").slice(0, 30), ...all("fail").slice(30)];
  const together = (outcome: ResultEntry["outcome"]) => ["dc01", "dc02"].flatMap((host) => all(outcome, host));
  const behind = ["dc01", "dc02"].flatMap((host) => all("fail", host, 60, rejectedBy("10.1.1.1")));
  const some = all("pass").map((each, at) => (at < 6 ? row("fail", "dc01", at, REFUSED) : each));

  it.each<[string, readonly (readonly ResultEntry[])[], readonly string[]]>([
    ["a host that died in the middle of a run", [all("pass"), dying, all("fail"), all("fail")], ["host dc01: 60"]],
    ["hosts that fell silent together", [together("pass"), together("fail"), together("fail")], ["hosts dc01 T: 120"]],
    ["hosts behind a firewall", [together("pass"), behind, behind], ["offender 10.1.1.1: 120"]],
    [
      "rows of two vectors",
      [all("pass"), some, some],
      ["vector failover-secondary dc01: 4", "vector exchange-um dc01: 2"],
    ],
  ])("repeats nothing of %s, and tells the recovery under the same name", async (_, runs, recovered) => {
    const before = new Stage(DAMPED);
    const told: Told[] = [];
    for (const results of [runs[0]!, ...runs]) told.push(...(await before.run(results)));
    const stage = before.restarted();
    expect(await stage.run(runs.at(-1)!)).toEqual([]);
    const good = runs[0]!;
    expect(await stage.run(good)).toEqual([]);
    const recoveries = await stage.run(good);
    expect(brief(recoveries).map((each) => each.replace(/\d{4}-\S+Z/, "T"))).toEqual(
      recovered.map((each) => `recovery ${each}`),
    );
    expect(recoveries.map(({ incident, startedAt }) => ({ incident, startedAt }))).toEqual(
      told.map(({ incident, startedAt }) => ({ incident, startedAt })),
    );
  });
});
