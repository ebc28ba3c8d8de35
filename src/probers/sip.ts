/**
 * SIP OPTIONS (RFC 3261 section 11): does a SIP element answer here, and what does it say of itself? Every final
 * response proves it, a refusal too. What another hop answered in its place is told apart in sip-hop.ts.
 */
import { type Endpoint, formatEndpoint } from "../model/ports.ts";
import type { Ask, Oneshot, Read, Reading } from "../model/prober.ts";
import { WireError } from "../wire/bytes.ts";
import { decodeSip, encodeSip, type SipMessage, type SipResponse, sipFrameLength } from "../wire/sip.ts";
import {
  answersOptions,
  optionsRequest,
  SIP_TRANSACTION_BYTES,
  type SipTransaction,
  sipTransaction,
  topmostBranch,
} from "../wire/sip-options.ts";
import { sipFacts, statusText } from "./sip-facts.ts";
import { anotherHop, speaksOfAnotherHop } from "./sip-hop.ts";
import { USER_AGENT } from "./user-agent.ts";

const MAX_FORWARDS = 70;

interface Params {
  readonly hop?: boolean;
}

export const sip: Oneshot<Params> = {
  kind: "oneshot",
  id: "sip",
  transports: ["tcp", "udp"],
  // RFC 3261 section 11: every user agent must support OPTIONS, and section 8.2 refuses by a status, never by silence.
  // Rows whose servers answer configured peers only say otherwise.
  silence: "fail",
  // RFC 3261 section 17.1.2.2, timer E; the transaction would go on until 32 s.
  schedule: { sendsAtMs: [0, 500, 1_500, 3_500, 7_500], giveUpMs: 8_000, replyFrom: "any" },
  manners: { minIntervalMs: 10_000 },
  params: {
    hop: {
      type: "boolean",
      about:
        "Max-Forwards 0: the element at the port answers itself (483, or 200 where it is the target), and asks nobody behind it.",
      example: false,
    },
  },
  about: {
    protocol: "SIP",
    title: "SIP OPTIONS",
    sends:
      "OPTIONS to the server itself (a URI without a user), some 400 bytes, from the socket's own address and port; random branch, From tag, Call-ID and CSeq. The same over UDP up to five times; over TCP and TLS once.",
    accepts:
      "A response whose topmost Via branch, Call-ID, CSeq and From tag are all ours. One from another address counts too, as a host with several may answer so; a warning says that it may also be a hop's. 2xx confirms; every other final status is a refusal by a living service. A provisional response counts only when nothing final follows. 408, 502, 503 and 504 count as another hop's where one shows: a further Via left in the response, a Warning of another agent, or another Server than in the provisional response before. A Server header alone names no hop, so without such a mark the response counts as the target's own.",
    proves:
      "A SIP element at this port took our request and answered it. Not that calls work, nor what lies behind it.",
    triggers:
      "A log line, and perhaps an entry in an intrusion list: PBX guards count requests of strangers. Some servers answer configured peers only, and stay silent or say 403 or 503 to others (of Cisco Unified CM this is unverified, and so are the answers of Office Communications Server).",
    specification: ["RFC 3261 sections 8.1, 11, 17.1.2 and 18", "RFC 3581", "RFC 5118 section 4.5"],
  },
  start({ hop = false }, ask, local) {
    const transaction = sipTransaction(ask.world.randomBytes(SIP_TRANSACTION_BYTES), local.address);
    const request = encodeSip(
      optionsRequest({
        ...transaction,
        transport: transportOf(ask),
        host: ask.host,
        port: ask.remote.port,
        local,
        maxForwards: hop ? 0 : MAX_FORWARDS,
        userAgent: USER_AGENT,
      }),
    );
    const reader = new Answers(transaction, ask, local);
    return { request: () => request, read: (bytes, from) => reader.read(bytes, from) };
  },
};

function transportOf({ remote, tls }: Ask): "UDP" | "TCP" | "TLS" {
  if (remote.transport === "udp") return "UDP";
  return tls === undefined ? "TCP" : "TLS";
}

/** What has come to one request. */
class Answers {
  readonly #transaction: SipTransaction;
  readonly #ask: Ask;
  readonly #local: Endpoint;
  /** The latest provisional response, and what stands if nothing final follows. */
  #provisional: { readonly response: SipResponse; readonly soFar: Reading } | undefined;

  constructor(transaction: SipTransaction, ask: Ask, local: Endpoint) {
    this.#transaction = transaction;
    this.#ask = ask;
    this.#local = local;
  }

  read(bytes: Uint8Array, from: Endpoint): Read {
    try {
      for (const message of this.#messages(bytes)) {
        const read = this.#readMessage(message, from);
        if (read.final !== undefined) return read;
      }
    } catch (error) {
      // A stranger's datagram is nobody's answer, and nothing takes back a response that was ours.
      const strange = from.address !== this.#ask.remote.address || from.port !== this.#ask.remote.port;
      if (!(error instanceof WireError) || !(strange || this.#provisional !== undefined)) throw error;
    }
    return this.#provisional === undefined ? {} : { soFar: this.#provisional.soFar };
  }

  *#messages(bytes: Uint8Array): Generator<SipMessage> {
    if (this.#ask.remote.transport === "udp") {
      yield decodeSip(bytes);
      return;
    }
    for (let rest = bytes; rest.length > 0; ) {
      const length = sipFrameLength(rest);
      if (length === undefined || length > rest.length) return;
      yield decodeSip(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  }

  #readMessage(message: SipMessage, from: Endpoint): Read {
    if (message.type === "request") {
      if (topmostBranch(message) !== this.#transaction.branch) return {};
      throw new WireError("malformed", "our own request came back", 0);
    }
    if (!answersOptions(message, this.#transaction)) return {};
    if (message.status >= 200) return { final: this.#final(message, from) };
    this.#provisional = { response: message, soFar: this.#unfinished(message, from) };
    return {};
  }

  #final(response: SipResponse, from: Endpoint): Reading {
    const status = statusText(response);
    const evidence = sipFacts(response, this.#local);
    const warnings = this.#warningsOf(from);
    const hop = anotherHop(response, this.#provisional?.response, this.#ask);
    if (hop !== undefined) {
      const detail = `answered by another hop with ${status} (${hop}): the port's own service is not proven`;
      return { service: "intermediary", detail, evidence: { ...evidence, otherHop: hop }, warnings };
    }
    if (response.status < 300) return { service: "confirmed", detail: status, evidence, warnings };
    const behind = speaksOfAnotherHop(response.status)
      ? ["this status may speak of a hop behind the target; nothing in the response names one"]
      : [];
    return {
      service: "refused",
      detail: `SIP answers, and refuses OPTIONS: ${status}`,
      evidence,
      warnings: [...warnings, ...behind],
    };
  }

  #unfinished(response: SipResponse, from: Endpoint): Reading {
    return {
      service: "confirmed",
      detail: `${statusText(response)}, and no final response`,
      evidence: sipFacts(response, this.#local),
      warnings: [...this.#warningsOf(from), "SIP answers, but the request was not answered to its end"],
    };
  }

  #warningsOf(from: Endpoint): readonly string[] {
    const { remote } = this.#ask;
    if (from.address === remote.address && from.port === remote.port) return [];
    const whose = from.address === remote.address ? "" : ", another address of the target or of a hop before it";
    return [`answered from ${formatEndpoint(from)}${whose}: a firewall that keeps states may drop such an answer`];
  }
}
