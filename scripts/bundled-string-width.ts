/**
 * Stands in for the package string-width inside the bundle. yargs lays out its help with it, and loading it builds a
 * Unicode segmenter and an emoji expression at every start, about 18 ms of 170. Our help is plain text, in which every
 * character is one column wide.
 */
import { stripVTControlCharacters } from "node:util";

/** The columns that a text takes on a terminal. */
export default function stringWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
