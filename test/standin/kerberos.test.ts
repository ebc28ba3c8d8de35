import { describe, expect, it } from "vitest";
import type { Evidence } from "../../src/model/evidence.ts";
import { kerberos } from "../../src/standin/kerberos.ts";
import { kpasswd } from "../../src/standin/kpasswd.ts";
import type { StandIn } from "../../src/standin/stand-in.ts";
import { WireError } from "../../src/wire/bytes.ts";
import { begin } from "../probers/transaction.ts";
import { hex } from "../wire/support.ts";

/** Asks a stand-in as its prober does, whose own clock stands at 1970. */
async function ask(id: string, standIn: StandIn, params: Evidence = {}) {
  const begun = await begin(id, standIn.transport, params);
  const [answer] = standIn.transport === "udp" ? [standIn.answer(begun.request)] : standIn.answer(begun.request)!;
  return begun.read(answer!).final;
}

describe.each(["tcp", "udp"] as const)("over %s, the stand-in for", (transport) => {
  const clock = { wallMs: () => 2_345.5 };

  it("Kerberos knows nobody, in no realm, and tells the time", async () => {
    const refusal = { service: "refused", evidence: { errorCode: 6, clockOffsetMs: 2_346 } };
    expect(await ask("kerberos", kerberos(transport, clock))).toMatchObject(refusal);
    const elsewhere = await ask("kerberos", kerberos(transport, clock), { realm: "OTHER.TEST" });
    expect(elsewhere?.evidence).toMatchObject({ errorCode: 6, server: "krbtgt/OTHER.TEST@OTHER.TEST" });
  });

  it("kpasswd changes nothing, and tells the time", async () => {
    expect(await ask("kpasswd", kpasswd(transport, clock))).toMatchObject({
      service: "refused",
      evidence: { result: "2 hard error", server: "kadmin/changepw@LAB.TEST", clockOffsetMs: 2_346 },
    });
  });

  it.each([
    ["Kerberos", kerberos],
    ["kpasswd", kpasswd],
  ])("%s has nothing to say to other protocols", (_, standIn) => {
    const request = transport === "udp" ? hex("deadbeef") : hex("00000004deadbeef");
    expect(() => standIn(transport, clock).answer(request)).toThrow(WireError);
  });
});
