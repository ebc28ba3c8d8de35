import { setMaxListeners } from "node:events";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { PEER_CLOSED, TOO_LONG } from "../../src/model/observation.ts";
import {
  bytesOf,
  closedPort,
  deferred,
  exactly,
  leavesNoSocket,
  line,
  net,
  never,
  peer,
  text,
  WAYS,
} from "./loopback.ts";

describe("a peer that ends the connection", () => {
  it("by FIN: what came before is still given, and the code says who closed", async () => {
    await using server = await peer((socket) => socket.end("one\ntwo\nrest"));
    const { connection, ...attempt } = await net.tcp(server.local, {}, never);
    expect(text(await connection!.receive(line, 100))).toBe("one\n");
    expect(text(await connection!.receive(line, 100))).toBe("two\n");
    expect(await connection!.receive(line, 100)).toBeUndefined();
    expect(text(connection!.pending())).toBe("rest");
    expect(attempt.seen()).toMatchObject({ phase: "exchange", code: PEER_CLOSED });
    expect(await connection!.receive(line, 100)).toBeUndefined();
    connection!.send(bytesOf("too late"));
    attempt.close();
    expect(attempt.seen()).toMatchObject({ phase: "exchange", code: PEER_CLOSED, sentMs: [] });
  });

  it("by RST", async () => {
    await using server = await peer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const attempt = await net.tcp(server.local, {}, never);
    attempt.connection!.send(bytesOf("x"));
    expect(await attempt.connection!.receive(line, 100)).toBeUndefined();
    expect(attempt.seen()).toMatchObject({ phase: "exchange", code: "ECONNRESET" });
    expect(attempt.seen().repliedMs).toBeUndefined();
    attempt.close();
  });
});

