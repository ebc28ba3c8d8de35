/** profiles/roles.yaml -> roles. Only the build and the tests import this file. */
import { z } from "zod";
import { ConfigError } from "./config-error.ts";
import { issueErrors } from "./issues.ts";
import { didYouMean } from "./nearest.ts";
import type { Roles } from "./roles.ts";
import { inOrder, readYaml } from "./yaml-file.ts";

const rolesSchema = z.record(
  z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "wants lower-case words joined by hyphens"),
  z.strictObject({
    about: z.string().min(1).max(300),
    "is-a": z.array(z.string()).default([]),
    single: z.boolean().default(false),
  }),
);

/** The roles in the text, or everything that is wrong with it. */
export function parseRoles(
  text: string,
  file: string,
): { readonly roles: Roles; readonly errors: readonly ConfigError[] } {
  const read = readYaml(text, file);
  if ("errors" in read) return { roles: {}, errors: read.errors };
  const shaped = rolesSchema.safeParse(read.data, { reportInput: true });
  if (!shaped.success) return { roles: {}, errors: issueErrors(shaped.error.issues, rolesSchema, read.places) };
  const names = Object.keys(shaped.data);
  const errors = names.flatMap((name) =>
    shaped.data[name]!["is-a"].flatMap((parent, at) => {
      if (names.includes(parent) && parent !== name) return [];
      const problem = parent === name ? `"${name}" is itself` : `there is no role "${parent}"`;
      return [new ConfigError(problem, didYouMean(parent, names), read.places.of([name, "is-a", at]))];
    }),
  );
  const roles = Object.fromEntries(
    names.map((name) => {
      const { about, "is-a": isA, single } = shaped.data[name]!;
      return [name, { about, isA, single }];
    }),
  );
  return { roles, errors: inOrder(errors) };
}
