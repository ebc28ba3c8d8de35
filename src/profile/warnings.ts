/** What is doubtful about the values of variables before anything is sent: too few ports, ports that two things share. */
import { countPorts, formatPorts, holdsPort, type PortSpan, portsOf } from "../model/ports.ts";
import type { Profile } from "./format.ts";
import { parsePorts } from "./ports.ts";

/** The warnings of each variable, by its name. Values that are no ports are somebody else's mistake to report. */
export function warningsOf(
  { variables }: Profile,
  values: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly string[]> {
  const spansOf = (name: string): readonly PortSpan[] => {
    const value = values.get(name);
    return value === undefined ? [] : parsePorts(value);
  };
  const warnings = new Map<string, readonly string[]>();
  for (const [name, variable] of Object.entries(variables)) {
    if (variable.type !== "ports" || !values.has(name)) continue;
    const { atLeast, apartFrom } = variable;
    const own = spansOf(name);
    const count = countPorts(own);
    const other = apartFrom === undefined ? [] : spansOf(apartFrom);
    const shared = [...portsOf(own)].filter((port) => holdsPort(other, port));
    warnings.set(name, [
      ...(atLeast !== undefined && count < atLeast
        ? [`${name} has ${count} ports: with fewer than ${atLeast} some services do not start`]
        : []),
      ...(shared.length > 0
        ? [`${name} and ${apartFrom} share ${formatPorts(shared)}: who comes first takes the port from the other`]
        : []),
    ]);
  }
  return warnings;
}
