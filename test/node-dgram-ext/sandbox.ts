/** A machine whose sandbox forbids a system call, as seccomp profiles do. */
import type { openSockets } from "#node-dgram-ext";

/** What is handed to `openSockets` as koffi. */
export type Loaded = Awaited<ReturnType<NonNullable<Parameters<typeof openSockets>[0]>>>;

const EPERM = 1;

/** koffi, but one call of libc fails with EPERM. */
export async function withoutCall(forbidden: string): Promise<Loaded> {
  const { default: koffi } = await import("koffi");
  let failed = false;
  const load = (path: string | null) => {
    const libc = koffi.load(path);
    const func = (name: string, result: string, parameters: string[]) => {
      const real = libc.func(name, result, parameters);
      return (...args: unknown[]): unknown => {
        failed = name === forbidden;
        return failed ? -1 : real(...args);
      };
    };
    return { func };
  };
  const errno = (): number => (failed ? EPERM : koffi.errno());
  return { default: { ...koffi, load, errno } } as unknown as Loaded;
}
