/** The version that package.json states; it stands two folders above every bundled file and above this one. */
import { readFileSync } from "node:fs";

export function toolVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
