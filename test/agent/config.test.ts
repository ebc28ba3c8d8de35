import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseAgentConfig } from "../../src/agent/config-file.ts";
import { agentJsonSchema } from "../../src/agent/config-schema.ts";
import type { Surroundings } from "../../src/agent/interpolate.ts";
import { parseRoles } from "../../src/profile/roles-file.ts";
import type { SiteWords } from "../../src/profile/site-file.ts";
import { shippedProfiles } from "../profile/shipped.ts";

const root = new URL("../../", import.meta.url);
const { roles } = parseRoles(readFileSync(new URL("profiles/roles.yaml", root), "utf8"), "roles.yaml");
let words: SiteWords;
beforeAll(async () => {
  words = { roles, profiles: (await shippedProfiles()).profiles };
});

const FILES: Readonly<Record<string, string>> = {
  token: "s3cret\n",
  marked: "\uFEFFs3cret\r\n",
  two: "a\nb\n",
  empty: "\n",
};
const surroundings: Surroundings = {
  env: { HOOK_TOKEN: "t0ken", EMPTY: "" },
  readText: async (path) => {
    if (path in FILES) return FILES[path]!;
    throw Object.assign(new Error(path), { code: "ENOENT" });
  },
};

const SITE = "role: unity-secondary\nhosts: {domain-controller: dc01}\n";
const config = (rest: string) => parseAgentConfig(`${SITE}${rest}`, "conf/agent.yaml", words, surroundings);
const EVERY = "schedule: {every: 60s}\n";

describe("a configuration", () => {
  it("needs a site and a schedule, and has defaults for the rest", async () => {
    expect(await config(EVERY)).toMatchObject({
      file: "conf/agent.yaml",
      site: { roles: ["unity-secondary"], hosts: new Map([["domain-controller", [{ host: "dc01" }]]]) },
      schedules: [{ name: "default", when: { everyMs: 60_000 }, jitterMs: 0, only: [], skip: [] }],
      damping: { need: 2, of: 3 },
      alerts: [],
      selfCheck: { gateway: true },
      limits: { concurrency: 64, ratePerS: 2_000 },
      secrets: [],
    });
    expect(Object.keys(await config(EVERY))).not.toEqual(expect.arrayContaining(["listen"]));
  });

  it("takes a secret out of a file as an editor of Windows leaves it", async () => {
    expect(await config(`${EVERY}listen: {token: "\${file:marked}"}`)).toMatchObject({ listen: { token: "s3cret" } });
  });

  it("says everything there is to say", async () => {
    const all = await config(`
schedules:
  quick: {every: 90s, jitter: 10%, profiles: [unity-to-dc], only: [NTP], skip: [tcp/88]}
  every-night: {cron: "0 3 * * *", timezone: Europe/Berlin, jitter: 5m}
listen: {address: "::", port: 80, token: "\${file:token}"}
history: {dir: ./history, max: 128MB}
damping: {changes: 3, of: 5}
alerts:
  - webhook: {url: "https://hooks.invalid/\${HOOK_TOKEN}", format: slack, headers: {Authorization: "Bearer $$\${file:token}"}}
self-check: {gateway: false, anchor: "tcp/10.0.0.53:53"}
limits: {concurrency: 8, rate: 100}
secrets: {bind-password: secrets/bind, other: /run/other}
responders: ["dc01:7655"]
key-file: responder.key
`);
    expect(all.schedules).toEqual([
      {
        name: "quick",
        when: { everyMs: 90_000 },
        jitterMs: 9_000,
        profiles: ["failover-secondary"],
        only: ["NTP"],
        skip: ["tcp/88"],
        place: { file: "conf/agent.yaml", line: 5, column: 10 },
      },
      {
        name: "every-night",
        when: { cron: "0 3 * * *", timezone: "Europe/Berlin" },
        jitterMs: 300_000,
        only: [],
        skip: [],
        place: { file: "conf/agent.yaml", line: 6, column: 16 },
      },
    ]);
    expect(all).toMatchObject({
      listen: { address: "::", port: 80, token: "s3cret" },
      history: { dir: "conf/history", maxBytes: 128e6 },
      damping: { need: 3, of: 5 },
      alerts: [{ url: "https://hooks.invalid/t0ken", format: "slack", headers: { Authorization: "Bearer $s3cret" } }],
      selfCheck: { gateway: false, anchor: { transport: "tcp", address: "10.0.0.53", port: 53 } },
      limits: { concurrency: 8, ratePerS: 100 },
      secrets: ["bind-password=conf/secrets/bind", "other=/run/other"],
      site: { responders: new Map([["dc01", 7655]]) },
      keyFile: "conf/responder.key",
    });
  });

  it.each([
    ["an address and a port", "127.0.0.1:9464", { address: "127.0.0.1", port: 9464 }],
    ["over IPv6", '"[::1]:0"', { address: "::1", port: 0 }],
    ["a port alone", "{port: 80}", { address: "127.0.0.1", port: 80 }],
    ["nothing but the wish", "{}", { address: "127.0.0.1", port: 9464 }],
  ])("listens where it says: %s", async (_what, listen, expected) => {
    expect((await config(`${EVERY}listen: ${listen}`)).listen).toMatchObject(expected);
  });
});

