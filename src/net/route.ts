/**
 * Asks the routing table for our own address on the way to another, by connecting a UDP socket: that sends nothing.
 */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { codeOf } from "./life.ts";

/** Any port does, since nothing is sent; 9 is discard. */
const UNUSED_PORT = 9;

/** Our own address on the way to `address`, or the system's error code, for instance `ENETUNREACH`. */
export function route(address: string, source?: string): Promise<{ readonly source?: string; readonly code?: string }> {
  return new Promise((resolve) => {
    try {
      const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
      const fail = (error: unknown) => {
        socket.close();
        resolve({ code: codeOf(error) });
      };
      socket.once("error", fail);
      socket.bind({ port: 0, ...(source !== undefined && { address: source }) }, () => {
        socket.connect(UNUSED_PORT, address, (error?: unknown) => {
          if (error) return fail(error);
          const own = socket.address().address;
          socket.close();
          resolve({ source: own });
        });
      });
    } catch (error) {
      resolve({ code: codeOf(error) });
    }
  });
}
