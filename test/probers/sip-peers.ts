/** What a SIP server says for peers.ts: kamailio's responses, each set to the request that it answers. */
import { decodeSip, encodeSip, sipFrameLength } from "../../src/wire/sip.ts";
import { headerValue } from "../../src/wire/sip-headers.ts";
import { fixture } from "../wire/support.ts";

/** Kamailio's response as the one to this request: it copies what every response must. */
export function sipResponse(name: string, request: Uint8Array): Uint8Array {
  const asked = decodeSip(request);
  const captured = decodeSip(fixture(`sip/${name}.hex`));
  const headers = captured.headers.map((header) => ({
    ...header,
    value: /^(Via|From|Call-ID|CSeq)$/.test(header.name) ? headerValue(asked.headers, header.name)! : header.value,
  }));
  return encodeSip({ ...captured, headers });
}

export const SIP_PEERS = {
  tcp: {
    frameLength: sipFrameLength,
    tls: true,
    answer: (request: Uint8Array) => [sipResponse("options-200-tcp-kamailio", request)],
    refusal: (request: Uint8Array) => [sipResponse("options-404-kamailio", request)],
    wrongId: () => [fixture("sip/options-200-tcp-kamailio.hex")],
  },
  udp: {
    answer: (request: Uint8Array) => [sipResponse("options-200-kamailio", request)],
    refusal: (request: Uint8Array) => [sipResponse("options-403-kamailio", request)],
    wrongId: () => [fixture("sip/options-200-kamailio.hex")],
  },
} as const;
