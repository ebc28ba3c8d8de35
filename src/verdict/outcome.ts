/**
 * Verdict and expectation -> outcome: the outcome table of docs/verdicts.md, which is printed from this code.
 */
import type { Verdict } from "../model/result.ts";
import type { Expectation, Silence, Transport } from "../model/words.ts";

/** The outcomes that a check which was sent can have. */
export type Judgement = "pass" | "fail" | "inconclusive" | "error";

/** What other checks of the same address in this run say about it. */
export interface Controls {
  /** A TCP port refused with a reset that nobody doubts: silence elsewhere is then not the host's own habit. */
  readonly refused: boolean;
  /** Any port was open or closed: the host is there, and our packets leave. */
  readonly reached: boolean;
}

export interface Asked {
  readonly expect: Expectation;
  readonly silence: Silence;
  readonly transport: Transport;
}

/** The outcome of one port (or of ports seen alike) under what its row expects. */
export function outcomeOf(verdict: Verdict, asked: Asked, controls: Controls): Judgement {
  if (verdict.state === "unknown") return "error";
  if (verdict.reason === "answered-by-intermediary") return "inconclusive";
  if (asked.expect !== "service" && isUnreliable(verdict, asked.expect)) return "inconclusive";
  switch (asked.expect) {
    case "service":
      return outcomeOfService(verdict, asked.silence);
    case "accept":
      return outcomeOfAccept(verdict);
    case "path":
      return outcomeOfPath(verdict, asked.transport, controls);
    case "blocked":
      return outcomeOfBlocked(verdict, controls);
  }
}

/** An accept that a middle box may have given, or a refusal that a firewall may have sent. */
function isUnreliable(verdict: Verdict, expect: Expectation): boolean {
  if (verdict.reason === "accept-unreliable" || verdict.reason === "rst-after-accept") return true;
  return verdict.doubted === true && expect !== "accept";
}

function outcomeOfService(verdict: Verdict, silence: Silence): Judgement {
  if (verdict.state === "closed" || verdict.state === "filtered") return "fail";
  switch (verdict.service) {
    case "confirmed":
    case "refused":
      return "pass";
    case "mismatch":
      return "fail";
    case "silent":
      return silence;
    case "unchecked":
      return "inconclusive";
  }
}

function outcomeOfAccept(verdict: Verdict): Judgement {
  // The far end accepted, which is no listener of the service.
  if (verdict.reason === "responder-receipt") return "inconclusive";
  if (verdict.state === "open") return "pass";
  return verdict.state === "open|filtered" ? "inconclusive" : "fail";
}

function outcomeOfPath(verdict: Verdict, transport: Transport, controls: Controls): Judgement {
  if (verdict.state === "open" || verdict.state === "closed") return "pass";
  if (verdict.state !== "filtered") return "inconclusive";
  if (verdict.reason !== "no-response" || verdict.lost !== undefined) return "fail";
  return transport === "tcp" && controls.refused ? "fail" : "inconclusive";
}

function outcomeOfBlocked(verdict: Verdict, controls: Controls): Judgement {
  // What was lost on its way back has come through.
  if (verdict.state === "open" || verdict.state === "closed" || verdict.lost === "reply") return "fail";
  const certain = controls.reached || verdict.lost !== undefined;
  return verdict.state === "filtered" && certain ? "pass" : "inconclusive";
}

/** The outcome of a range from those of its ports: any fail, else any error; a pass only when all pass. */
export function worstOf(judgements: readonly Judgement[]): Judgement {
  if (judgements.includes("fail")) return "fail";
  if (judgements.includes("error")) return "error";
  return judgements.every((judgement) => judgement === "pass") ? "pass" : "inconclusive";
}
