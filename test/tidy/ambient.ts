/** Rules about what code may reach for: clock, chance and process are handed in, and nothing is kept in a module. */
import { complain, type Rule, type Source } from "./source.ts";

/** Where the real clock, chance and process may be touched: only where the parts are put together. */
const AMBIENT_FOLDERS = ["src/cli/", "src/page/main.ts"];

const below = (source: Source): boolean =>
  /^src\/.*\.ts$/.test(source.path) && !AMBIENT_FOLDERS.some((folder) => source.path.startsWith(folder));

const ambient: Rule = {
  name: "no clock, chance or process below cli/",
  check: (sources) =>
    sources
      .filter(below)
      .flatMap((source) =>
        complain(
          source,
          source.code,
          /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bprocess\.\w+|\bcrypto\.(?:getRandomValues|random\w+)/g,
          "$ is the machine's, not the caller's",
          "take a World (or the value) as an argument; src/cli/parts.ts hands it in",
        ),
      ),
  broken: [
    {
      files: { "src/net/tcp.ts": "\nconst t = Date.now();" },
      complaint: "src/net/tcp.ts:2: Date.now is the machine's",
    },
    {
      files: { "src/wire/a.ts": "if (process.env.X) a();" },
      complaint: "src/wire/a.ts:1: process.env is the machine's",
    },
  ],
};

const moduleState: Rule = {
  name: "no module state",
  check: (sources) =>
    sources
      .filter((source) => source.path.startsWith("src/"))
      .flatMap((source) =>
        complain(
          source,
          source.code,
          /^(?:export )?(?:let|var) \w+/gm,
          "$ outlives the call that changes it",
          "keep it in a function or an object that the caller owns",
        ),
      ),
  broken: [
    { files: { "src/net/udp.ts": "const a = 1;\nlet open = 0;" }, complaint: "src/net/udp.ts:2: let open outlives" },
  ],
};

export const ambientRules: readonly Rule[] = [ambient, moduleState];
