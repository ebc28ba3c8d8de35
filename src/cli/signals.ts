/** Which signals mean what. */

/**
 * Those that end us in good order. On Windows a console that is closed sends SIGHUP, ten seconds before the system ends
 * the process itself, and Ctrl+Break sends SIGBREAK.
 */
export function endingSignals(platform: NodeJS.Platform = process.platform): readonly NodeJS.Signals[] {
  return platform === "win32" ? ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"] : ["SIGINT", "SIGTERM"];
}

/** The one that asks for the configuration to be read anew; Windows has none. */
export function reloadSignal(platform: NodeJS.Platform = process.platform): NodeJS.Signals | undefined {
  return platform === "win32" ? undefined : "SIGHUP";
}
