/** What a network that accepts every connection may answer by itself, and what still counts there. */
import { describe, expect, it } from "vitest";
import type { Reading } from "../../src/model/prober.ts";
import type { CheckSeen } from "../../src/model/result.ts";
import { settle } from "../../src/verdict/settle.ts";
import { check, observed, ranged, seen } from "./support.ts";

const CANARY = ranged([{ state: "open", reason: "syn-ack", ports: [2000, 3000, 4000] }], {
  check: check({ id: "canary/tcp", purpose: "canary", expect: "path", row: { required: false } }),
});
const STRANGER: Reading = { service: "mismatch", detail: "something answers, but not SIP", evidence: {} };
const HTTP: Reading = { service: "refused", detail: "answers, and refuses: HTTP 503", evidence: {} };

const said = (words: string) => ({ observation: observed({ firstBytes: Uint8Array.from(Buffer.from(words)) }) });

function settled(...all: readonly CheckSeen[]) {
  const plan = { profiles: [{ id: "p", title: "P", from: "a", to: "b" }], checks: [] };
  return settle(plan, all, { anyAddress: false, strict: false, wallMs: 0, interrupted: false }).results;
}

describe("where every port accepts", () => {
  const path = (reading: Reading, words: string) => seen({ check: check({ expect: "path" }), reading, ...said(words) });

  it("another protocol's answer proves no path", () => {
    const [result] = settled(path(STRANGER, "HTTP/1.1 503 No"), CANARY);
    expect(result).toMatchObject({ outcome: "inconclusive", verdict: { reason: "accept-unreliable" }, warnings: [] });
    expect(result!.detail).toBe("accepted, but something on the way accepts every port for this host: proves nothing");
    expect(settled(path(STRANGER, "HTTP/1.1 503 No"))[0]!.outcome).toBe("pass");
  });

  it("another protocol's answer still fails a row that expects its service", () => {
    const [result] = settled(seen({ reading: STRANGER, ...said("HTTP/1.1 503 No") }), CANARY);
    expect(result).toMatchObject({ outcome: "fail", verdict: { service: "mismatch" } });
    expect(result!.detail).toContain("something answers, but not SIP");
  });

  it("an answer counts, unless another port was answered in the same voice", () => {
    const http = seen({ reading: HTTP, ...said("HTTP/1.1 503 No") });
    expect(settled(http, CANARY)[0]!.outcome).toBe("pass");
    expect(settled(http, path(STRANGER, "SSH-2.0-x"), CANARY)[0]!.outcome).toBe("pass");
    expect(settled(http, path(STRANGER, "HTTP/1.1 400 Bad"))[0]!.outcome).toBe("pass");
    expect(settled(http, path(STRANGER, "HTTP/1.1 400 Bad"), CANARY)[0]).toMatchObject({
      outcome: "inconclusive",
      verdict: { reason: "answered-by-intermediary", service: "unchecked" },
      detail: `${HTTP.detail}; but something on the way accepts every port for this host, and answers others alike`,
    });
  });
});