describe("receiving", () => {
  it("puts together a frame that drips in byte by byte", async () => {
    await using server = await peer(async (socket) => {
      for (const byte of bytesOf("a slow line\n")) {
        socket.write(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
    });
    const attempt = await net.tcp(server.local, {}, never);
    expect(text(await attempt.connection!.receive(line, 100))).toBe("a slow line\n");
    attempt.close();
  });

  it("gives frames that came together one by one, and plain copies of them", async () => {
    await using server = await peer((socket) => socket.write("abcdef"));
    const { connection, close } = await net.tcp(server.local, {}, never);
    const first = await connection!.receive(exactly(2), 10);
    expect(text(connection!.pending())).toBe("cdef");
    expect(text(await connection!.receive(exactly(4), 10))).toBe("cdef");
    expect(text(first)).toBe("ab");
    expect(Buffer.isBuffer(first)).toBe(false);
    close();
  });

  it("hands an error of the frame reader to its caller and keeps the bytes", async () => {
    await using server = await peer((socket) => socket.write("junk"));
    const { connection, close } = await net.tcp(server.local, {}, never);
    const bad = () => {
      throw new RangeError("no such length");
    };
    await expect(connection!.receive(bad, 10)).rejects.toThrow("no such length");
    expect(text(await connection!.receive(exactly(4), 10))).toBe("junk");
    close();
  });

  it("refuses a second receive while the first waits, and leaves the first alone", async () => {
    await using server = await peer((socket) => socket.once("data", () => socket.write("ok")));
    const { connection, close } = await net.tcp(server.local, {}, never);
    const first = connection!.receive(exactly(2), 10);
    await expect(connection!.receive(exactly(2), 10)).rejects.toThrow("still waits");
    connection!.send(bytesOf("go"));
    expect(text(await first)).toBe("ok");
    close();
  });

  it.each([
    ["a frame that claims too much", exactly(101)],
    ["an endless stream without a frame", () => undefined],
  ])("ends the connection at %s", async (_what, frameLength) => {
    await using server = await peer((socket) => void endless().pipe(socket));
    const attempt = await net.tcp(server.local, {}, never);
    expect(await attempt.connection!.receive(frameLength, 100)).toBeUndefined();
    expect(attempt.seen()).toMatchObject({ phase: "exchange", code: TOO_LONG });
    attempt.close();
  });

  it("stops reading an endless stream until somebody asks, and loses nothing of it", async () => {
    await using server = await peer((socket) => void endless().pipe(socket));
    const { connection, seen, close } = await net.tcp(server.local, {}, never);
    await expect.poll(() => connection!.pending().length).toBeGreaterThanOrEqual(65_536);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(connection!.pending().length).toBeLessThanOrEqual(2 * 65_536);
    for (let at = 0; at < 20; at++) {
      const block = await connection!.receive(exactly(10_000), 10_000);
      expect(block).toEqual(pattern.subarray((at * 10_000) % 250, ((at * 10_000) % 250) + 10_000));
    }
    expect(seen().firstBytes).toEqual(pattern.slice(0, 256));
    close();
  });
});

describe.each(WAYS)("ending $way", ({ net }) => {
  it("an abort ends a waiting receive, without a code", async () => {
    await using server = await peer(() => {});
    const stop = new AbortController();
    const attempt = await net.tcp(server.local, {}, stop.signal);
    const waiting = attempt.connection!.receive(line, 100);
    stop.abort();
    expect(await waiting).toBeUndefined();
    expect(attempt.seen()).toMatchObject({ phase: "exchange" });
    expect(attempt.seen().code).toBeUndefined();
    attempt.close();
  });

  it("close ends a waiting receive and is heard as FIN", async () => {
    let heard: Promise<string> | undefined;
    await using server = await peer((socket) => {
      heard = new Promise((resolve) => {
        socket.once("end", () => resolve("FIN"));
        socket.once("error", () => resolve("RST"));
        socket.resume();
      });
    });
    const attempt = await net.tcp(server.local, {}, never);
    const waiting = attempt.connection!.receive(line, 100);
    attempt.close();
    expect(await waiting).toBeUndefined();
    expect(await heard).toBe("FIN");
    expect(attempt.seen()).toMatchObject({ phase: "done" });
    attempt.close();
  });

  it("close delivers what was sent, also when the signal aborts right after it", async () => {
    const arrived = deferred<number>();
    await using server = await peer((socket) => {
      let sum = 0;
      socket.on("data", (chunk) => {
        sum += chunk.length;
      });
      socket.once("end", () => arrived.resolve(sum));
    });
    const stop = new AbortController();
    const attempt = await net.tcp(server.local, {}, stop.signal);
    attempt.connection!.send(new Uint8Array(3_000_000));
    attempt.close();
    stop.abort();
    expect(await arrived.promise).toBe(3_000_000);
  });

  it("leaves no socket behind after 100 attempts of every kind", async () => {
    await using echo = await peer((socket) => socket.pipe(socket));
    await using flood = await peer((socket) => void endless().pipe(socket));
    await using stubborn = await peer((socket) => void Object.assign(socket, { allowHalfOpen: true }));
    await using rude = await peer((socket) => socket.resetAndDestroy());
    const nobody = await closedPort();
    await leavesNoSocket(async () => {
      const stop = new AbortController();
      setMaxListeners(0, stop.signal);
      const places = [echo.local, flood.local, stubborn.local, rude.local, nobody];
      const attempts = await Promise.all(
        Array.from({ length: 100 }, (_, at) => net.tcp(places[at % places.length]!, {}, stop.signal)),
      );
      for (const [at, attempt] of attempts.entries()) {
        attempt.connection?.send(bytesOf("x"));
        if (at % 2 === 0) attempt.close();
      }
      await attempts[0]!.connection?.receive(exactly(1), 10);
      stop.abort();
    }, [echo, flood, stubborn, rude]);
  });
});

/** Bytes that count from 0 to 249 again and again. */
const pattern = Uint8Array.from({ length: 20_000 }, (_, at) => at % 250);

function endless(): Readable {
  return new Readable({
    read() {
      this.push(pattern.subarray(0, 5_000));
    },
  });
}
