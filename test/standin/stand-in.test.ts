import { describe, expect, it } from "vitest";
import type { Observation } from "../../src/model/observation.ts";
import type { Endpoint } from "../../src/model/ports.ts";
import { silence, wrongProtocol } from "../../src/standin/faults.ts";
import { type StandIn, serve, type TcpStandIn } from "../../src/standin/stand-in.ts";
import { WireError } from "../../src/wire/bytes.ts";
import { bytesOf, deferred, line, net, never, text } from "../net/loopback.ts";

/** Echoes lines, hangs up on an empty one, and takes no line that begins with "!". */
const echo: StandIn = {
  transport: "tcp",
  greeting: bytesOf("hello\n"),
  frameLength: line,
  answer(request) {
    if (request[0] === 0x21) throw new WireError("malformed", "a line that begins with !", 0);
    return request.length === 1 ? undefined : [request, request];
  },
};

async function withConnection(
  standIn: StandIn,
  talk: (
    say: (words: string) => void,
    hear: () => Promise<string | undefined>,
    seen: () => Observation,
  ) => Promise<void>,
): Promise<void> {
  const listener = await serve(standIn, "127.0.0.1", 0);
  const attempt = await net.tcp(listener.local, {}, never);
  const { connection } = attempt;
  const hear = async () => text(await connection!.receive(line, 1_000));
  await talk(
    (words) => connection!.send(bytesOf(words)),
    hear,
    () => attempt.seen(),
  ).finally(() => {
    attempt.close();
    return listener.close();
  });
}

describe("a TCP stand-in", () => {
  it("greets, and answers each request with all its answers", () =>
    withConnection(echo, async (say, hear) => {
      expect(await hear()).toBe("hello\n");
      say("a\nb\n");
      expect([await hear(), await hear(), await hear(), await hear()]).toEqual(["a\n", "a\n", "b\n", "b\n"]);
    }));

  it("hangs up in good order where its protocol does", () =>
    withConnection(echo, async (say, hear, seen) => {
      await hear();
      say("\n");
      expect(await hear()).toBeUndefined();
      expect(seen().code).toBe("PEER-CLOSED");
    }));

  it("resets a connection whose bytes are not its protocol", () =>
    withConnection(echo, async (say, hear, seen) => {
      await hear();
      say("!\n");
      expect(await hear()).toBeUndefined();
      expect(seen().code).toBe("ECONNRESET");
    }));

  it("of another protocol says its banner, whatever the client has to say", () =>
    withConnection(wrongProtocol("SSH-2.0-x\r\n"), async (say, hear) => {
      say("EHLO\r\n");
      expect(await hear()).toBe("SSH-2.0-x\r\n");
    }));
});

describe("silence", () => {
  it("has no greeting and no answer over TCP, nor over UDP", () => {
    expect(silence("udp").answer(bytesOf("anybody there?"))).toBeUndefined();
    const tcp = silence("tcp") as TcpStandIn;
    expect(tcp.greeting).toBeUndefined();
    expect(tcp.frameLength(bytesOf("anybody there?"))).toBeUndefined();
  });
});

describe("a UDP stand-in", () => {
  /** Sends all datagrams and gives the first that comes back. */
  async function firstReply(standIn: StandIn, datagrams: readonly string[]): Promise<string | undefined> {
    const listener = await serve(standIn, "127.0.0.1", 0);
    const heard = deferred<Uint8Array>();
    const onDatagram = (bytes: Uint8Array, _from: Endpoint) => heard.resolve(bytes);
    const flow = await net.udp(listener.local, { replyFrom: "same", onDatagram }, never);
    for (const datagram of datagrams) flow.send(bytesOf(datagram));
    const reply = text(await heard.promise);
    flow.close();
    await listener.close();
    return reply;
  }

  it("answers what is its protocol, and gives no answer to anything else", async () => {
    const picky: StandIn = {
      transport: "udp",
      answer(datagram) {
        if (datagram.length === 0) throw new WireError("truncated", "nothing", 0);
        return datagram.length === 1 ? undefined : datagram;
      },
    };
    expect(await firstReply(picky, ["", "a", "ab"])).toBe("ab");
  });
});
