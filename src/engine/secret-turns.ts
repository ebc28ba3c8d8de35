/**
 * Who may send a secret, and when. A wrong password counts against its account at every machine of a domain: so a
 * secret is held by one check at a time, is sent at most once a run and host, and never again once somebody refused it,
 * until it changes. What a far end says that was sent a secret is searched for it: a report must not repeat it.
 */
import pLimit, { type LimitFunction } from "p-limit";
import type { Check } from "../model/check.ts";
import type { Evidence, EvidenceValue } from "../model/evidence.ts";
import type { Ledger } from "../model/parts.ts";
import type { Prober, Reading, Secret, World } from "../model/prober.ts";
import type { CheckSeen } from "../model/result.ts";
import { refusesOurCertificate } from "../verdict/state.ts";

/** What stands in a report where a far end repeated a secret. */
const REMOVED = "[secret]";

/** The names of the secrets that a check may use: its prober's, and the certificate that it shows. */
export function secretsOf(check: Check, prober: Prober): readonly string[] {
  const names = [secretOf(check, prober), check.tls?.clientCertificate].filter((name) => name !== undefined);
  // Always in one order: checks that want the same two never wait for each other.
  return [...new Set(names)].sort();
}

/** The name of the secret that a check's prober may send, or undefined. */
export function secretOf(check: Check, prober: Prober): string | undefined {
  for (const [param, { type, needs }] of Object.entries(prober.params)) {
    const name = check.params[param];
    const complete = needs === undefined || check.params[needs] !== undefined;
    if (type === "secret" && typeof name === "string" && complete) return name;
  }
  return undefined;
}

/** The secrets of one run. */
export class SecretTurns {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #lines: Map<string, LimitFunction>;
  /** Which address and port each secret was sent to, by its name and host. */
  readonly #sentTo = new Map<string, string>();

  /** The ledger keeps refusals: they outlast the run where it does. `lines` are those of other runs at the same time. */
  constructor(world: World, ledger: Ledger, lines: Map<string, LimitFunction>) {
    this.#lines = lines;
    this.#world = world;
    this.#ledger = ledger;
  }

  /** Asks when nobody else holds the check's secret, with a world that gives the secret where it may be sent. */
  async ask(check: Check, prober: Prober, ask: (world: World) => Promise<CheckSeen>): Promise<CheckSeen> {
    return this.#askWith(secretsOf(check, prober), () => undefined, check, ask);
  }

  /** Waits for one secret after the other; `others` gives those whose turn has come. */
  async #askWith(
    [name, ...rest]: readonly string[],
    others: World["secret"],
    check: Check,
    ask: (world: World) => Promise<CheckSeen>,
  ): Promise<CheckSeen> {
    if (name === undefined) return ask(this.#worldWith(others));
    const line = this.#lines.get(name) ?? pLimit(1);
    this.#lines.set(name, line);
    return line(() => this.#askInTurn(name, check, (own) => this.#askWith(rest, either(own, others), check, ask)));
  }

  async #askInTurn(
    name: string,
    check: Check,
    ask: (secret: World["secret"]) => Promise<CheckSeen>,
  ): Promise<CheckSeen> {
    const turn = this.#turnOf(name, check);
    let wanted = false;
    const seen = await ask((given) => {
      if (given !== name) return undefined;
      wanted = true;
      if (typeof turn === "string") return undefined;
      this.#sentTo.set(`${name} ${check.host}`, `${check.address} ${check.transport}/${check.portsText}`);
      return turn;
    });
    if (!wanted) return seen;
    if (typeof turn === "string") return { ...seen, warnings: [...seen.warnings, turn] };
    const isCertificate = name === check.tls?.clientCertificate;
    const refused = isCertificate
      ? seen.observations.some(refusesOurCertificate)
      : seen.reading?.secretRefused === true;
    if (refused) this.#ledger.note(refusalKey(name, turn), this.#world.wallMs());
    // The key of a certificate is never sent: nobody has anything of it to repeat.
    return isCertificate ? seen : withoutSecret(seen, turn);
  }

  /** The secret, or why it must not be sent now. */
  #turnOf(name: string, check: Check): Secret | string {
    const secret = this.#world.secret(name);
    if (secret === undefined) return `the secret "${name}" was not sent: nobody gave it`;
    if (this.#ledger.lastWallMs(refusalKey(name, secret)) !== undefined) {
      return `the secret "${name}" was not sent: it was refused before, and is not tried again until it changes`;
    }
    const before = this.#sentTo.get(`${name} ${check.host}`);
    if (before === undefined) return secret;
    return `the secret "${name}" was not sent: a host gets it once in a run, and ${before} had it`;
  }

  #worldWith(secret: World["secret"]): World {
    const world = this.#world;
    return {
      monotonicMs: () => world.monotonicMs(),
      wallMs: () => world.wallMs(),
      sleep: (ms, signal) => world.sleep(ms, signal),
      randomBytes: (length) => world.randomBytes(length),
      secret,
    };
  }
}

function either(one: World["secret"], other: World["secret"]): World["secret"] {
  return (name) => one(name) ?? other(name);
}

const REFUSAL = "secret ";

function refusalKey(name: string, secret: Secret): string {
  return `${REFUSAL}${name} ${secret.version} refused`;
}

/** Whether a key of the ledger tells of a refused secret: that counts however long ago it was. */
export function isRefusal(key: string): boolean {
  return key.startsWith(REFUSAL);
}

/** The same without the secret, should the far end have repeated it; its bare bytes are dropped altogether. */
function withoutSecret(seen: CheckSeen, secret: Secret): CheckSeen {
  const text = new TextDecoder().decode(secret.bytes);
  // Also in other letters, as a server may write what it calls wrong.
  const anywhere = new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "giu");
  const clean = (words: string) => words.replace(anywhere, REMOVED);
  const { reading } = seen;
  return {
    ...seen,
    observations: seen.observations.map(({ firstBytes: _dropped, ...rest }) => rest),
    warnings: seen.warnings.map(clean),
    ...(reading === undefined ? {} : { reading: cleanReading(reading, clean) }),
  };
}

function cleanReading(reading: Reading, clean: (words: string) => string): Reading {
  const { warnings, learned } = reading;
  return {
    ...reading,
    detail: clean(reading.detail),
    evidence: cleanEvidence(reading.evidence, clean),
    ...(warnings === undefined ? {} : { warnings: warnings.map(clean) }),
    ...(learned === undefined ? {} : { learned: cleanEvidence(learned, clean) }),
  };
}

function cleanEvidence(evidence: Evidence, clean: (words: string) => string): Evidence {
  const cleanOne = <T>(value: T): T | string => (typeof value === "string" ? clean(value) : value);
  const entries = Object.entries(evidence).map(([name, value]): readonly [string, EvidenceValue] => [
    name,
    Array.isArray(value) ? value.map(cleanOne) : (cleanOne(value) as EvidenceValue),
  ]);
  return Object.fromEntries(entries);
}
