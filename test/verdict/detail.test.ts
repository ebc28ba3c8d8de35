import { describe, expect, it } from "vitest";
import { detailOf } from "../../src/verdict/detail.ts";
import { check, seen, unconnected } from "./support.ts";

const detail = (code: string, sourcePort?: number) =>
  detailOf(
    seen({ check: check(sourcePort === undefined ? {} : { sourcePort }), observation: unconnected({ code }) }),
    "error",
  );

describe("what our own side refused", () => {
  it.each([
    ["EADDRINUSE", 1_137, "not asked: own port 1137 is in use"],
    ["EADDRINUSE", undefined, "not asked: this host ran out of resources (EADDRINUSE)"],
    ["EMFILE", 1_137, "not asked: this host ran out of resources (EMFILE)"],
    ["EACCES", 137, "not sent: own port 137 needs a privilege, or our own host's firewall or policy refused it"],
    ["EACCES", 1_137, "not sent: our own host's firewall or policy refused it"],
    ["EPERM", 137, "not sent: our own host's firewall or policy refused it"],
  ])("%s with own port %s: %s", (code, sourcePort, text) => {
    expect(detail(code, sourcePort)).toBe(text);
  });
});
