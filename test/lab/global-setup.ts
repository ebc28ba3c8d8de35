/** Brings the lab up once for all cases, and takes it down again whatever happened. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startChrony } from "./chrony.ts";
import { createNamespaces, type Lab, labOf } from "./namespaces.ts";
import { assertRequirements } from "./requirements.ts";
import { startSamba } from "./samba.ts";
import { startStranger } from "./stranger.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly lab: Lab;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  assertRequirements();
  const lab = labOf(process.pid);
  const folder = await mkdtemp(join(tmpdir(), "unity-lab-"));
  const takeDown = prepareTakeDown(folder);
  try {
    await createNamespaces(lab);
    await Promise.all([startChrony(lab, folder), startSamba(lab, folder), startStranger(lab, folder)]);
  } catch (error) {
    await takeDown();
    throw error;
  }
  project.provide("lab", lab);
  return takeDown;
}

/** Starts the process that takes the lab down when it is told to, or when this one has died. */
function prepareTakeDown(folder: string): () => Promise<void> {
  const argv = ["--import", "tsx", join(import.meta.dirname, "take-down.ts"), String(process.pid), folder];
  // Detached: Ctrl-C in a terminal goes to every process of the group.
  const waiting = spawn(process.execPath, argv, { stdio: ["pipe", "inherit", "inherit"], detached: true });
  return async () => {
    waiting.stdin!.end();
    const [exitCode] = await once(waiting, "exit");
    if (exitCode !== 0) throw new Error(`taking the lab down failed with exit code ${exitCode}`);
  };
}
