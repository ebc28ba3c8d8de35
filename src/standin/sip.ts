/** A SIP server that answers OPTIONS with one status (RFC 3261 section 8.2.6), and everything else with 501. */
import { decodeSip, encodeSip, type SipMessage, sipFrameLength } from "../wire/sip.ts";
import { headerValues, type SipHeader } from "../wire/sip-headers.ts";
import type { TcpStandIn, UdpStandIn } from "./stand-in.ts";

export interface SipStatus {
  readonly status: number;
  readonly reason: string;
}

/** Copied from the request (section 8.2.6.2); To gets the server's tag. */
const ECHOED = ["Via", "From", "To", "Call-ID", "CSeq"];

export function sipOverUdp(status: SipStatus = { status: 200, reason: "OK" }): UdpStandIn {
  return { transport: "udp", answer: (datagram) => responseTo(decodeSip(datagram), status) };
}

export function sipOverTcp(status: SipStatus = { status: 200, reason: "OK" }): TcpStandIn {
  return {
    transport: "tcp",
    frameLength: sipFrameLength,
    answer(frame) {
      const response = responseTo(decodeSip(frame), status);
      return response === undefined ? [] : [response];
    },
  };
}

function responseTo(message: SipMessage, status: SipStatus): Uint8Array | undefined {
  if (message.type !== "request" || message.method === "ACK") return undefined;
  const { status: code, reason } = message.method === "OPTIONS" ? status : { status: 501, reason: "Not Implemented" };
  const echoed = ECHOED.flatMap((name) =>
    headerValues(message.headers, name).map((value) => ({
      name,
      value: name === "To" ? `${value};tag=stand-in` : value,
    })),
  );
  const own: readonly SipHeader[] = [
    { name: "Allow", value: "OPTIONS" },
    { name: "Server", value: "stand-in" },
    { name: "Content-Length", value: "0" },
  ];
  return encodeSip({ type: "response", status: code, reason, headers: [...echoed, ...own], body: new Uint8Array(0) });
}
