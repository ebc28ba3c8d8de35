import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countPorts } from "../../src/model/ports.ts";
import { formatSpans, parsePorts, splitPortsWord, substitute, variablesIn } from "../../src/profile/ports.ts";

describe("ports as people write them", () => {
  it.each([
    ["88", [[88, 88]]],
    ["1-65535", [[1, 65_535]]],
    [
      "443,80,5000-5020",
      [
        [443, 443],
        [80, 80],
        [5000, 5020],
      ],
    ],
    ["88-88", [[88, 88]]],
  ])("reads %s", (text, spans) => {
    expect(parsePorts(text)).toEqual(spans.map(([first, last]) => ({ first, last, step: 1 })));
  });

  it("writes any list of ports back as it was read", () => {
    const span = fc.tuple(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 0, max: 40 }));
    const lists = fc.array(span, { minLength: 1, maxLength: 8 }).map((spans) => {
      const apart = [...spans]
        .sort(([a], [b]) => a - b)
        .filter(([first], at, all) => at === 0 || first > all[at - 1]![0] + 40);
      return apart
        .map(([first, more]) => (more === 0 ? `${first}` : `${first}-${Math.min(65_535, first + more)}`))
        .join(",");
    });
    fc.assert(
      fc.property(
        lists.filter((text) => !/\b(\d+)-\1\b/.test(text)),
        (text) => {
          const spans = parsePorts(text);
          expect(formatSpans(spans)).toBe(text);
          expect(countPorts(spans)).toBeGreaterThan(0);
        },
      ),
    );
  });

  it.each([
    ["0", "there is no port 0; ports are 1-65535"],
    ["65536", "there is no port 65536; ports are 1-65535"],
    ["99999999999999999999", "there is no port 99999999999999999999; ports are 1-65535"],
    ["20-10", "the range 20-10 runs backwards; write 10-20"],
    ["80,", "a port is missing; write for instance 389 or 5000-5020"],
    ["80, 81", '" 81" is no port and no range; write 81'],
    ["5000 - 5020", '"5000 - 5020" is no port and no range; write 5000-5020'],
    ["tcp/88", '"tcp/88" is no port and no range; write 88'],
    ["10-20-30", '"10-20-30" is no port and no range; write for instance 389 or 5000-5020'],
    ["-5", '"-5" is no port and no range; write for instance 389 or 5000-5020'],
    ["80,70-90", 'port 80 stands twice in "80,70-90"'],
  ])("refuses %j", (text, message) => {
    expect(() => parsePorts(text)).toThrow(expect.objectContaining({ name: "ConfigError", message }));
  });

  it.each([
    ["tcp/$dcom-range", "tcp", "$dcom-range"],
    ["udp/22800-32767", "udp", "22800-32767"],
  ])("splits %s", (word, transport, ports) => {
    expect(splitPortsWord(word)).toEqual({ transport, ports });
  });

  it.each([
    ["88", "write tcp/88 or udp/88"],
    ["$dcom-range", "write tcp/$dcom-range or udp/$dcom-range"],
    ["88/tcp", "write tcp/88"],
    ["88/UDP", "write udp/88"],
    ["TCP/88", "write tcp/88"],
    ["tcp:88", "write tcp/88"],
    ["tcp 88", "write tcp/88"],
    ["upd/88", "write udp/88"],
    ["sctp/88", "write for instance tcp/389"],
    ["ldap", "write for instance tcp/389"],
    ["", "write for instance tcp/389"],
  ])("finds no transport in %j and says what to write", (word, meant) => {
    expect(() => splitPortsWord(word)).toThrow(expect.objectContaining({ meant }));
  });

  it("puts values in place of variables, and leaves those it does not know", () => {
    expect(variablesIn("80,$a,$b-c")).toEqual(["a", "b-c"]);
    expect(substitute("80,$a,$b-c", new Map([["a", "90-99"]]))).toBe("80,90-99,$b-c");
  });
});
