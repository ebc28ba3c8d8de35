import fc from "fast-check";
import { XmlDocument, type XmlElement } from "libxml2-wasm";
import { describe, expect, it } from "vitest";
import type { CheckResult, RunReport } from "../../src/model/result.ts";
import type { ReportDocument } from "../../src/report/document.ts";
import { junit } from "../../src/report/junit.ts";
import { runDocument } from "../../src/report/run-document.ts";
import { DAYTIME, KPASSWD, NETBIOS, NTP, OFF } from "./sample-plan.ts";
import { IPV4, result, verdict } from "./sample-results.ts";
import { lyingNetwork, manyHosts, noIpv6Route, noSuchName, oneTarget, sampleRun, TOOL } from "./sample-run.ts";

/** What libxml2 reads; it throws for text that is not well-formed. */
function parsed<T>(xml: string, read: (root: XmlElement) => T): T {
  using document = XmlDocument.fromString(xml);
  return read(document.root);
}

const render = (document: ReportDocument) => junit().end(document);
const texts = (root: XmlElement, path: string) => root.find(path).map((node) => node.content);

/** Each test case with the element that it bears. */
function casesOf(report: RunReport): readonly string[] {
  return parsed(render(runDocument(report, TOOL)), (root) =>
    root.find("//testcase").map((node) => {
      const mark = (node as XmlElement).find("failure|error|skipped")[0] as XmlElement | undefined;
      const type = mark?.attr("type")?.value;
      return [(node as XmlElement).attr("name")!.value, mark?.name, type]
        .filter((word) => word !== undefined)
        .join(" ");
    }),
  );
}

function runOf(results: readonly CheckResult[], exitCode: RunReport["exitCode"]): RunReport {
  return { ...oneTarget(), findings: [], results, exitCode };
}

const pass = (of = KPASSWD) =>
  result(of, IPV4, { outcome: "pass", detail: "ok", verdict: verdict("open", "protocol-reply", "confirmed") });
const fail = (of = KPASSWD) =>
  result(of, IPV4, { outcome: "fail", detail: "no", verdict: verdict("closed", "conn-refused", "unchecked") });
const unsure = (of = KPASSWD) =>
  result(of, IPV4, {
    outcome: "inconclusive",
    detail: "?",
    verdict: verdict("open|filtered", "no-response", "silent"),
  });

