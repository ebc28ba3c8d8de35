/** The profiles in profiles/, packed with the probers that exist. */
import { readdirSync, readFileSync } from "node:fs";
import { loadProber, proberIds } from "../../src/probers/index.ts";
import { type ProfileFile, packProfiles } from "../../src/profile/pack.ts";

const folder = new URL("../../profiles/", import.meta.url);

/** Every YAML file below a product's folder. */
export const shippedFiles: readonly ProfileFile[] = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => /[\\/].*\.yaml$/.test(name))
  .map((name) => name.replaceAll("\\", "/"))
  .map((file) => ({ file, text: readFileSync(new URL(file, folder), "utf8") }));

export async function shippedProfiles(): Promise<ReturnType<typeof packProfiles>> {
  const probers = await Promise.all(proberIds.map(loadProber));
  return packProfiles(shippedFiles, new Map(probers.map((prober) => [prober.id, prober])));
}
