/** A TCP connection through node:net, where the error queue is out of reach. It cannot set TTL or TOS. */
import { connect, isIP, type Socket } from "node:net";
import { codeOf } from "./socket-error.ts";
import { ABORTED, type TcpFailed, type TcpOptions, type TcpResult } from "./tcp.ts";

export function plainTcp(options: TcpOptions): Promise<TcpResult> {
  const { address, port, source, sourcePort, signal } = options;
  return new Promise((resolve) => {
    let socket: Socket;
    const fail = (code: string, syscall: TcpFailed["syscall"] = "connect"): void => {
      signal?.removeEventListener("abort", abort);
      resolve({ code, syscall, errorQueue: false });
    };
    const abort = (): void => {
      socket?.destroy();
      fail(ABORTED);
    };
    if (signal?.aborted) return fail(ABORTED);
    if (isIP(address) === 0) return fail("EINVAL");
    if (options.ttl !== undefined || options.tos !== undefined) return fail("ENOTSUP", "socket");
    try {
      socket = connect({
        host: address,
        port,
        autoSelectFamily: false,
        ...(source !== undefined && { localAddress: source }),
        ...(sourcePort !== undefined && { localPort: sourcePort }),
      });
    } catch (error) {
      return fail(codeOf(error));
    }
    const onError = (error: unknown): void => {
      fail(codeOf(error), (error as { readonly syscall?: unknown }).syscall === "bind" ? "bind" : "connect");
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      socket.removeListener("error", onError);
      signal?.removeEventListener("abort", abort);
      const local = { address: socket.localAddress ?? "", port: socket.localPort ?? 0 };
      resolve({ socket, local, errorQueue: false });
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}
