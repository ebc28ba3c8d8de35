/** Who has not the key gets nothing from the control channel, costs little, and is told of once. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ResponderSession } from "../../src/responder/client.ts";
import { encodeResponderFrame } from "../../src/wire/responder-frame.ts";
import { AT, FIRST, KEY, kept, prober, range, respond, session } from "./pair.ts";
import { ByHand, stream, untilClosed } from "./strangers.ts";

const HELLO = { type: "hello", versions: [1], tool: "test" } as const;
/** Handshake, change of cipher (which TLS 1.3 only mimics) and alert: RFC 8446 section 5.1. */
const BEFORE_THE_KEY = [20, 21, 22];

function recordTypes(bytes: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes[at + 3]! * 256 + bytes[at + 4]!) types.push(bytes[at]!);
  return types;
}

describe("without the key", () => {
  it("another key is not authenticated, and is told of once", async () => {
    await using far = await respond();
    for (let attempt = 0; attempt < 5; attempt++) {
      const made = await prober(far.port, { key: Uint8Array.from(randomBytes(32)) });
      expect(made).toMatchObject({ failure: "not-authenticated" });
    }
    const told = { what: "turned-away", peer: AT, why: "does not have the key" };
    await far.event((event) => event.what === "turned-away");
    expect(far.events).toEqual([told]);
  });

  it("garbage, a web browser and TLS without a key get alerts and nothing else", async () => {
    await using far = await respond();
    const texts = ["GET / HTTP/1.1\r\n\r\n", "\0".repeat(500), randomBytes(5000).toString("latin1")];
    for (const text of texts) {
      const bytes = await stream(far.port, Buffer.from(text, "latin1"));
      expect(recordTypes(bytes).filter((type) => !BEFORE_THE_KEY.includes(type))).toEqual([]);
      expect(bytes.length).toBeLessThan(100);
    }
    const raw = connect({ port: far.port, host: AT });
    const heard = untilClosed(raw);
    connectTls({ socket: raw, rejectUnauthorized: false }).on("error", () => {});
    const bytes = await heard;
    expect(recordTypes(bytes).filter((type) => !BEFORE_THE_KEY.includes(type))).toEqual([]);
    expect(far.events.filter(({ what }) => what !== "turned-away")).toEqual([]);
  });

  it("whatever a recorded session said is good for nothing", async () => {
    await using far = await respond();
    const said: Uint8Array[] = [];
    const relay = createServer((socket) => {
      const onwards = connect({ port: far.port, host: AT });
      socket.on("data", (chunk: Uint8Array) => said.push(chunk));
      socket.pipe(onwards).pipe(socket);
      for (const each of [socket, onwards]) each.on("error", () => {});
    }).listen(0, AT);
    await once(relay, "listening");
    const own = await session((relay.address() as { port: number }).port);
    kept(await own.bind("udp", range(FIRST + 500, 3)));
    await own.end();
    await far.event((event) => event.what === "ended");
    const before = far.events.length;
    const bytes = await stream(far.port, new Uint8Array(Buffer.concat(said)));
    // The server's first flight, under keys that nobody who replays has, and its alert.
    expect(bytes.length).toBeLessThan(2_000);
    expect(far.events.slice(before).filter(({ what }) => what !== "turned-away")).toEqual([]);
    relay.close();
  });

  it("a ticket of an earlier connection stands for no key", async () => {
    await using far = await respond();
    const first = await ByHand.open(far.port);
    const [ticket] = (await once(first.socket, "session")) as [Buffer];
    first.socket.destroy();
    await far.event((event) => event.what === "ended");
    const raw = connect({ port: far.port, host: AT, localAddress: AT });
    const back = connectTls({ socket: raw, session: ticket, rejectUnauthorized: false, minVersion: "TLSv1.3" });
    const failed = once(back, "secureConnect");
    await expect(failed).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_SSL/) });
    await far.event(({ what }) => what === "turned-away");
    expect(far.events.at(-1)).toEqual({ what: "turned-away", peer: AT, why: "does not have the key" });
    expect(far.events.filter(({ what }) => what === "connected")).toHaveLength(1);
  });

  it("a server with a certificate, though trusted, instead of the key is no responder", async () => {
    const script = fileURLToPath(new URL("./certificate-server.ts", import.meta.url));
    const trust = fileURLToPath(new URL("../fixtures/tls/self-signed.pem", import.meta.url));
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: trust };
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script], { env });
    expect(JSON.parse(stdout)).toEqual({ failure: "not-authenticated", detail: "CERTIFICATE-INSTEAD-OF-KEY" });
  });

  it("a port where nobody listens is unreachable", async () => {
    const far = await respond();
    await far.responder.close();
    expect(await prober(far.port)).toMatchObject({ failure: "unreachable", detail: "ECONNREFUSED" });
  });
});

