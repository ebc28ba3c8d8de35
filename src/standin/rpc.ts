/**
 * A DCE/RPC server with one interface (C706 chapter 12, MS-RPCE section 3.3.3): it accepts a bind to that interface,
 * rejects any other, and answers calls as far as somebody says how.
 */
import type { ByteOrder } from "../wire/bytes.ts";
import { decodePdu, encodePdu, type Pdu, pduFrameLength, WHOLE } from "../wire/dcerpc.ts";
import { type Bind, type BindAck, type ContextResult, NDR, type Syntax } from "../wire/dcerpc-bind.ts";
import { splitResponse } from "../wire/dcerpc-fragments.ts";
import { NIL_UUID } from "../wire/uuid.ts";
import type { TcpStandIn } from "./stand-in.ts";

/** What Windows and Samba offer; a longer response is cut up. */
const FRAGMENT_BYTES = 4280;

/** Any but zero: the client may join further connections to it, and none does. */
const ASSOCIATION_GROUP = 1;

const ACCEPTED = { result: 0, reason: 0 } as const;
const REJECTED = { result: 2, unknownInterface: 1, unknownTransferSyntax: 2 } as const;
const NO_SUCH_CALL = 0x1c01_0002;
const NO_SYNTAX: Syntax = { uuid: NIL_UUID, major: 0, minor: 0 };

/** Answers a call by the number of its operation; undefined where there is no such operation. */
export type Call = (opnum: number, stub: Uint8Array, order: ByteOrder) => Uint8Array | undefined;

/** `port` is the one that the server names as its own when it accepts a bind. */
export function rpc(served: Syntax, port: number, call: Call = () => undefined): TcpStandIn {
  return {
    transport: "tcp",
    frameLength: pduFrameLength,
    answer(request) {
      const pdu = decodePdu(request);
      const head = { ...WHOLE, order: pdu.order, callId: pdu.callId };
      switch (pdu.type) {
        case "bind":
          return [encodePdu({ ...head, ...acknowledge(pdu, served, port) })];
        case "request":
          return answerToCall(pdu, head, call);
        default:
          return undefined;
      }
    },
  };
}

function acknowledge(bind: Bind, served: Syntax, port: number): BindAck {
  return {
    type: "bindAck",
    maxSendBytes: FRAGMENT_BYTES,
    maxReceiveBytes: FRAGMENT_BYTES,
    associationGroup: ASSOCIATION_GROUP,
    secondaryAddress: `${port}`,
    results: bind.contexts.map(({ abstractSyntax, transferSyntaxes }): ContextResult => {
      if (!isServed(abstractSyntax, served)) return rejection(REJECTED.unknownInterface);
      if (!transferSyntaxes.some(({ uuid }) => uuid === NDR.uuid)) return rejection(REJECTED.unknownTransferSyntax);
      return { ...ACCEPTED, transferSyntax: NDR };
    }),
  };
}

/** A server takes older minor versions of its interface (C706 section 6.1.4.1). */
function isServed(wanted: Syntax, served: Syntax): boolean {
  return wanted.uuid === served.uuid && wanted.major === served.major && wanted.minor <= served.minor;
}

function rejection(reason: number): ContextResult {
  return { result: REJECTED.result, reason, transferSyntax: NO_SYNTAX };
}

function answerToCall(
  { contextId, opnum, stub }: Pdu & { readonly type: "request" },
  head: Pick<Pdu, "flags" | "order" | "callId">,
  call: Call,
): readonly Uint8Array[] {
  const reply = call(opnum, stub, head.order);
  if (reply === undefined) return [encodePdu({ ...head, type: "fault", contextId, status: NO_SUCH_CALL })];
  return splitResponse({ ...head, type: "response", contextId, stub: reply }, FRAGMENT_BYTES).map(encodePdu);
}
