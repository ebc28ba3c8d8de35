/** The lines that a new prober gets in files that are there already: the registry, and the conformance suite's peers. */

export const KINDS = ["oneshot", "dialogue", "sweep"] as const;
export type Kind = (typeof KINDS)[number];

export const REGISTRY = "src/probers/index.ts";
export const PEERS = "test/probers/peers.ts";

/** What the far end of each template says: see Peer in test/probers/peers.ts. */
const PEER_OF: Readonly<Record<Kind, string>> = {
  oneshot: `{
    udp: {
      answer: (request) => [request],
      refusal: "The echo protocol knows no refusal.",
      wrongId: (request) => [request.map((byte) => byte ^ 1)],
    },
  }`,
  dialogue: `{
    tcp: {
      frameLength: () => 8,
      answer: (request) => [request],
      refusal: "The echo protocol knows no refusal.",
      wrongId: (request) => [request.map((byte) => byte ^ 1)],
    },
  }`,
  sweep: `"A sweep names a payload and reads no reply."`,
};

/** `smb-negotiate` as a variable: `smbNegotiate`. */
export function nameOf(id: string): string {
  return id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The registry's text with one more prober. */
export function withProber(registry: string, id: string): string {
  return withEntry(registry, "const PROBERS", id, `async () => (await import("./${id}.ts")).${nameOf(id)}`);
}

/** The text of the peers' table with one more peer. */
export function withPeer(peers: string, id: string, kind: Kind): string {
  return withEntry(peers, "export const PEERS", id, PEER_OF[kind]);
}

/**
 * The text with one more entry in the object literal that `declaration` begins, in alphabetical order. Throws when the
 * id is there already.
 */
function withEntry(text: string, declaration: string, id: string, value: string): string {
  const start = text.indexOf("{\n", text.indexOf(`\n${declaration}`)) + 2;
  const end = text.indexOf("\n}", start) + 1;
  if (!text.includes(`\n${declaration}`) || end === 0) throw new Error(`no "${declaration} = { ... }"`);
  const body = text.slice(start, end);
  const keys = [...body.matchAll(/^ {2}"?([\w-]+)"?: /gm)].map(([, key], at, all) => ({
    key: key!,
    at: all[at]!.index,
  }));
  if (keys.some(({ key }) => key === id)) throw new Error(`${id} is there already`);
  const place = start + (keys.find(({ key }) => key > id)?.at ?? body.length);
  // As biome writes it: a key without quotes where that is possible.
  const key = /^\w+$/.test(id) ? id : `"${id}"`;
  return `${text.slice(0, place)}  ${key}: ${value},\n${text.slice(place)}`;
}
