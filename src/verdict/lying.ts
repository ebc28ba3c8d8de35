/**
 * The lying-network guard (rule 6): an address where every canary port accepts has something before it that accepts for
 * it. What such a thing can do by itself is no sign of the target: a bare accept, and words that it says at any port.
 */
import type { Observation } from "../model/observation.ts";
import type { CheckSeen, RangeSeen, Verdict } from "../model/result.ts";
import { addressKey } from "./findings.ts";
import { verdictOfRange } from "./range.ts";

/** The addresses where all canary ports accept. */
export function lyingAddresses(seen: readonly CheckSeen[]): ReadonlySet<string> {
  const liars = seen.filter(
    ({ check, range }) =>
      check.purpose === "canary" &&
      range !== undefined &&
      range.tested === range.total &&
      range.groups.every((group) => group.reason === "syn-ack" || group.reason === "rst-after-accept"),
  );
  return new Set(liars.map(({ check }) => addressKey(check)));
}

/** The same results, without trust in what the lying addresses may have said by themselves. */
export function withoutLies(seen: readonly CheckSeen[], liars: ReadonlySet<string>): readonly CheckSeen[] {
  const strangers = new Set(seen.flatMap((one) => (one.verdict?.service === "mismatch" ? voicesOf(one) : [])));
  return seen.map((one) => (liars.has(addressKey(one.check)) ? withoutLie(one, strangers) : one));
}

/** What is doubted already, and a token, which nobody without the key can give. */
const BEYOND_THE_LIAR: ReadonlySet<string> = new Set(["answered-by-intermediary", "responder-receipt"]);

const SHOWS_NOTHING = "a sample of accepts shows nothing here";

/** An answer in the row's protocol still counts, save in a voice that answered other rows of the address as a stranger. */
function withoutLie(one: CheckSeen, strangers: ReadonlySet<string>): CheckSeen {
  const { check, range, verdict } = one;
  if (check.transport !== "tcp" || verdict === undefined) return one;
  if (range !== undefined) {
    const groups = range.groups.map((group) =>
      group.reason === "syn-ack" ? { ...group, reason: "accept-unreliable" as const } : group,
    );
    const unreliable: RangeSeen = { ...range, groups, ...(range.confidence && { confidence: SHOWS_NOTHING }) };
    return { ...one, range: unreliable, verdict: verdictOfRange(unreliable, one.errorQueue) ?? verdict };
  }
  if (verdict.state !== "open" || BEYOND_THE_LIAR.has(verdict.reason)) return one;
  const answered = verdict.service === "confirmed" || verdict.service === "refused";
  if (!answered) return { ...one, verdict: { ...verdict, reason: "accept-unreliable" } };
  return voicesOf(one).some((voice) => strangers.has(voice)) ? { ...one, verdict: OF_THE_LIAR } : one;
}

const OF_THE_LIAR: Verdict = { state: "open", reason: "answered-by-intermediary", service: "unchecked" };

/** Enough to know a protocol again, for instance `HTTP/1.1`. */
const VOICE_BYTES = 8;

/** How the check was answered in clear, and at which address. */
function voicesOf({ check, observations }: CheckSeen): readonly string[] {
  return observations.filter(saidEnough).map(({ firstBytes }) => {
    const beginning = firstBytes!.subarray(0, VOICE_BYTES);
    return `${addressKey(check)} ${beginning.join(" ")}`;
  });
}

function saidEnough({ firstBytes, tls }: Observation): boolean {
  return tls === undefined && firstBytes !== undefined && firstBytes.length >= VOICE_BYTES;
}
