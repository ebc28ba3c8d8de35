/** The RPC endpoint mapper (C706 appendix O) of a server whose services each listen on a TCP port of their own. */
import { NDR, type Syntax } from "../wire/dcerpc-bind.ts";
import { decodeLookupRequest, EPM, EPT_LOOKUP, encodeLookupReply, firstLookup } from "../wire/epm.ts";
import { tcpTower } from "../wire/epm-tower.ts";
import { NIL_UUID } from "../wire/uuid.ts";
import { rpc } from "./rpc.ts";
import type { TcpStandIn } from "./stand-in.ts";

/** Where an interface says that it lives. */
export interface Announced {
  readonly port: number;
  readonly syntax: Syntax;
}

/** The handle that asks for the beginning also says the end. */
const END_OF_LISTING = firstLookup().handle;

/** Lists all services in one reply, however few the client wants: it has few. */
export function endpointMapper(services: readonly Announced[], port: number): TcpStandIn {
  return rpc(EPM, port, (opnum, stub, order) => {
    if (opnum !== EPT_LOOKUP) return undefined;
    decodeLookupRequest(stub, order);
    const entries = services.map((service) => ({
      object: NIL_UUID,
      annotation: "",
      tower: tcpTower(service.syntax, NDR, service.port),
    }));
    return encodeLookupReply({ handle: END_OF_LISTING, entries, status: 0 }, order);
  });
}
