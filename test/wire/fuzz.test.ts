import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CODECS, type Codec, frameLength } from "../../scripts/fuzz/codecs.ts";
import { CORPUS, codecsWithFindings, keep, kept } from "../../scripts/fuzz/corpus.ts";
import { randomInputs, smallestChanges } from "../../scripts/fuzz/inputs.ts";
import { tryInputs } from "../../scripts/fuzz/trial.ts";
import { WireError } from "../../src/wire/bytes.ts";

const RUNS = 300;

/** The first random inputs of a seed. */
function firstInputs(messages: readonly Uint8Array[], seed: number): Uint8Array[] {
  return Array.from(randomInputs(messages, seed, RUNS));
}

describe("the table of decoders", () => {
  it("holds every decoder and every measure of a frame that src/wire exports", async () => {
    const names = readdirSync(new URL("../../src/wire/", import.meta.url)).map((file) => file.replace(".ts", ""));
    const modules = await Promise.all(names.map((name) => import(`../../src/wire/${name}.ts`)));
    const exported = modules.flatMap((module) => Object.keys(module)).filter((name) => /^decode|Length$/.test(name));
    expect(exported.filter((name) => !(name in CODECS))).toEqual([]);
    expect(exported.length).toBeGreaterThan(40);
  });

  it("starts each from messages, some of which it takes", () => {
    const refused = Object.entries(CODECS).filter(
      ([, { decode, messages }]) => !messages.some((bytes) => takes(decode, bytes)),
    );
    expect(refused.map(([name]) => name)).toEqual([]);
  });
});

describe.each(Object.entries(CODECS))("%s", (name, codec) => {
  it("throws nothing but WireError at random inputs", () => {
    expect(tryInputs(codec, firstInputs(codec.messages, 1)).found).toEqual([]);
  });

  it("meets what was found before", () => {
    expect(tryInputs(codec, kept(CORPUS, name)).found).toEqual([]);
  });
});

describe("the corpus", () => {
  const folder = mkdtempSync(join(tmpdir(), "unity-probe-fuzz-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is of decoders that are there", () => {
    expect(codecsWithFindings(CORPUS).filter((codec) => !(codec in CODECS))).toEqual([]);
  });

  it("gives back what was kept", () => {
    const bytes = Uint8Array.from({ length: 70 }, (_, at) => at);
    keep(folder, "decodeNtp", { bytes, wrong: "threw RangeError:\nof two lines" });
    keep(folder, "decodeNtp", { bytes, wrong: "found again" });
    expect(kept(folder, "decodeNtp")).toEqual([bytes]);
    expect(kept(folder, "decodeLdap")).toEqual([]);
    expect(codecsWithFindings(folder)).toEqual(["decodeNtp"]);
  });
});

describe("fuzzing finds", () => {
  const messages = [Uint8Array.from({ length: 40 }, (_, at) => at)];
  const wrongs = (decode: Codec["decode"]): readonly string[] =>
    tryInputs({ decode, messages }, smallestChanges(messages)).found.map(({ wrong }) => wrong);

  it("another error than WireError, and the bytes that caused it", () => {
    const decode = (bytes: Uint8Array): void => {
      if (bytes[20] === 0xaa) throw new RangeError(`at ${bytes[0]}`);
    };
    const { found } = tryInputs({ decode, messages }, smallestChanges(messages));
    expect(found).toMatchObject([{ wrong: "threw RangeError: at 0" }]);
    expect(found[0]!.bytes).toEqual(messages[0]!.with(20, 0xaa));
  });

  it("an error that points beyond the bytes", () => {
    const decode = (bytes: Uint8Array): void => {
      throw new WireError("truncated", "no more", bytes.length + 1);
    };
    expect(wrongs(decode)).toEqual([expect.stringMatching(/^points to byte 1 of 0: /)]);
  });

  it("a decoder that writes", () => {
    const decode = (): void => {
      throw new WireError("unencodable", "a number", 0);
    };
    expect(wrongs(decode)).toEqual([expect.stringMatching(/^a decoder cannot write: /)]);
  });

  it("one that takes long for one input", () => {
    const decode = (bytes: Uint8Array): void => {
      const untilMs = performance.now() + (bytes[3] === 0xff ? 110 : 0);
      while (performance.now() < untilMs);
    };
    expect(wrongs(decode)).toEqual([expect.stringMatching(/^takes 11\d ms$/)]);
  });

  it("one that keeps what it reads", () => {
    const all: Uint8Array[] = [];
    expect(wrongs(() => all.push(new Uint8Array(256 * 1024)))).toEqual([expect.stringMatching(/bytes in use/)]);
  });

  it("a frame without length, or without end", () => {
    expect(wrongs(frameLength(() => 0))).toEqual(["a frame of 0 bytes"]);
    expect(wrongs(frameLength(() => Number.POSITIVE_INFINITY))).toEqual(["a frame of Infinity bytes"]);
  });
});

describe("inputs", () => {
  it("are the same for the same seed, and others for another", () => {
    const { messages } = CODECS.decodeLdap!;
    expect(firstInputs(messages, 7)).toEqual(firstInputs(messages, 7));
    expect(firstInputs(messages, 7)).not.toEqual(firstInputs(messages, 8));
  });

  it("hold every truncation and every change of one byte", () => {
    const inputs = Array.from(smallestChanges([Uint8Array.of(1, 2, 3)]), (bytes) => bytes.join());
    expect(new Set(inputs).size).toBe(4 + 3 * 255);
    expect(inputs).toEqual(expect.arrayContaining(["", "1", "1,2", "1,2,3", "0,2,3", "1,255,3", "1,2,4"]));
  });
});

function takes(decode: Codec["decode"], bytes: Uint8Array): boolean {
  try {
    decode(bytes);
    return true;
  } catch {
    return false;
  }
}