describe("junit", () => {
  it.each([
    ["one target", oneTarget()],
    ["two addresses", sampleRun()],
    ["many hosts", manyHosts(3)],
    ["a target that was not asked", noIpv6Route()],
    ["no address", noSuchName()],
    ["a lying network", lyingNetwork()],
  ])("is well-formed and counts right: %s", (_, report) => {
    parsed(render(runDocument(report, TOOL)), (root) => {
      for (const node of [root, ...root.find("testsuite")] as XmlElement[]) {
        const counted = ["testcase", "testcase/failure", "testcase/error", "testcase/skipped"].map(
          (path) => `${node.find(`.//${path}`).length}`,
        );
        expect(["tests", "failures", "errors", "skipped"].map((name) => node.attr(name)!.value)).toEqual(counted);
      }
    });
  });

  it("has a suite for each address", () => {
    const names = parsed(render(runDocument(sampleRun(), TOOL)), (root) => texts(root, "testsuite/@name"));
    expect(names).toEqual([
      "failover-secondary dc01.example.com 10.20.1.10",
      "failover-secondary dc01.example.com 2001:db8:0:1::10",
    ]);
  });

  it.each<readonly [string, CheckResult, RunReport["exitCode"], string]>([
    ["a pass is plain", pass(), 0, "kerberos-passwd/tcp/464"],
    ["a failure names its reason", fail(), 1, "kerberos-passwd/tcp/464 failure conn-refused"],
    ["what is undecided is an error", unsure(), 3, "kerberos-passwd/tcp/464 error inconclusive"],
    [
      "our own side is an error",
      result(KPASSWD, IPV4, {
        outcome: "error",
        detail: "no route",
        verdict: verdict("unknown", "no-route", "unchecked"),
      }),
      3,
      "kerberos-passwd/tcp/464 error no-route",
    ],
    [
      "what had to be asked and was not is an error",
      result(KPASSWD, IPV4, { outcome: "skipped", detail: "ports unknown", skipped: { why: "", deliberate: false } }),
      3,
      "kerberos-passwd/tcp/464 error skipped",
    ],
  ])("%s", (_, one, exitCode, expected) => {
    expect(casesOf(runOf([one], exitCode))).toEqual([expected]);
  });

  it("skips what moves no exit code, whatever came of it", () => {
    const optional = [NETBIOS, OFF].map((check) => ({ ...fail(check), required: false }));
    expect(casesOf(runOf([pass(), ...optional, { ...unsure(NETBIOS), required: false }], 0))).toEqual([
      "kerberos-passwd/tcp/464",
      "netbios-datagram/udp/138 skipped",
      "netbios-datagram/udp/138 skipped",
      "wins/tcp/42 skipped",
    ]);
  });

  it("is red for the members of a group only when none passes", () => {
    expect(casesOf(runOf([fail(NTP), pass(DAYTIME)], 0))).toEqual(["ntp/udp/123 skipped", "daytime/tcp/13"]);
    expect(casesOf(runOf([fail(NTP), unsure(DAYTIME)], 3))).toEqual([
      "ntp/udp/123 failure conn-refused",
      "daytime/tcp/13 error inconclusive",
    ]);
  });

  it("is green where another address passed a group, and that was enough", () => {
    expect(casesOf(runOf([fail(NTP), fail(DAYTIME)], 0))).toEqual(["ntp/udp/123 skipped", "daytime/tcp/13 skipped"]);
  });

  it("is never green where the exit code is not 0", () => {
    expect(casesOf(runOf([{ ...fail(NETBIOS), required: false }], 3))).toEqual([
      "netbios-datagram/udp/138 skipped",
      "exit code error exit 3",
    ]);
    expect(casesOf(runOf([pass()], 130))).toEqual(["kerberos-passwd/tcp/464", "exit code error exit 130"]);
  });

  it("carries evidence, warnings, cautions and findings", () => {
    parsed(render(runDocument(oneTarget(), TOOL)), (root) => {
      const ldaps = "//testcase[@name='ldap-over-ssl/tcp/636']/properties/property";
      expect(texts(root, `${ldaps}[@name='evidence.dnsHostName']/@value`)).toEqual(["dc01.example.com"]);
      expect(texts(root, `${ldaps}[@name='evidence.versions']/@value`)).toEqual(["2, 3"]);
      expect(texts(root, `${ldaps}[@name='warning']/@value`)).toHaveLength(2);
      expect(texts(root, "testsuite/properties/property[@name='finding']/@value")[0]).toContain("announces 49152");
      expect(texts(root, "testsuite/properties/property[@name='caution']/@value")[0]).toContain("Never put a firewall");
    });
  });

  it("shows what a hostile peer sent as visible characters", () => {
    const [banner] = parsed(render(runDocument(oneTarget(), TOOL)), (root) =>
      texts(root, "//property[@name='evidence.banner']/@value"),
    );
    expect(banner).toBe("\\x1b[2J\\x07\\x9b31mPASS\\u202e\\x0d\\x0aSSAP\\ufeff");
  });

  it("is well-formed whatever a peer or a profile says", () => {
    const anyText = fc.string({
      unit: fc.oneof(fc.constantFrom(..."<>&\"']-\t\n\u0000\ufffe\uffff\ud800"), fc.string({ unit: "binary" })),
    });
    fc.assert(
      fc.property(anyText, anyText, anyText, (detail, name, value) => {
        const one = {
          ...pass(),
          detail,
          reading: { service: "confirmed", detail, evidence: { [name]: value } },
        } as const;
        const document = runDocument(runOf([one, { ...fail(NTP), detail }], 1), { ...TOOL, name });
        parsed(render(document), (root) => {
          expect(texts(root, "//testcase[2]/failure/@message")).toHaveLength(1);
        });
      }),
    );
  });
});
