import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { LOOPBACK, startFarEnd } from "../../../src/cli/demo/far-end.ts";
import { mappedNet } from "../../../src/cli/demo/mapped-net.ts";
import { openParts, realWorld } from "../../../src/cli/parts.ts";
import { run } from "../../../src/engine/run.ts";
import type { Endpoint } from "../../../src/model/ports.ts";
import { loadProber, proberIds } from "../../../src/probers/index.ts";
import { expandPlan } from "../../../src/profile/expand.ts";
import { parseProfile } from "../../../src/profile/parse.ts";
import { domainController } from "../../../src/standin/domain-controller.ts";
import { LAB } from "../../../src/standin/lab-domain.ts";
import type { StandIn } from "../../../src/standin/stand-in.ts";
import { bytesOf, deferred, exactly, net, never, text } from "../../net/loopback.ts";

const echoTcp: StandIn = { transport: "tcp", frameLength: (bytes) => bytes.length, answer: (bytes) => [bytes] };
const echoUdp: StandIn = { transport: "udp", answer: (bytes) => bytes };
const at = (transport: "tcp" | "udp", port: number): Endpoint => ({ transport, address: "192.0.2.1", port });

describe("the demo's far end", () => {
  it("serves on loopback at one offset, and leaves the other ports closed", async () => {
    const farEnd = await startFarEnd([
      { transport: "tcp", port: 389, standIn: echoTcp },
      { transport: "tcp", port: 445 },
    ]);
    const [open, closed, unknown] = [at("tcp", 389), at("tcp", 445), at("tcp", 60_000)].map(farEnd.whereIs);
    expect(open).toMatchObject({ transport: "tcp", address: LOOPBACK });
    expect(closed!.port - open!.port).toBe(445 - 389);
    const codes = await Promise.all(
      [open, closed, unknown].map(async (endpoint) => {
        const attempt = await net.tcp(endpoint!, {}, never);
        attempt.close();
        return attempt.seen().code;
      }),
    );
    expect(codes).toEqual([undefined, "ECONNREFUSED", "ECONNREFUSED"]);
    await farEnd.close();
  });

  it("stands beside another on ports of its own", async () => {
    const doors = [{ transport: "udp", port: 123, standIn: echoUdp }] as const;
    const [one, other] = [await startFarEnd(doors), await startFarEnd(doors)];
    expect(one.whereIs(at("udp", 123))).not.toEqual(other.whereIs(at("udp", 123)));
    await Promise.all([one.close(), other.close()]);
  });
});

describe("a mapped network", () => {
  it("asks where the far end is, and shows the endpoint that was named", async () => {
    const doors = [
      { transport: "tcp", port: 389, standIn: echoTcp },
      { transport: "udp", port: 123, standIn: echoUdp },
    ] as const;
    const farEnd = await startFarEnd(doors);
    const mapped = mappedNet(net, farEnd.whereIs, { "dc01.lab.test": LOOPBACK });

    const tcp = await mapped.tcp(at("tcp", 389), {}, never);
    tcp.connection!.send(bytesOf("tcp"));
    expect(text(await tcp.connection!.receive(exactly(3), 10))).toBe("tcp");
    expect(tcp.seen()).toMatchObject({ remote: at("tcp", 389), local: { address: LOOPBACK } });
    tcp.close();

    const heard = deferred<readonly [string | undefined, Endpoint]>();
    const onDatagram = (bytes: Uint8Array, from: Endpoint) => heard.resolve([text(bytes), from]);
    const udp = await mapped.udp(at("udp", 123), { replyFrom: "same", onDatagram }, never);
    udp.send(bytesOf("udp"));
    expect(await heard.promise).toEqual(["udp", at("udp", 123)]);
    expect(udp.seen().remote).toEqual(at("udp", 123));
    udp.close();
    await farEnd.close();
  });

  it("knows its names and no other", async () => {
    const mapped = mappedNet(net, (endpoint) => endpoint, { "dc01.lab.test": LOOPBACK });
    expect(await mapped.resolve("dc01.lab.test", never)).toEqual([LOOPBACK]);
    expect(await mapped.resolve("localhost", never)).toEqual([]);
  });
});

describe("a domain controller of stand-ins", () => {
  it("in good health passes every row that is asked for its service, leads included", async () => {
    const file = "profiles/cisco-unity/failover-secondary.yaml";
    const yaml = await readFile(new URL(`../../../${file}`, import.meta.url), "utf8");
    const heads = new Map(await Promise.all(proberIds.map(async (id) => [id, await loadProber(id)] as const)));
    const parsed = parseProfile(yaml, file, heads);
    if (!parsed.ok) throw parsed.errors[0];
    const world = realWorld();
    const farEnd = await startFarEnd(
      domainController(world).map(({ port, standIn }) => ({ transport: standIn.transport, port, standIn })),
    );
    // Ranges need the error queue, and no stand-in speaks TLS.
    const skip = ["tcp/636", "tcp/5000-5020", "udp/5000-5020"];
    const plan = expandPlan([parsed.profile], { hosts: [LAB.host], skip, randomBytes: world.randomBytes });
    const parts = await openParts(world, {
      over: (net) => mappedNet(net, farEnd.whereIs, { [LAB.host]: LOOPBACK }),
    });
    const options = { concurrency: 64, ratePerS: 2_000, anyAddress: false, strict: false, force: false };
    const report = await run(plan, parts, options, { host: "here" }, never);
    parts.close();
    await farEnd.close();

    const asked = report.results.filter(({ check, outcome }) => check.purpose !== "canary" && outcome !== "skipped");
    const others = asked.filter(({ outcome }) => outcome !== "pass").map(({ check }) => check.id);
    expect(others).toEqual(["netbios-datagram/udp/138"]);
    expect(asked.filter(({ check }) => check.purpose === "lead").map(({ check }) => check.row.service)).toEqual([
      "drsuapi",
      "netlogon",
      "dnsserver",
    ]);
    expect(report.exitCode).toBe(0);
  });
});
