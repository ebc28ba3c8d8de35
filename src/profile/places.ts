/** Where a value stands in a YAML file: from the path of a value in the data to line and column. */
import { type Document, isMap, isNode, isPair, isScalar, type LineCounter } from "yaml";
import type { Place } from "./config-error.ts";

export type Path = readonly PropertyKey[];

/** A parsed YAML file that knows the place of every value in it. */
export class YamlPlaces {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #file: string;

  constructor(document: Document, lines: LineCounter, file: string) {
    this.#document = document;
    this.#lines = lines;
    this.#file = file;
  }

  /** The place of the value at `path`, or of the nearest thing round it that is there. */
  of(path: Path): Place {
    for (let length = path.length; length >= 0; length--) {
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.at(node.range[0]);
    }
    return this.at(0);
  }

  /** The place of a key of the map at `path`. */
  ofKey(path: Path, key: string): Place {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
      : undefined;
    return isScalar(pair?.key) && pair.key.range ? this.at(pair.key.range[0]) : this.of(path);
  }

  /** The place of a character, counted from 0. */
  at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line, column: col };
  }
}
