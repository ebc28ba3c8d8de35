/** Far ends that are there and are not what they should be. */
import type { Transport } from "../model/words.ts";
import { utf8Bytes } from "../wire/bytes.ts";
import type { StandIn, TcpStandIn } from "./stand-in.ts";

/** Takes everything and never answers. */
export function silence(transport: Transport): StandIn {
  return transport === "udp"
    ? { transport, answer: () => undefined }
    : { transport, frameLength: () => undefined, answer: () => [] };
}

/** Another protocol behind the port: says `banner` to every client at once, and then nothing. */
export function wrongProtocol(banner = "SSH-2.0-OpenSSH_9.2\r\n"): TcpStandIn {
  return { transport: "tcp", greeting: utf8Bytes(banner), frameLength: () => undefined, answer: () => [] };
}
