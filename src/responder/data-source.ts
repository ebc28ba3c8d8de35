/**
 * From which addresses tokens count: from that of the control channel, and from blocks that both sides name where a NAT
 * pool or several ways out give datagrams another address (`--data-source`).
 */
import { BlockList, isIP } from "node:net";
import { parseBlock } from "./allow.ts";

/** Addresses whose last answer is kept: the check is the same for thousands of datagrams. */
const KEPT_MAX = 256;

export class DataSource {
  readonly #peer: string;
  readonly #permitted: readonly string[];
  readonly #agreed = new BlockList();
  readonly #known = new Map<string, boolean>();

  /** `permitted` are the blocks that the responder was started with, each of which `parseBlock` takes. */
  constructor(peer: string, permitted: readonly string[]) {
    this.#peer = peer;
    this.#permitted = permitted;
  }

  /** Hears these blocks too; or gives the first that is none, or not inside one that is permitted, and changes nothing. */
  agree(blocks: readonly string[]): string | undefined {
    const outside = blocks.find((block) => !this.#permitted.some((permitted) => isInside(block, permitted)));
    if (outside !== undefined) return outside;
    for (const block of blocks) {
      const { address, bits, family } = parseBlock(block)!;
      this.#agreed.addSubnet(address, bits, family);
    }
    this.#known.clear();
    return undefined;
  }

  readonly hears = (address: string): boolean => {
    if (address === this.#peer) return true;
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const family = isIP(address);
    const isHeard = family !== 0 && this.#agreed.check(address, family === 6 ? "ipv6" : "ipv4");
    if (this.#known.size < KEPT_MAX) this.#known.set(address, isHeard);
    return isHeard;
  };
}

function isInside(word: string, permittedWord: string): boolean {
  const [block, permitted] = [parseBlock(word), parseBlock(permittedWord)];
  if (block === undefined || permitted === undefined || block.family !== permitted.family) return false;
  const list = new BlockList();
  list.addSubnet(permitted.address, permitted.bits, permitted.family);
  return block.bits >= permitted.bits && list.check(block.address, block.family);
}
