import { describe, expect, it } from "vitest";
import type { Dialogue, Oneshot, Prober, Sweep } from "../../src/model/prober.ts";
import { withMismatch } from "../../src/probers/malformed.ts";
import { WireError } from "../../src/wire/bytes.ts";

const head = {
  transports: ["tcp", "udp"],
  silence: "fail",
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "the trial protocol",
    title: "",
    sends: "",
    accepts: "",
    proves: "",
    triggers: "",
    specification: [],
  },
} as const;

const ask = (transport: "tcp" | "udp") => ({
  host: "dc01",
  remote: { transport, address: "127.0.0.1", port: 7 },
  learned: {},
  world: {
    monotonicMs: () => 0,
    wallMs: () => 0,
    sleep: () => Promise.resolve(),
    randomBytes: (length: number) => new Uint8Array(length),
    secret: () => undefined,
  },
});

function oneshot(read: () => never): Prober {
  const prober: Oneshot<unknown> = {
    ...head,
    kind: "oneshot",
    id: "trial",
    schedule: { sendsAtMs: [0], giveUpMs: 1_000, replyFrom: "same" },
    start: () => ({ request: () => undefined, read }),
  };
  return withMismatch(prober);
}

/** Over TCP it holds a conversation. */
function twoFaced(run: () => never): Prober {
  const conversation = { giveUpMs: 1_000, cost: { packets: 0, bytes: 0 }, run: async () => run() };
  return withMismatch({ ...(oneshot(run) as Oneshot<unknown>), conversation });
}

function dialogue(run: () => never): Prober {
  const prober: Dialogue<unknown> = {
    ...head,
    kind: "dialogue",
    id: "trial",
    giveUpMs: 1_000,
    cost: { packets: 0, bytes: 0 },
    run: async () => run(),
  };
  return withMismatch(prober);
}

/** Nobody ever answers. */
const dialer = { connect: async () => undefined, latest: () => undefined, noteHandshake: () => {} };

/** What is made of bytes that make the prober throw. */
async function readingAfter(error: Error, kind: "oneshot" | "dialogue", transport: "tcp" | "udp") {
  const throwing = () => {
    throw error;
  };
  const prober = kind === "oneshot" ? oneshot(throwing) : dialogue(throwing);
  if (prober.kind === "dialogue") return prober.run({}, { ...ask(transport), ...dialer });
  if (prober.kind !== "oneshot") throw new TypeError("no oneshot");
  const { remote } = ask(transport);
  return prober.start({}, ask(transport), remote).read(new Uint8Array(1), remote, 0);
}

const malformed = new WireError("malformed", "two heads", 3);
const reading = {
  service: "mismatch",
  detail: "something answers, but not the trial protocol",
  evidence: { malformed: "two heads (at byte 3)" },
};

describe("malformed bytes", () => {
  it("end a transaction over TCP: the stream cannot get better", async () => {
    expect(await readingAfter(malformed, "oneshot", "tcp")).toEqual({ final: reading });
  });

  it("are kept over UDP in case that nothing better comes", async () => {
    expect(await readingAfter(malformed, "oneshot", "udp")).toEqual({ soFar: reading });
  });

  it("end a dialogue with a reading", async () => {
    expect(await readingAfter(malformed, "dialogue", "tcp")).toEqual(reading);
  });

  it("end the conversation of a oneshot with a reading", async () => {
    const prober = twoFaced(() => {
      throw malformed;
    }) as Oneshot<unknown>;
    const run = prober.conversation?.run({}, { ...ask("tcp"), ...dialer });
    expect(await run).toEqual(reading);
  });

  it.each(["truncated", "unsupported", "limit"] as const)("are so too when the codec says %s", async (code) => {
    const { final } = (await readingAfter(new WireError(code, "", 0), "oneshot", "tcp")) as { final: object };
    expect(final).toMatchObject({ service: "mismatch" });
  });
});

describe("a mistake of our own", () => {
  it.each([
    ["a TypeError", new TypeError("undefined is not a function")],
    ["bytes that cannot be written", new WireError("unencodable", "cannot write 70000 in 2 bytes", 0)],
  ])("is not blamed on the peer: %s", async (_, error) => {
    await expect(readingAfter(error, "oneshot", "tcp")).rejects.toThrow(error);
    await expect(readingAfter(error, "dialogue", "tcp")).rejects.toThrow(error);
  });
});

it("a sweep reads nothing, and is left alone", () => {
  const sweep: Sweep<unknown> = { ...head, kind: "sweep", id: "trial", payload: () => new Uint8Array(0) };
  expect(withMismatch(sweep)).toBe(sweep);
});
