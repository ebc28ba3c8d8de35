/** The ports that `respond` may bind: those of `--ports`, of profiles, or of all vectors that end or start at this machine's role. */
import type { Plan } from "../model/check.ts";
import { type PortSpan, portsOf, spansOf } from "../model/ports.ts";
import type { Transport } from "../model/words.ts";
import { ConfigError } from "../profile/config-error.ts";
import { expandPlan } from "../profile/expand.ts";
import { parsePorts, splitPortsWord } from "../profile/ports.ts";
import type { SettingWords } from "../profile/values.ts";
import { type FlagValues, list, text } from "./flags.ts";
import { knownProfiles, loadProfiles, readText, shippedRoles } from "./profile-files.ts";

/** Ascending, each port once. */
export type ListedPorts = Readonly<Record<Transport, readonly PortSpan[]>>;

/** A target for plans that nobody is asked by: only their ports matter. */
const NOBODY = "respond.invalid";

/** Throws ConfigError, also where no port is named. */
export async function listedPorts(
  flags: FlagValues,
  randomBytes: (length: number) => Uint8Array,
): Promise<ListedPorts> {
  const named = { tcp: new Set<number>(), udp: new Set<number>() };
  for (const word of list(flags, "ports")) {
    for (const [transport, ports] of portWords(word)) for (const port of portsOf(ports)) named[transport].add(port);
  }
  const plan = await planOf(flags, randomBytes);
  for (const { transport, ports, purpose, skip } of plan?.checks ?? []) {
    if (purpose === "row" && skip?.deliberate !== true) for (const port of portsOf(ports)) named[transport].add(port);
  }
  if (named.tcp.size + named.udp.size > 0)
    return { tcp: spansOf(ascending(named.tcp)), udp: spansOf(ascending(named.udp)) };
  throw new ConfigError("no port is named", "add --profile ID, --site FILE --role ROLE, or --ports udp/22800-32767");
}

/** `udp/22800-32767,tcp/389,636`: a part without a transport has that of the part before. */
function portWords(word: string): readonly (readonly [Transport, readonly PortSpan[]])[] {
  let before = "";
  return word.split(",").map((part) => {
    const { transport, ports } = splitPortsWord(part.includes("/") || before === "" ? part : `${before}/${part}`);
    before = transport;
    return [transport, parsePorts(ports)] as const;
  });
}

async function planOf(flags: FlagValues, randomBytes: (length: number) => Uint8Array): Promise<Plan | undefined> {
  const words = list(flags, "profile");
  const site = text(flags, "site");
  // What waits for a far end because it could disturb a call is what this is for.
  const options = { hosts: [NOBODY], expectPath: true, randomBytes };
  if (site !== undefined) {
    if (words.length > 0) throw new ConfigError("--profile beside --site", "the site file says it");
    const { profiles, settings } = await vectorsAtSite(site, flags);
    const both = (key: keyof SettingWords) => [...(settings[key] ?? []), ...list(flags, key)];
    return expandPlan(profiles, { ...options, set: both("set"), with: both("with"), without: both("without") });
  }
  if (list(flags, "role").length > 0) throw new ConfigError("--role is about a site", "add --site FILE");
  if (words.length === 0) return undefined;
  const settings: SettingWords = {
    set: list(flags, "set"),
    with: list(flags, "with"),
    without: list(flags, "without"),
  };
  return expandPlan(await loadProfiles(words, text(flags, "profiles-dir")), { ...options, ...settings });
}

async function vectorsAtSite(path: string, flags: FlagValues) {
  const [{ parseSite }, { ownRoles, vectorsAt }] = await Promise.all([
    import("../profile/site-file.ts"),
    import("../profile/site.ts"),
  ]);
  const [roles, profiles] = await Promise.all([shippedRoles(), knownProfiles(text(flags, "profiles-dir"))]);
  const site = parseSite(await readText(path), path, roles, profiles);
  return vectorsAt(site, ownRoles(list(flags, "role"), site, roles), roles, profiles);
}

function ascending(ports: ReadonlySet<number>): readonly number[] {
  return [...ports].sort((a, b) => a - b);
}