describe("floods of the control port", () => {
  it("of a thousand connections that say nothing the latest sixteen are kept, and others still come in", async () => {
    await using far = await respond();
    const flood: Socket[] = [];
    while (flood.length < 1_000) {
      // So few that none is dropped from a queue that is full, and arrives when its turn is long over.
      const hundred = Array.from({ length: 100 }, () =>
        connect({ port: far.port, host: AT, localAddress: "127.77.0.9" }).on("error", () => {}),
      );
      flood.push(...hundred);
      await Promise.all(hundred.map((one) => new Promise((met) => one.once("connect", met).once("close", met))));
    }
    await far.event((event) => event.what === "turned-away");
    const held = () => flood.flatMap(({ destroyed }, each) => (destroyed ? [] : [each]));
    await expect.poll(() => held().length).toBeLessThanOrEqual(16);
    for (const each of held()) expect(each).toBeGreaterThanOrEqual(1_000 - 16);
    const own = await session(far.port, { source: "127.77.0.2" });
    expect(own.seenAs).toBe("127.77.0.2");
    const told = far.events.flatMap((event) => (event.what === "turned-away" ? [`${event.peer} ${event.why}`] : []));
    expect(told[0]).toBe("127.77.0.9 too many at once");
    // Each reason is told once, however many there were.
    expect(new Set(told).size).toBe(told.length);
    // The sixteen have five seconds to show the key.
    await expect.poll(() => held().length).toBe(0);
    await own.end();
  });

  it.each([
    ["of the prober's own address", () => AT],
    ["of five addresses", (each: number) => `127.77.1.${1 + (each % 5)}`],
  ])("eighty silent connections %s do not keep it out, and only the oldest of them go", async (_, sourceOf) => {
    await using far = await respond();
    const flood: Socket[] = [];
    for (let each = 0; each < 80; each++) {
      const silent = connect({ port: far.port, host: AT, localAddress: sourceOf(each) }).on("error", () => {});
      await once(silent, "connect");
      flood.push(silent);
    }
    const own = await session(far.port);
    kept(await own.bind("udp", range(FIRST + 500, 3)));
    const held = () => flood.flatMap(({ destroyed }, each) => (destroyed ? [] : [each]));
    const most = sourceOf(0) === sourceOf(1) ? 16 : 64;
    await expect.poll(() => held().length).toBeLessThanOrEqual(most);
    expect(held()).toEqual(Array.from({ length: held().length }, (_none, at) => 80 - held().length + at));
    expect(held().length).toBeGreaterThanOrEqual(most - 1);
    await own.end();
    for (const silent of flood) silent.destroy();
    const told = far.events.flatMap((event) => (event.what === "turned-away" ? [event.why] : []));
    expect(new Set(told)).toEqual(new Set(["too many at once"]));
  });

  it("who hangs up before the handshake is told of with the address", async () => {
    await using far = await respond();
    for (const end of ["resetAndDestroy", "destroy"] as const) {
      const source = end === "destroy" ? "127.77.0.7" : "127.77.0.8";
      const gone = connect({ port: far.port, host: AT, localAddress: source }).on("error", () => {});
      await once(gone, "connect");
      gone[end]();
      await far.event((event) => event.what === "turned-away" && event.peer === source);
    }
    const why = "hung up before it showed the key";
    expect(far.events).toEqual(["127.77.0.8", "127.77.0.7"].map((peer) => ({ what: "turned-away", peer, why })));
  });

  it("who is not allowed gets a reset without a byte, and is told of once", async () => {
    await using far = await respond({ allows: (address) => address === "127.77.0.2" });
    for (let each = 0; each < 20; each++) expect(await stream(far.port, Buffer.from("hello"))).toHaveLength(0);
    expect(await prober(far.port)).not.toBeInstanceOf(ResponderSession);
    expect(far.events).toEqual([{ what: "turned-away", peer: AT, why: "not in --allow" }]);
    const own = await session(far.port, { source: "127.77.0.2" });
    await own.end();
  });

  it("no more than eight sessions are served at once", async () => {
    await using far = await respond();
    const held = [];
    for (let each = 0; each < 8; each++) held.push(await session(far.port));
    expect(await prober(far.port)).toMatchObject({ failure: "refused", detail: expect.stringContaining("sessions") });
    await held[0]!.end();
    await far.event((event) => event.what === "ended");
    held[0] = await session(far.port);
    for (const each of held) await each.end();
  });
});

