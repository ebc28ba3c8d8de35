/**
 * Headless Firefox (Debian's firefox-esr, or what `FIREFOX` names), driven by WebDriver BiDi, which it speaks itself:
 * Playwright knows only a Firefox of its own. It reaches nobody but this machine.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "undici";

/** No name is looked up, and whatever is not on this machine is asked of a proxy that is not there. */
const PREFERENCES = {
  "network.dns.disabled": true,
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": 9,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": 9,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,none",
  "datareporting.policy.dataSubmissionEnabled": false,
  "app.normandy.enabled": false,
  "browser.startup.page": 0,
};
const START_TIMEOUT_MS = 45_000;

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly level: string; readonly text: string };
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
}

export class Firefox implements AsyncDisposable {
  /** What the console was told since the last `open`, violations of the policy among it. */
  complaints: string[] = [];
  /** Its profile's; a test may put a page there, and it goes with the browser. */
  readonly folder: string;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #socket!: WebSocket;
  #context = "";
  #lastId = 0;

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process;
    this.folder = folder;
  }

  static async start(): Promise<Firefox> {
    const folder = mkdtempSync(join(tmpdir(), "unity-probe-firefox-"));
    const lines = Object.entries(PREFERENCES).map(
      (pair) => `user_pref(${pair.map((x) => JSON.stringify(x)).join(", ")});`,
    );
    writeFileSync(join(folder, "user.js"), lines.join("\n"));
    const args = ["--headless", "--no-remote", "--profile", folder, "--remote-debugging-port", "0", "about:blank"];
    const child = spawn(process.env.FIREFOX ?? "/usr/bin/firefox-esr", args, { stdio: ["ignore", "ignore", "pipe"] });
    const firefox = new Firefox(child, folder);
    try {
      await firefox.#connect(await addressOf(child));
      return firefox;
    } catch (error) {
      await firefox[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Opens an address in a window of a width, and waits until a cell is there. */
  async open(url: string, width: number): Promise<void> {
    await this.#ask("browsingContext.setViewport", { context: this.#context, viewport: { width, height: 900 } });
    this.complaints = [];
    await this.#ask("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
    await this.evaluate(`new Promise((found) => {
      const look = () => (document.querySelector("button.cell") === null ? setTimeout(look, 20) : found());
      look();
    })`);
  }

  /** The value of an expression, a string; a promise is awaited. */
  async evaluate(expression: string): Promise<string> {
    const target = { context: this.#context };
    const answer = await this.#ask("script.evaluate", { expression, target, awaitPromise: true });
    const { type, result, exceptionDetails } = answer as {
      readonly type: string;
      readonly result?: { readonly value?: string };
      readonly exceptionDetails?: { readonly text: string };
    };
    if (type !== "success") throw new Error(exceptionDetails?.text);
    return result?.value ?? "";
  }

  async #connect(address: string): Promise<void> {
    this.#socket = new WebSocket(`${address}/session`);
    this.#socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(data as string) as Reply));
    await once(this.#socket, "open");
    await this.#ask("session.new", { capabilities: {} });
    await this.#ask("session.subscribe", { events: ["log.entryAdded"] });
    const { contexts } = (await this.#ask("browsingContext.getTree", {})) as { contexts: { context: string }[] };
    this.#context = contexts[0]!.context;
  }

  #take({ id, method, params, ...reply }: Reply): void {
    if (method === "log.entryAdded") this.complaints.push(`${params!.level}: ${params!.text}`);
    if (id !== undefined) this.#waiting.get(id)?.(reply);
  }

  async #ask(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    const replied = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { error, message, result } = await replied;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error}: ${message}`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const runs = this.#process.exitCode === null && this.#process.signalCode === null;
    if (runs) {
      this.#process.kill();
      await once(this.#process, "exit");
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Firefox chooses a port and says on its standard error which. */
async function addressOf(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  const timer = setTimeout(() => child.kill(), START_TIMEOUT_MS);
  try {
    for await (const line of createInterface({ input: child.stderr! })) {
      said.push(line);
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1];
      if (address !== undefined) return address;
    }
  } finally {
    clearTimeout(timer);
    child.stderr!.resume();
  }
  throw new Error(`Firefox did not start:\n${said.join("\n")}`);
}
