/** A profile of one range, as a file. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Network } from "./network.ts";

/** `ports` as a profile writes them, for instance `udp/5000-5020`. Gives the file's path. */
export async function writeProfile({ folder }: Network, ports: string): Promise<string> {
  const file = join(folder, `${ports.replaceAll(/\W+/g, "-")}.yaml`);
  const lines = [
    "id: one-range",
    "title: One range",
    "product: Bench",
    "from: unity-secondary",
    "to: domain-controller",
    "rows:",
    `  - {service: Range, ports: [${ports}], prober: port-sweep, expect: path}`,
    "",
  ];
  await writeFile(file, lines.join("\n"));
  return file;
}
