import { describe, expect, it } from "vitest";
import { Admission } from "../../src/responder/admission.ts";
import { allowedBy } from "../../src/responder/allow.ts";
import { bitsOf, flagsIn, portsIn, spansOf } from "../../src/responder/spans.ts";

function allows(words: readonly string[], address: string): boolean {
  const allowed = allowedBy(words);
  if ("wrong" in allowed) throw new Error(allowed.wrong);
  return allowed.allows(address);
}

describe("--allow", () => {
  it("lets in what it names, of both families, and everybody where it names nobody", () => {
    const words = ["10.10.4.0/24", "10.20.1.10", "2001:db8::/32", "fe80::/10"];
    for (const address of ["10.10.4.7", "10.20.1.10", "2001:db8::7", "fe80::1%eth0"]) {
      expect([address, allows(words, address)]).toEqual([address, true]);
    }
    for (const address of ["10.10.5.7", "10.20.1.11", "2001:db9::7", "", "::"]) {
      expect([address, allows(words, address)]).toEqual([address, false]);
    }
    expect(allows([], "203.0.113.1")).toBe(true);
  });

  it.each(["10.10.4.0/33", "10.10.4", "dc01", "10.0.0.0/8/8", "2001:db8::/129", "10.0.0.0/", "/8", ""])(
    "does not take %j",
    (word) => expect(allowedBy(["10.0.0.1", word])).toEqual({ wrong: word }),
  );
});

/** A connection that notes its reset under a name. */
const knock = (resets: string[], name = "") => ({ resetAndDestroy: () => resets.push(name) });

describe("strangers", () => {
  it("are told of once a minute each, and no more than 32 of them", () => {
    let nowMs = 0;
    const told: string[] = [];
    const admission = new Admission({
      allows: () => false,
      monotonicMs: () => nowMs,
      tell: (address) => told.push(address),
    });
    const knockAll = () => {
      for (let each = 0; each < 1_000; each++) {
        expect(admission.enter(`10.0.${each >> 8}.${each & 255}`, knock([]))).toBe(false);
      }
    };
    knockAll();
    knockAll();
    expect(told).toHaveLength(32);
    nowMs = 60_000;
    knockAll();
    expect(told).toHaveLength(64);
  });

  it("cannot be more than 64 at once, nor 16 of one address: the oldest makes room", () => {
    const told: string[] = [];
    const resets: string[] = [];
    const tell = (address: string, why: string) => told.push(`${address} ${why}`);
    const admission = new Admission({ allows: () => true, monotonicMs: () => 0, tell });
    const enter = (address: string, count: number) =>
      Array.from({ length: count }, (_, each) => {
        const connection = knock(resets, `${address}${each}`);
        expect(admission.enter(address, connection)).toBe(true);
        return connection;
      });
    const first = enter("a", 16);
    for (const address of ["b", "c", "d"]) enter(address, 16);
    expect(resets).toEqual([]);
    enter("b", 2);
    expect(resets.splice(0)).toEqual(["b0", "b1"]);
    enter("e", 1);
    expect(resets.splice(0)).toEqual(["a0"]);
    expect(told).toEqual(["b too many at once", "a too many at once"]);
    // The one that was reset is expected no more; one that has shown the key is reset no more.
    expect(first.slice(0, 3).map((each) => admission.leave(each))).toEqual([undefined, "a", "a"]);
    enter("e", 2);
    expect(resets).toEqual([]);
    enter("e", 1);
    expect(resets).toEqual(["a3"]);
  });
});

describe("ports as spans and bits", () => {
  it("come back as they were", () => {
    const ports = Uint16Array.of(1, 2, 3, 7, 9, 10, 65_535);
    expect(spansOf(ports)).toEqual([
      [1, 3],
      [7, 7],
      [9, 10],
      [65_535, 65_535],
    ]);
    expect(portsIn(spansOf(ports))).toEqual(ports);
    const flags = Uint8Array.of(1, 0, 0, 1, 1, 0, 1, 0, 5);
    expect(bitsOf(flags)).toEqual(Uint8Array.of(0b1001_1010, 0b1000_0000));
    expect(flagsIn(bitsOf(flags), 9)).toEqual(flags.map((flag) => (flag === 0 ? 0 : 1)));
    expect(flagsIn(bitsOf(flags), 17)).toBeUndefined();
  });
});
