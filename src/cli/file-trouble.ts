/** Why a file or folder that the user named cannot be used, in words. The system's own code stays where there are none. */

/** `there is no such file`. `missing` says what is missing when the system finds nothing at the path. */
export function fileTrouble(error: unknown, missing = "there is no such file"): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return missing;
  if (code === "EACCES" || code === "EPERM") return "no permission";
  if (code === "EISDIR") return "it is a folder";
  if (code === "ENOTDIR") return "a file stands where a folder should be";
  return code ?? "unknown error";
}
