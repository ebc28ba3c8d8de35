/** The sentence behind a range's cell: how many ports were seen how, which of them, and why some are undecided. */
import { countPorts, formatPorts } from "../model/ports.ts";
import type { CheckSeen } from "../model/result.ts";
import type { State } from "../model/words.ts";
import { proofHint } from "./far-end-words.ts";

const RANGE_WORDS: readonly State[] = ["open", "closed", "filtered", "open|filtered", "unknown"];

const NO_NAMES: ReadonlyMap<number, string> = new Map();

/**
 * `3 open, 18 closed, 0 filtered`; open, closed and filtered always, the rest where there is some. `names` says what is
 * known to be behind a port.
 */
export function detailOfRange(one: CheckSeen, names = NO_NAMES): string {
  const { check, range } = one;
  const ports = new Map<State, readonly number[]>();
  for (const group of range?.groups ?? []) {
    ports.set(group.state, (ports.get(group.state) ?? []).concat(group.ports));
  }
  const words = RANGE_WORDS.flatMap((state) => {
    const found = ports.get(state) ?? [];
    const always = state === "open" || state === "closed" || state === "filtered";
    return always || found.length > 0 ? [`${found.length} ${state}${listOf(state, found, names)}`] : [];
  });
  const untested = countPorts(check.ports) - (range?.tested ?? 0);
  const ended =
    range?.groups.filter((group) => group.reason === "rst-after-accept").flatMap(({ ports }) => ports) ?? [];
  if (ended.length > 0) words.push(`${ended.length} of the open ended at once after the accept`);
  return (
    [...words, ...(untested > 0 ? [`${untested} not asked`] : [])].join(", ") +
    proofHint(one) +
    silenceHint(one) +
    unreliableHint(one)
  );
}

const NAMED_MAX = 6;

/** Which ports, where that is short enough to read and worth knowing; of the closed ones only those that have a name. */
function listOf(state: State, ports: readonly number[], names: ReadonlyMap<number, string>): string {
  const named = names.size === 0 ? [] : ports.filter((port) => names.has(port)).sort((a, b) => a - b);
  const parts = named.slice(0, NAMED_MAX).map((port) => `${port} ${names.get(port)}`);
  if (state === "closed") return parts.length === 0 ? "" : ` (${[...parts, ...more(named)].join(", ")} among them)`;
  const plain = formatPorts(named.length === 0 ? ports : ports.filter((port) => !names.has(port)));
  const rest = plain === "" ? [] : plain.length > 40 ? ["others"] : [plain];
  if (parts.length === 0 && rest[0] !== plain) return "";
  return ` (${[...parts, ...more(named), ...rest].join(", ")})`;
}

function more(named: readonly number[]): readonly string[] {
  return named.length > NAMED_MAX ? [`${named.length - NAMED_MAX} more announced`] : [];
}

/** Whether a silence over UDP may be our own haste: a target refuses only so often. */
function silenceHint({ check, range }: CheckSeen): string {
  const silent = range?.groups.filter(({ state }) => check.transport === "udp" && state === "open|filtered") ?? [];
  if (silent.length === 0) return "";
  if (silent.every(({ confirmed }) => confirmed === true)) {
    return "; the silence is not our haste: dropped on the way, or held by a silent service";
  }
  const controls = range?.groups.some(({ state }) => state === "closed" || state === "filtered") === true;
  return controls
    ? "; the silence may be our haste: ports that were refused before stayed silent too"
    : "; no port was refused, so nothing shows whether any would be";
}

function unreliableHint(one: CheckSeen): string {
  const lies = one.range?.groups.some((group) => group.reason === "accept-unreliable") === true;
  return lies ? "; something on the way accepts every port for this host" : "";
}
