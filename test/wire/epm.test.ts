import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Writer } from "../../src/wire/bytes.ts";
import { decodePdu, type ResponsePdu } from "../../src/wire/dcerpc.ts";
import { NDR } from "../../src/wire/dcerpc-bind.ts";
import { joinResponse } from "../../src/wire/dcerpc-fragments.ts";
import {
  decodeLookupReply,
  decodeLookupRequest,
  EPM,
  type EpmEntry,
  encodeLookupReply,
  encodeLookupRequest,
  firstLookup,
  isLastLookup,
  type LookupReply,
  MAX_ENTRIES,
  NO_MORE_ENTRIES,
} from "../../src/wire/epm.ts";
import { tcpTower, towerBinding } from "../../src/wire/epm-tower.ts";
import { interfaceName } from "../../src/wire/rpc-interfaces.ts";
import { NIL_UUID } from "../../src/wire/uuid.ts";
import {
  expectEveryTruncationRefused,
  expectOnlyWireErrors,
  expectRoundTrip,
  fixture,
  toHex,
  wireErrorOf,
} from "./support.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const handle: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 20, maxLength: 20 });
const entry: fc.Arbitrary<EpmEntry> = fc.record(
  {
    object: fc.uuid(),
    annotation: fc.stringMatching(/^[ -~]{0,63}$/),
    tower: fc.integer({ min: 0, max: 0xffff }).map((port) => tcpTower(EPM, NDR, port)),
  },
  { requiredKeys: ["object", "annotation"] },
);
const reply: fc.Arbitrary<LookupReply> = fc.record({ handle, entries: fc.array(entry, { maxLength: 5 }), status: u32 });

/** The stub of a captured response, put together from its fragments. */
function stubOf(...names: readonly string[]): Uint8Array {
  return joinResponse(names.map((name) => decodePdu(fixture(`epm/${name}.hex`)) as ResponsePdu)).stub;
}

describe("ept_lookup", () => {
  it.each(["be", "le"] as const)("round trip in %s", (order) => {
    const request = fc.record({ handle, maxEntries: u32 });
    expectRoundTrip(
      request,
      (request) => encodeLookupRequest(request, order),
      (stub) => decodeLookupRequest(stub, order),
    );
    expectRoundTrip(
      reply,
      (reply) => encodeLookupReply(reply, order),
      (stub) => decodeLookupReply(stub, order),
    );
  });

  it("asks for everything with the bytes of C706 appendix O", () => {
    const stub = fixture("epm/lookup-request.hex").slice(24);
    expect(toHex(encodeLookupRequest(firstLookup()))).toBe(toHex(stub));
    expect(decodeLookupRequest(stub)).toEqual(firstLookup(500));
  });

  it("is answered as was captured, over two fragments", () => {
    const reply = decodeLookupReply(stubOf("lookup-samba-1", "lookup-samba-2"));
    expect(reply.status).toBe(0);
    expect(isLastLookup(reply)).toBe(false);
    expect(reply.entries).toHaveLength(53);
    const bindings = reply.entries.map(({ tower }) => tower && towerBinding(tower));
    expect(bindings).not.toContain(undefined);
    const ports = bindings.flatMap((binding) =>
      binding?.protocolSequence === "ncacn_ip_tcp" && interfaceName(binding.interface.uuid) !== "mgmt"
        ? [`${interfaceName(binding.interface.uuid)} ${binding.port}`]
        : [],
    );
    expect(ports).toEqual([
      "dnsserver 5001",
      "backupkey 5001",
      "eventlog6 5001",
      "browser 5001",
      "unixinfo 5001",
      "dssetup 5001",
      "drsuapi 5001",
      "lsarpc 5001",
      "netlogon 5000",
      "samr 5002",
      "wkssvc 5002",
      "epmapper 135",
    ]);
  });

  it("gives the captured annotations and objects", () => {
    const stub = stubOf("lookup-samba-four");
    const reply = decodeLookupReply(stub);
    expect(reply.entries.map(({ annotation }) => annotation)).toEqual(["dnsserver", "mgmt", "browser", "mgmt"]);
    expect(new Set(reply.entries.map(({ object }) => object))).toEqual(new Set([NIL_UUID]));
    // The array's size is what was asked for, the referents are numbered from 1: the same bytes come out.
    expect(toHex(encodeLookupReply(reply))).toBe(toHex(stub));
  });

  it.each(["lookup-samba-end-1", "lookup-samba-no-more"])("ends as was captured: %s", (name) => {
    const reply = decodeLookupReply(stubOf(name));
    expect(reply).toEqual({ handle: new Uint8Array(20), entries: [], status: NO_MORE_ENTRIES });
    expect(isLastLookup(reply)).toBe(true);
  });

  it("refuses every truncation", () => {
    expectEveryTruncationRefused(decodeLookupReply, stubOf("lookup-samba-1", "lookup-samba-2"));
    expectEveryTruncationRefused(decodeLookupRequest, encodeLookupRequest(firstLookup()));
  });

  it("meets any bytes with a reply, a request or a WireError", () => {
    expectOnlyWireErrors(decodeLookupReply, stubOf("lookup-samba-four"));
    expectOnlyWireErrors(decodeLookupRequest, encodeLookupRequest(firstLookup()));
  });

  it("refuses more entries than anybody has, before it reads one", () => {
    const stub = new Writer().zeros(20);
    stub.u32(MAX_ENTRIES + 1, "le").u32(MAX_ENTRIES + 1, "le");
    stub.u32(0, "le").u32(MAX_ENTRIES + 1, "le");
    expect(wireErrorOf(() => decodeLookupReply(stub.finish()))?.code).toBe("limit");
  });

  it("refuses counts that contradict each other, and lookups that it does not speak", () => {
    const stub = encodeLookupReply({ handle: new Uint8Array(20), entries: [], status: 0 });
    stub[20] = 1;
    expect(wireErrorOf(() => decodeLookupReply(stub))?.code).toBe("malformed");
    const request = encodeLookupRequest(firstLookup());
    request[4] = 1;
    expect(wireErrorOf(() => decodeLookupRequest(request))?.code).toBe("unsupported");
  });

  it("cannot write a wrong handle or a long annotation", () => {
    const entries = [{ object: NIL_UUID, annotation: "x".repeat(64) }];
    expect(wireErrorOf(() => encodeLookupRequest({ handle: new Uint8Array(19), maxEntries: 1 }))?.code).toBe(
      "unencodable",
    );
    expect(wireErrorOf(() => encodeLookupReply({ handle: new Uint8Array(20), entries, status: 0 }))?.code).toBe(
      "unencodable",
    );
  });
});
