/** Which port is what, drawn by a seed, and the router's rules that make it so. */
import type { Firewall } from "./firewall.ts";

export type Kind = "open" | "closed" | "dropped" | "reset" | "prohibited";

/** What each port shows, by port. */
export type Truth = ReadonlyMap<number, Kind>;

export interface Draw {
  readonly first: number;
  readonly last: number;
  /** Dropped as one block; as many again are dropped one by one. */
  readonly block?: { readonly first: number; readonly last: number };
  readonly counts: Readonly<Record<Exclude<Kind, "closed">, number>>;
}

/** Ports 1024 to 65535 as in the project's measurements: a tenth is dropped, half of that in a block. */
export const ALL_PORTS: Draw = {
  first: 1024,
  last: 65_535,
  block: { first: 24_000, last: 27_225 },
  counts: { dropped: 3_225, reset: 1_290, prohibited: 200, open: 20 },
};

/** Draws the same ports for the same seed. */
export function drawTruth({ first, last, block, counts }: Draw, seed: number): Truth {
  const truth = new Map<number, Kind>();
  for (let port = first; port <= last; port++) {
    const isBlocked = block !== undefined && port >= block.first && port <= block.last;
    truth.set(port, isBlocked ? "dropped" : "closed");
  }
  let state = seed;
  for (const [kind, count] of Object.entries(counts) as [Kind, number][]) {
    for (let drawn = 0; drawn < count; ) {
      // A linear congruential generator (Numerical Recipes): any other would do.
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const port = first + Math.floor((state / 2 ** 32) * (last - first + 1));
      if (truth.get(port) !== "closed") continue;
      truth.set(port, kind);
      drawn++;
    }
  }
  return truth;
}

export function portsOfKind(truth: Truth, kind: Kind): readonly number[] {
  return [...truth].filter(([, each]) => each === kind).map(([port]) => port);
}

const VERDICTS = [
  ["dropped", "drop"],
  ["reset", "reject with tcp reset"],
  ["prohibited", "reject with icmpx type admin-prohibited"],
] as const;

/** The router's rules: what comes from the agent over TCP is treated by its port. */
export function rulesFor(truth: Truth): Firewall {
  return VERDICTS.flatMap(([kind, verdict]) => {
    const ports = portsOfKind(truth, kind);
    return [
      `add set inet lab ${kind}_ports { type inet_service; elements = { ${ports.join(", ")} }; }`,
      `add rule inet lab forward iifname "agent" tcp dport @${kind}_ports ${verdict}`,
    ];
  });
}

/** Of the packets that pass the router, this many of a thousand vanish, each way. */
export function lossOf(perThousand: number): Firewall {
  return ["agent", "dc"].map(
    (link) => `add rule inet lab forward iifname "${link}" numgen random mod 1000 < ${perThousand} drop`,
  );
}