describe("a configuration that cannot be used", () => {
  it.each<readonly [string, string, string]>([
    ["no schedule", "", '1:1: "schedule" is missing; for instance schedule: {every: 60s}'],
    [
      "both kinds of schedule",
      `${EVERY}schedules: {a: {every: 5s}}`,
      '4:12: "schedules" stands beside "schedule"; give the other a name under schedules',
    ],
    ["a word of a site", "role: x", "3:1: not YAML: Map keys must be unique"],
    ["an unknown key", `${EVERY}histroy: {dir: x}`, '4:1: unknown key "histroy"; did you mean "history"?'],
    ["an unknown key below", `schedule: {evry: 60s}`, '3:12: unknown key "evry"; did you mean "every"?'],
    [
      "an unknown key where a word may stand",
      `${EVERY}listen: {adress: 127.0.0.1}`,
      '4:10: unknown key "adress"; did you mean "address"?',
    ],
    ["a mistake inside where a word may stand", `${EVERY}listen: {port: x}`, '4:16: "port" wants a number, not "x"'],
    [
      "a list where a word may stand",
      `${EVERY}listen: [1]`,
      '4:9: "listen" cannot be a list; for instance 127.0.0.1:9464',
    ],
    ["no unit", "schedule: {every: 60}", '3:19: "every" wants text, not 60; for instance 60s'],
    ["an unknown unit", "schedule: {every: 60sec}", '3:19: "every" wants a number with its unit, for instance 60s'],
    ["too often", "schedule: {every: 500ms}", "3:11: every 500ms is out of bounds; 1s to 7d"],
    [
      "nothing of when",
      "schedule: {jitter: 5s}",
      '3:11: a schedule wants either "every" or "cron"; for instance {every: 60s}',
    ],
    [
      "no cron pattern",
      'schedule: {cron: "61 * * * *"}',
      '3:11: cron "61 * * * *" is not understood: Invalid value for minute: 61; for instance */5 * * * *',
    ],
    ["a day that never comes", 'schedule: {cron: "0 0 30 2 *"}', '3:11: cron "0 0 30 2 *" never comes'],
    [
      "an unknown time zone",
      'schedule: {cron: "* * * * *", timezone: Europe/Berln}',
      '3:11: there is no time zone "Europe/Berln"; for instance Europe/Berlin',
    ],
    [
      "more jitter than time",
      "schedule: {every: 10s, jitter: 60%}",
      "3:11: jitter 60% is above the limit; at most 50%",
    ],
    [
      "an unknown profile",
      "schedules: {a: {every: 5s, profiles: [failover-secondry]}}",
      '3:16: there is no profile "failover-secondry"; did you mean "failover-secondary"?',
    ],
    [
      "media rows",
      `${EVERY}with: [media-probe]`,
      "4:8: an agent never asks media ports: they could disturb a live call; ask them by hand, with run",
    ],
    [
      "open to others",
      `${EVERY}listen: 0.0.0.0:9464`,
      `4:9: 0.0.0.0 can be reached by others, and there is no token; for instance {address: 0.0.0.0, port: 9464, token: "\${file:token}"}`,
    ],
    [
      "a name to listen on",
      `${EVERY}listen: localhost:80`,
      '4:9: "localhost:80" is no address with a port; write for instance 127.0.0.1:9464',
    ],
    [
      "responders without a key",
      `${EVERY}responders: [dc01]`,
      '4:13: responders answer nobody without their key; add "key-file": FILE',
    ],
    [
      "a responder at no host",
      `${EVERY}responders: [dc02]\nkey-file: k`,
      '4:13: the responder dc02 is at no host that is asked; did you mean "dc01"?',
    ],
    ["votes that never agree", `${EVERY}damping: {changes: 4, of: 3}`, "4:20: 4 of 3 runs can never agree"],
    ["a tiny history", `${EVERY}history: {dir: x, max: 1kB}`, "4:24: 1kB is too little; at least 1MB"],
    [
      "a format that nobody reads",
      `${EVERY}alerts: [{webhook: {url: "http://a", format: slak}}]`,
      '4:46: unknown format "slak"; did you mean "slack"?',
    ],
    [
      "a URL of something else",
      `${EVERY}alerts: [{webhook: {url: "ftp://a"}}]`,
      "4:26: the web hook has no URL of http or https; for instance http://127.0.0.1:9999/hook",
    ],
    [
      "a password in a URL",
      `${EVERY}alerts: [{webhook: {url: "http://a:b@c"}}]`,
      "4:26: the URL of the web hook holds a password; send it in a header: Authorization",
    ],
    [
      "a variable that is not set",
      `${EVERY}alerts: [{webhook: {url: "http://a/\${HOOK_TOKE}"}}]`,
      '4:26: the environment has no "HOOK_TOKE"; did you mean "HOOK_TOKEN"?',
    ],
    [
      "a file that is not there",
      `${EVERY}listen: {token: "\${file:tok}"}`,
      "4:17: tok cannot be read: there is no such file",
    ],
    ["a file of two lines", `${EVERY}listen: {token: "\${file:two}"}`, "4:17: two holds more than one line of text"],
    ["an empty file", `${EVERY}listen: {token: "\${file:empty}"}`, "4:17: empty is empty"],
    [
      "a reference without an end",
      `${EVERY}listen: {token: "\${file:two"}`,
      `4:17: "\${file:two" has no end; close it with }, or write $$ for a dollar sign`,
    ],
    [
      "an anchor over UDP",
      `${EVERY}self-check: {anchor: "udp/10.0.0.1:53"}`,
      '4:22: the anchor "udp/10.0.0.1:53" cannot be asked over UDP; take tcp/10.0.0.1:53, or another',
    ],
    [
      "an anchor without a port",
      `${EVERY}self-check: {anchor: tcp/10.0.0.1}`,
      '4:22: "10.0.0.1" is no address with a port; write for instance 127.0.0.1:9464',
    ],
  ])("%s", async (_what, rest, message) => {
    await expect(config(rest)).rejects.toThrow(`conf/agent.yaml:${message}`);
  });

  it("does not quote a secret", async () => {
    const rest = `${EVERY}alerts: [{webhook: {url: "\${file:token}"}}]`;
    await expect(config(rest)).rejects.not.toThrow("s3cret");
  });
});

describe("the JSON Schema of configurations", () => {
  const validate = new Ajv({ allErrors: true }).compile(agentJsonSchema(Object.keys(roles)));

  it("accepts the example", () => {
    const example = parse(readFileSync(new URL("examples/agent.yaml", root), "utf8"));
    expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    [EVERY, true],
    ["schedules: {a: {cron: '* * * * *'}}", true],
    ["schedules: {A: {every: 5s}}", false],
    ["schedule: {every: 5}", false],
    ["listen: {adress: 127.0.0.1}", false],
    ["alerts: [{webhook: {format: json}}]", false],
  ])("%s", (rest, valid) => {
    expect(validate(parse(`${SITE}${rest}`)), JSON.stringify(validate.errors)).toBe(valid);
  });
});
