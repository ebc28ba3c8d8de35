import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReceiveBuffer } from "../../src/net/receive-buffer.ts";

describe("ReceiveBuffer", () => {
  it("gives back what came in, however it was cut and taken", () => {
    const step = fc.oneof(
      fc.uint8Array({ maxLength: 5000 }).map((chunk) => ({ chunk })),
      fc.nat(6000).map((take) => ({ take })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const buffer = new ReceiveBuffer();
        let held: number[] = [];
        for (const each of steps) {
          if ("chunk" in each) {
            buffer.append(each.chunk);
            held = [...held, ...each.chunk];
          } else {
            expect([...buffer.take(each.take)]).toEqual(held.slice(0, each.take));
            held = held.slice(each.take);
          }
          expect(buffer.length).toBe(held.length);
          expect([...buffer.view()]).toEqual(held);
        }
        buffer.clear();
        expect(buffer.length).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps what was taken when more arrives", () => {
    const buffer = new ReceiveBuffer();
    buffer.append(Uint8Array.of(1, 2, 3));
    const taken = buffer.take(2);
    buffer.append(new Uint8Array(10_000).fill(9));
    expect([...taken]).toEqual([1, 2]);
    expect(buffer.length).toBe(10_001);
  });
});
