/**
 * Runs a program as `docker run --read-only --cap-drop=ALL --security-opt=no-new-privileges --network=none` would: in
 * namespaces of its own, its root a read-only folder, under a number for a user, without a capability. The root holds
 * Node, the libraries that Node loads, and the product; above all no shell. Linux, root, capsh (Debian package
 * libcap2-bin).
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const TIMEOUT_MS = 180_000;
export const NODE = "/usr/local/bin/node";
/** That of the base image. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Throws with everything that is missing. */
export function assertSandboxPossible(): void {
  const absent = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0;
  const missing = [
    ...(process.platform === "linux" ? [] : [`Linux (this is ${process.platform})`]),
    ...(process.getuid?.() === 0 ? [] : ["root: only root may make namespaces and change the root"]),
    ...["unshare", "mount", "ip", "ldd", "capsh"].filter(absent).map((program) => `the program ${program}`),
  ];
  if (missing.length > 0) throw new Error(`the image cannot be proven here; missing:\n  ${missing.join("\n  ")}`);
}

/** Puts what the base image has, as far as the product needs it, into the root. */
export function addBase(root: string): void {
  const binaries = [process.execPath, ...nativeModules(join(root, "app", "node_modules"))];
  const { stdout } = spawnSync("ldd", binaries, { encoding: "utf8" });
  const libraries = [...stdout.matchAll(/(?:=>|^)\s*(\/\S+) \(0x/gm)].map(([, path]) => path!);
  for (const [from, to] of [[process.execPath, NODE], ...libraries.map((path) => [path, path])] as const) {
    mkdirSync(join(root, dirname(to!)), { recursive: true });
    copyFileSync(from!, join(root, to!));
  }
  for (const folder of ["dev", "proc", "tmp"]) mkdirSync(join(root, folder));
  for (const device of ["null", "urandom"]) writeFileSync(join(root, "dev", device), "");
}

function nativeModules(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".node")).map((file) => join(folder, file));
}

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Mounts the root, drops everything, and becomes the program: $1 root, $2 user, $3 group, $4 the folder that may be
 * written to, then the argument vector.
 */
const ENTER = `
set -e
root=$1 user=$2 group=$3 writable=$4 program=$5
shift 5
ip link set lo up
mount --bind "$root" "$root"
mount -t proc -o ro proc "$root/proc"
for device in null urandom; do mount --bind "/dev/$device" "$root/dev/$device"; done
mount -o remount,bind,ro "$root"
mount -t tmpfs -o "size=16m,mode=0700,uid=$user,gid=$group" volume "$root$writable"
exec capsh --chroot="$root" --inh= --drop=all --groups= --gid="$group" --uid="$user" --no-new-privs \\
  --shell="$program" -- "$@"
`;

/**
 * Runs a program of the root.
 *
 * @param user as USER says it: `65532:65532`
 * @param argv the program by its path in the root, and its arguments
 * @param options `writable`: a folder that is a volume, empty at first
 */
export function runInside(
  root: string,
  user: string,
  argv: readonly string[],
  { writable }: { readonly writable: string },
): Ended {
  const [uid = "", gid = ""] = user.split(":");
  const namespaces = ["--mount", "--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child"];
  const enter = ["sh", "-c", ENTER, "enter", root, uid, gid, writable, ...argv];
  const { status, stdout, stderr, error } = spawnSync("unshare", [...namespaces, ...enter], {
    cwd: "/",
    env: { PATH },
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  if (error !== undefined) throw error;
  return { exitCode: status, stdout, stderr };
}
