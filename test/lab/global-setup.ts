/** Brings the lab up once for all cases, and takes it down again whatever happened. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startChrony } from "./chrony.ts";
import { type Daemon, stopDaemon } from "./command.ts";
import { createNamespaces, type Lab, labOf, removeNamespaces } from "./namespaces.ts";
import { assertRequirements } from "./requirements.ts";
import { startSamba } from "./samba.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly lab: Lab;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  assertRequirements();
  const lab = labOf(process.pid);
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-"));
  const daemons: Daemon[] = [];
  const teardown = async () => {
    for (const daemon of daemons) await stopDaemon(daemon);
    await removeNamespaces(lab);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await createNamespaces(lab);
    daemons.push(await startChrony(lab, folder));
    daemons.push(await startSamba(lab, folder));
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide("lab", lab);
  return teardown;
}
