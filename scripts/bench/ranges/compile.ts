/** Compiles a program of `bench/` with the machine's C compiler; gives its path. */
import { join } from "node:path";
import { runOk } from "../../../test/lab/command.ts";
import type { Network } from "./network.ts";

const TIMEOUT_MS = 60_000;

export async function compile({ root, folder }: Network, name: string): Promise<string> {
  const program = join(folder, name);
  await runOk(["cc", "-O2", "-o", program, join(root, "bench", `${name}.c`)], { timeoutMs: TIMEOUT_MS });
  return program;
}
