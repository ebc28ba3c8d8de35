/** The files of examples/ that start unity-probe somewhere, read as their readers read them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
export const textOf = (relative: string): string => readFileSync(path(relative), "utf8");

/** One command line of an example, with what it finds where it runs. */
export interface Started {
  readonly example: string;
  /** The words behind `unity-probe`. */
  readonly words: readonly string[];
  /** Texts by the path at which they are read there. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths at which a secret is found. */
  readonly secrets: readonly string[];
}

/** YAML 1.1, as Docker and Kubernetes read it. */
export function documentsOf(relative: string) {
  const documents = parseAllDocuments(textOf(relative), { version: "1.1" });
  if (!Array.isArray(documents)) throw new Error(`${relative} is empty`);
  return documents.map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return document.toJS();
  });
}

export const COMPOSE = ["examples/compose/agent.yaml", "examples/compose/responder.yaml"];

export function composeStarted(example: string): readonly Started[] {
  const [{ services }] = documentsOf(example);
  return Object.values<ReturnType<typeof documentsOf>[number]>(services).map((service) => {
    const mounts: readonly string[] = (service.volumes ?? []).filter((each: string) => each.startsWith("."));
    const files = mounts.map((each) => {
      const [from = "", to = ""] = each.split(":");
      return [to, textOf(new URL(from, `file:///examples/compose/x`).pathname.slice(1))] as const;
    });
    const secrets = (service.secrets ?? []).map((name: string) => `/run/secrets/${name}`);
    return { example, words: service.command, files: new Map(files), secrets };
  });
}

export const KUBERNETES = ["agent", "cronjob", "responder"].map((name) => `examples/kubernetes/${name}.yaml`);

export interface Pod {
  readonly example: string;
  // biome-ignore lint/suspicious/noExplicitAny: Kubernetes' own shape, looked at here and there.
  readonly spec: any;
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** The pods that the file's workloads make. */
export function podsOf(example: string): readonly Pod[] {
  const documents = documentsOf(example);
  const maps = documents.filter(({ kind }) => kind === "ConfigMap");
  const configMaps = new Map<string, Readonly<Record<string, string>>>(
    maps.map(({ metadata, data }) => [metadata.name, data]),
  );
  return documents.flatMap(({ spec }) => {
    const template = spec?.jobTemplate?.spec.template ?? spec?.template;
    return template === undefined ? [] : [{ example, spec: template.spec, configMaps }];
  });
}

export function podStarted({ example, spec, configMaps }: Pod): readonly Started[] {
  return spec.containers.map((container: Pod["spec"]) => {
    const files = new Map<string, string>();
    const secrets: string[] = [];
    for (const { name, mountPath } of container.volumeMounts) {
      const volume = spec.volumes.find((each: { name: string }) => each.name === name);
      for (const [file, text] of Object.entries(configMaps.get(volume.configMap?.name) ?? {})) {
        files.set(`${mountPath}/${file}`, text);
      }
      // The names that the comment's `kubectl create secret` gives them.
      const named = [...textOf(example).matchAll(/--from-file=(\S+)/g)].map(([, file]) => `${mountPath}/${file}`);
      if (volume.secret !== undefined) secrets.push(...named);
    }
    return { example, words: container.args, files, secrets };
  });
}

export const UNITS = ["agent", "responder"].map((name) => `examples/systemd/unity-probe-${name}.service`);

const UNIT_CONFIG = ["/etc/unity-probe/agent.yaml", textOf("examples/systemd/agent.yaml")] as const;

/** The lines of a unit: each directive with every value that it is given. */
export function directivesOf(unit: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const line of textOf(unit).split("\n")) {
    const [, name, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) found.set(name, [...(found.get(name) ?? []), value!]);
  }
  return found;
}

export function unitStarted(unit: string): readonly Started[] {
  const directives = directivesOf(unit);
  const credentials = `/run/credentials/${unit.split("/").at(-1)}`;
  const secrets = (directives.get("LoadCredential") ?? []).map((each) => `${credentials}/${each.split(":")[0]}`);
  const lines = [...(directives.get("ExecStartPre") ?? []), ...(directives.get("ExecStart") ?? [])];
  return lines.map((line) => {
    const [node, bin, ...words] = line.replaceAll("$" + "{CREDENTIALS_DIRECTORY}", credentials).split(" ");
    if (node !== "/usr/bin/node" || bin !== "/opt/unity-probe/bin/unity-probe.js") throw new Error(line);
    const files = new Map(words.includes("/etc/unity-probe/agent.yaml") ? [UNIT_CONFIG] : []);
    return { example: unit, words, files, secrets };
  });
}

/** The code behind `-e` of a health check. */
export function healthCheck(example: string): { readonly program: string; readonly code: string } {
  const [how, program, flag, code] = parse(textOf(example)).services.agent.healthcheck.test;
  if (how !== "CMD" || flag !== "-e") throw new Error(`${how} ${flag}: not without a shell`);
  return { program, code };
}
