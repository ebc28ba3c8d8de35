/** What net-snmp answers to a discovery. */
import { decodeSnmp, encodeSnmp, type V3Message } from "../../src/wire/snmp.ts";
import { fixture } from "../wire/support.ts";

/** net-snmp's report, as the answer to this discovery, or one that differs from it. */
export function snmpReport(request: Uint8Array, how: Partial<V3Message> = {}): Uint8Array {
  const { messageId } = decodeSnmp(request) as V3Message;
  return encodeSnmp({ ...(decodeSnmp(fixture("snmp/report-netsnmp.hex")) as V3Message), messageId, ...how });
}

/** The same with another counter: the request was understood and turned down. */
export function snmpRefusal(request: Uint8Array, counter: string): Uint8Array {
  const { pdu } = decodeSnmp(fixture("snmp/report-netsnmp.hex"));
  return snmpReport(request, { pdu: { ...pdu, bindings: [{ ...pdu.bindings[0]!, oid: counter }] } });
}
