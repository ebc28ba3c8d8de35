import { describe, expect, it } from "vitest";
import { DataSource } from "../../src/responder/data-source.ts";
import { tokenAt } from "../../src/responder/key.ts";
import { AT, FIRST, kept, native, prober, range, respond, session } from "./pair.ts";
import { datagrams, stream } from "./strangers.ts";

/** Another address of the loopback network, as a second address of a NAT pool would be. */
const POOL = AT.replace(/\.1$/, ".2");
const BLOCK = AT.replace(/\.1$/, ".0/30");
const BEYOND = AT.replace(/\.1$/, ".9");

describe("a data source", () => {
  it("is agreed on where each block is inside one that is permitted, of its family", () => {
    const source = new DataSource("10.0.0.1", ["10.10.4.0/24", "2001:db8::/64"]);
    expect(source.hears("10.10.4.9")).toBe(false);
    for (const outside of [
      "10.10.0.0/16",
      "10.10.5.0/24",
      "0.0.0.0/0",
      "::/0",
      "10.10.4.0/33",
      "here",
      "",
      "10.10.4.9/",
    ]) {
      expect([outside, source.agree(["10.10.4.0/25", outside])]).toEqual([outside, outside]);
    }
    expect(source.hears("10.10.4.9")).toBe(false);
    expect(source.agree(["10.10.4.0/25", "2001:db8::5"])).toBeUndefined();
    const heard = [
      "10.0.0.1",
      "10.10.4.9",
      "10.10.4.127",
      "10.10.4.128",
      "10.10.5.1",
      "2001:db8::5",
      "2001:db8::6",
      "x",
    ];
    expect(heard.filter(source.hears)).toEqual(["10.0.0.1", "10.10.4.9", "10.10.4.127", "2001:db8::5"]);
  });
});

describe("tokens from another address of the prober", () => {
  const ports = range(FIRST + 2_500, 2);
  const port = ports[0]!;

  it("count where both sides named its block, over UDP and TCP, and from no address beyond", async () => {
    await using far = await respond({ dataSource: [BLOCK] });
    const own = await session(far.port, { dataSource: [`${POOL}/32`] });
    for (const transport of ["udp", "tcp"] as const) {
      kept(await own.bind(transport, ports));
      const { request, reply } = own.tokens(transport, "out", ports);
      const say = async (from: string) =>
        transport === "udp"
          ? await datagrams(port, [tokenAt(request, 0)], from)
          : [await stream(port, tokenAt(request, 0), from)].filter(({ length }) => length > 0);
      expect((await say(POOL)).map((bytes) => Buffer.from(bytes))).toEqual([Buffer.from(tokenAt(reply, 0))]);
      expect(await say(BEYOND)).toEqual([]);
      expect(kept(await own.arrivals(transport, ports)).arrived).toEqual(Uint8Array.of(1, 0));
    }
    await own.end();
  });

  it.each(["udp", "tcp"] as const)(
    "over %s get no byte where the prober did not name its block, and are told",
    async (transport) => {
      await using far = await respond({ dataSource: [BLOCK] });
      const own = await session(far.port);
      kept(await own.bind(transport, ports));
      const told = async () => {
        const { arrived, elsewhere } = kept(await own.arrivals(transport, ports));
        return [[...arrived], [...elsewhere]];
      };
      const say = async (bytes: Uint8Array) =>
        transport === "udp" ? await datagrams(port, [bytes], POOL) : [...(await stream(port, bytes, POOL))];
      const token = tokenAt(own.tokens(transport, "out", ports).request, 0);
      // What anybody may say is no request of the prober's; a connection is not read at all.
      if (transport === "udp") {
        expect(await say(new Uint8Array(32))).toEqual([]);
        expect(await told()).toEqual([
          [0, 0],
          [0, 0],
        ]);
      }
      expect(await say(token)).toEqual([]);
      expect(await told()).toEqual([
        [0, 0],
        [1, 0],
      ]);
      kept(await own.bind(transport, ports));
      expect(await told()).toEqual([
        [0, 0],
        [0, 0],
      ]);
      await own.end();
    },
  );

  it("are refused where the responder was not started with the block", async () => {
    await using far = await respond({ dataSource: [BLOCK] }, native);
    expect(await prober(far.port, { dataSource: ["0.0.0.0/0"] })).toMatchObject({
      failure: "refused",
      detail: expect.stringContaining("0.0.0.0/0 is not in --data-source"),
    });
  });
});
