/**
 * Takes a lab down: ends every process inside its namespaces, removes them and its folder. A process of its own, which
 * waits for its standard input to end: that happens when the tests are done, and also when they were interrupted or
 * killed, so that no domain controller is left behind.
 *
 * Arguments: the process id that names the lab, and its folder.
 */
import { rm } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { labOf, removeNamespaces } from "./namespaces.ts";

const [processId, folder] = process.argv.slice(2);
await finished(process.stdin.resume());
await removeNamespaces(labOf(Number(processId)));
await rm(folder!, { recursive: true, force: true });
