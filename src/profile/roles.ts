/**
 * Roles: what a machine is, and what it also is. A secondary Unity server is a Unity server, so what starts from a Unity
 * server starts from it too, and what goes to one goes to it.
 */

/** Plain data, packed as JSON when the product is built. */
export interface Role {
  readonly about: string;
  readonly isA: readonly string[];
  /** A site has one of it: the host under this role is the machine that has the role. */
  readonly single: boolean;
}

export type Roles = Readonly<Record<string, Role>>;

/** The role and everything that it also is; of a role that nobody knows the role alone. */
export function kinOf(role: string, roles: Roles, seen: readonly string[] = []): readonly string[] {
  if (seen.includes(role)) return [];
  const parents = Object.hasOwn(roles, role) ? roles[role]!.isA : [];
  return [...new Set([role, ...parents.flatMap((parent) => kinOf(parent, roles, [...seen, role]))])];
}
