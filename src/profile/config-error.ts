/**
 * What every unusable configuration ends in: a profile, a flag, a host. It says where, what is wrong and what was
 * probably meant, in one line; cli/ prints the message and exits 2 before anything was sent.
 */

/** Where in a file, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Absent when the mistake is on the command line. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** What is wrong, without the place. */
  readonly problem: string;
  /** What to write instead, where that can be told. */
  readonly meant: string | undefined;

  constructor(problem: string, meant?: string, place?: Place) {
    const where = place === undefined ? "" : `${place.file}:${place.line}:${place.column}: `;
    super(`${where}${problem}${meant === undefined ? "" : `; ${meant}`}`);
    this.file = place?.file;
    this.line = place?.line;
    this.column = place?.column;
    this.problem = problem;
    this.meant = meant;
  }

  /** The same mistake, now with its place. */
  at(place: Place): ConfigError {
    return new ConfigError(this.problem, this.meant, place);
  }

  /** The same mistake, the problem told with what it belongs to in front: `--set dcom-range: port 0 ...`. */
  of(what: string): ConfigError {
    return new ConfigError(`${what}: ${this.problem}`, this.meant);
  }
}
