/** A Dockerfile as far as ours goes: stages of instructions, comments and continued lines undone. */

export interface Instruction {
  /** In capitals, for instance `COPY`. */
  readonly word: string;
  /** What stands behind it, flags too. */
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The stages, first to last; the last one is the image. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  const whole = text.replace(/^\s*#.*\n/gm, "").replace(/\\\n/g, " ");
  for (const line of whole.split("\n").filter((each) => each.trim() !== "")) {
    const [, word = "", rest = ""] = /^\s*(\S+)\s+(.*?)\s*$/.exec(line) ?? [];
    if (word.toUpperCase() === "FROM") {
      const [base = "", , name] = rest.split(/\s+/);
      stages.push({ base, name, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (stage === undefined) throw new Error(`${line}: an instruction before the first FROM`);
      stage.instructions.push({ word: word.toUpperCase(), text: rest });
    }
  }
  return stages;
}

export interface Copy {
  /** The stage that is copied from; undefined for the build context. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
  /** `65532:65532`; undefined for root's. */
  readonly owner: string | undefined;
}

/** What a COPY copies. */
export function parseCopy(text: string): Copy {
  const words = text.split(/\s+/);
  const flags = words.filter((word) => word.startsWith("--"));
  const flagOf = (name: string) => flags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
  const other = flags.find((flag) => !/^--(?:from=.|chown=\d+:\d+$)/.test(flag));
  if (other !== undefined) throw new Error(`COPY ${text}: ${other} is not understood here`);
  const paths = words.slice(flags.length);
  return { from: flagOf("from"), sources: paths.slice(0, -1), target: paths.at(-1)!, owner: flagOf("chown") };
}

/** The argument vector of an instruction in exec form; undefined in shell form. */
export function execForm(text: string): readonly string[] | undefined {
  return text.startsWith("[") ? (JSON.parse(text) as string[]) : undefined;
}

/** The text of the only instruction of a kind. */
export function theOnly(stage: Stage, word: string): string {
  const [found, another] = stage.instructions.filter((instruction) => instruction.word === word);
  if (found === undefined || another !== undefined) throw new Error(`the image needs one ${word}, and no more`);
  return found.text;
}

/** What .dockerignore lets into the build context: it leaves out everything and takes in some names. */
export function contextEntries(dockerignore: string): readonly string[] {
  const [all, ...taken] = dockerignore.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (all !== "*") throw new Error(".dockerignore must begin with * and name what it takes in");
  const odd = taken.find((line) => !/^![\w.-]+$/.test(line));
  if (odd !== undefined) throw new Error(`.dockerignore: ${odd}: only names of the top folder are understood here`);
  return taken.map((line) => line.slice(1));
}
