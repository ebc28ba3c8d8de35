/** Answers a shell that asks what may follow: one offer a line. */
import { COMMANDS } from "../command-table.ts";
import { offersFor } from "./offers.ts";

/** Prints the offers for the line that has been typed. */
export async function answerShell(words: readonly string[]): Promise<void> {
  const offers = await offersFor(words, COMMANDS);
  process.stdout.write(
    offers.map(({ word, about }) => (about === undefined ? `${word}\n` : `${word}\t${about}\n`)).join(""),
  );
}
