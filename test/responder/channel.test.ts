/** The control channel's frames over a real connection: bounded, whoever is at the other end. */
import { once } from "node:events";
import { connect, createServer, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { Channel } from "../../src/responder/channel.ts";
import { CIPHER_SUITE, PSK_IDENTITY } from "../../src/responder/key.ts";
import { RESPONDER_BODY_BYTES_MAX } from "../../src/wire/responder-frame.ts";

const psk = new Uint8Array(32);
const FRAME = Buffer.concat([Buffer.from([0, 0, 1, 0]), Buffer.alloc(256, "x")]);
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A channel, and the bare socket at its other end. */
async function pair(): Promise<{ readonly channel: Channel; readonly peer: TLSSocket }> {
  const server = createServer({ ciphers: CIPHER_SUITE, minVersion: "TLSv1.3", pskCallback: () => psk });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const peer = connect({
    port: (server.address() as { readonly port: number }).port,
    host: "127.0.0.1",
    ciphers: CIPHER_SUITE,
    pskCallback: () => ({ psk, identity: PSK_IDENTITY }),
    checkServerIdentity: () => undefined,
  });
  const [socket] = (await once(server, "secureConnection")) as [TLSSocket];
  const channel = new Channel(socket, () => {});
  ends.push(() => {
    for (const each of [peer.on("error", () => {}), socket]) each.destroy();
    server.close();
  });
  return { channel, peer };
}

const within = <T>(promise: Promise<T>, ms: number) =>
  Promise.race([promise.then(() => "came"), new Promise((late) => setTimeout(() => late("waits"), ms))]);

describe("a channel", () => {
  it("gives frames as they are, however they were cut", async () => {
    const { channel, peer } = await pair();
    const bytes = Buffer.concat([FRAME, FRAME, Buffer.from([0, 0, 0, 0])]);
    for (const byte of bytes) peer.write(Uint8Array.of(byte));
    expect(Buffer.from((await channel.receive())!)).toEqual(FRAME);
    expect(Buffer.from((await channel.receive())!)).toEqual(FRAME);
    expect(await channel.receive()).toHaveLength(4);
  });

  it("gives what came before the end, and then nothing", async () => {
    const { channel, peer } = await pair();
    peer.end(Buffer.concat([FRAME, FRAME.subarray(0, 100)]));
    expect(await channel.receive()).toHaveLength(FRAME.length);
    expect(await channel.receive()).toBeUndefined();
    await channel.closed;
  });

  it("reads no more than a frame and what was on the way, until somebody takes it", async () => {
    const { channel, peer } = await pair();
    const much = Buffer.concat(
      Array.from({ length: 400 }, () => Buffer.concat(Array.from({ length: 400 }, () => FRAME))),
    );
    peer.write(much);
    await new Promise((waited) => setTimeout(waited, 500));
    expect(peer.writableLength).toBeGreaterThan(RESPONDER_BODY_BYTES_MAX);
    let frames = 0;
    while (frames < 160_000 && (await channel.receive())?.length === FRAME.length) frames++;
    expect(frames).toBe(160_000);
  });

  it("waits for a peer that does not read, and no longer than it is there", async () => {
    const { channel, peer } = await pair();
    peer.pause();
    channel.send(FRAME);
    expect(await within(channel.drained(), 30_000)).toBe("came");
    for (let each = 0; each < 64; each++) channel.send(new Uint8Array(RESPONDER_BODY_BYTES_MAX));
    expect(await within(channel.drained(), 300)).toBe("waits");
    const drained = channel.drained();
    peer.resume();
    expect(await within(drained, 30_000)).toBe("came");
    peer.pause();
    for (let each = 0; each < 64; each++) channel.send(new Uint8Array(RESPONDER_BODY_BYTES_MAX));
    const gone = channel.drained();
    peer.destroy();
    expect(await within(gone, 30_000)).toBe("came");
  });
});