describe("with the key", () => {
  it.each([
    ["the first message is another", { type: "renew" }, "unexpected"],
    ["no version is shared", { type: "hello", versions: [2, 3], tool: "test" }, "version"],
  ] as const)("a session is refused where %s", async (_, message, reason) => {
    await using far = await respond();
    const own = await ByHand.open(far.port);
    own.say(message);
    expect(await own.hear()).toMatchObject({ type: "refused", reason });
    expect(await own.hear()).toBeUndefined();
  });

  it.each([
    ["what is no JSON", Buffer.from("\0\0\0\u0003{a}")],
    ["an unknown message", encodeResponderFrame({ type: "reboot" })],
    ["a frame longer than the limit", Buffer.from([0xff, 0xff, 0xff, 0xff])],
  ])("%s ends it with the reason", async (_, bytes) => {
    await using far = await respond();
    const own = await ByHand.open(far.port);
    own.say(HELLO);
    await own.hear();
    own.socket.write(bytes);
    expect(await own.hear()).toMatchObject({ type: "refused", reason: "malformed" });
    expect(await own.hear()).toBeUndefined();
    expect(await far.event((event) => event.what === "ended")).toMatchObject({ why: "refused" });
  });

  it("who says nothing any more loses its ports within seconds", async () => {
    await using far = await respond();
    const silent = await ByHand.open(far.port);
    silent.say(HELLO);
    expect(await silent.hear()).toMatchObject({ type: "welcome", seenAs: AT, silenceMs: 6_000 });
    silent.say({ type: "bind", transport: "udp", ports: [[FIRST, 32_767]] });
    expect(await silent.hear()).toMatchObject({ type: "bound", bound: [[FIRST, 32_767]] });
    const other = await session(far.port);
    expect(kept(await other.bind("udp", range(FIRST, 2))).busy).toHaveLength(2);
    expect(await silent.hear()).toEqual({ type: "ending", reason: "silence" });
    await far.event((event) => event.what === "ended" && event.why === "silence");
    expect(kept(await other.bind("udp", range(FIRST, 9_968))).bound).toHaveLength(9_968);
    await other.end();
  });

  it("who hangs up in the middle frees its ports at once", async () => {
    await using far = await respond();
    const gone = await ByHand.open(far.port);
    gone.say(HELLO);
    gone.say({ type: "bind", transport: "tcp", ports: [[FIRST, FIRST + 500]] });
    gone.say({ type: "bind", transport: "udp", ports: [[FIRST, 32_767]] });
    await gone.hear();
    gone.socket.destroy();
    expect(await far.event((event) => event.what === "ended")).toMatchObject({ why: "lost" });
    const other = await session(far.port);
    expect(kept(await other.bind("udp", range(FIRST, 9_968))).bound).toHaveLength(9_968);
    expect(kept(await other.bind("tcp", range(FIRST, 501))).bound).toHaveLength(501);
    await other.end();
  });

  it("a session ends when its time is over, and says so", async () => {
    await using far = await respond({ ttlMs: 300 });
    const own = await session(far.port);
    await far.event((event) => event.what === "ended");
    expect(await own.bind("udp", range(FIRST, 1))).toEqual({ lost: "it ended the session: expired" });
  });

  it("a responder that is stopped in the middle is lost, and nothing else", async () => {
    const far = await respond();
    const own = await session(far.port);
    kept(await own.bind("udp", range(FIRST, 10)));
    await far.responder.close();
    expect(await own.arrivals("udp", range(FIRST, 10))).toEqual({ lost: "it ended the session: shutdown" });
    expect(far.events.at(-1)).toEqual({ what: "ended", peer: AT, why: "shutdown" });
  });

  it("the key is in nothing that is told", async () => {
    await using far = await respond();
    const own = await session(far.port);
    kept(await own.bind("udp", range(FIRST, 10)));
    await own.end();
    await far.event((event) => event.what === "ended");
    expect(JSON.stringify(far.events)).not.toContain(Buffer.from(KEY).toString("hex"));
    expect(JSON.stringify(far.events)).not.toContain(own.id);
  });
});
