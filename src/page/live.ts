/**
 * The agent's status as it changes: server-sent events tell when to ask, and where they stay away the page asks by
 * itself. Whatever breaks, it tries again.
 */
import type { StatusDocument } from "../report/status-document.ts";

const STATUS_URL = "api/v1/status";
const EVENTS_URL = "api/v1/events";
/** A connection may be dead without a sign: after so much silence the agent is asked. */
const SILENCE_MS = 15_000;
const ANSWER_MS = 10_000;
const WATCH_MS = 1_000;
/** While the agent does not answer it is asked so often. */
const RETRY_MS = 3_000;
/** After an answer that is no stream (there may be too many listeners) the stream is tried again so late. */
const REOPEN_MS = 30_000;

export interface Listener {
  /** What the agent says; also a sign that it is there. */
  status(document: StatusDocument): void;
  /** The agent does not answer, and why. */
  lost(why: string): void;
}

/** Follows the agent that served the page until the page is closed. `now` gives milliseconds since 1970. */
export function follow(listener: Listener, now: () => number): void {
  let askedAt = now();
  let answered = false;
  let asking = false;
  let again = false;
  const ask = async (): Promise<void> => {
    again = asking;
    if (asking) return;
    asking = true;
    try {
      const status = await askStatus();
      answered = true;
      listener.status(status);
    } catch (error) {
      answered = false;
      listener.lost(error instanceof Error ? error.message : `${error}`);
    }
    askedAt = now();
    asking = false;
    if (again) await ask();
  };
  const open = (): void => {
    const events = new EventSource(EVENTS_URL);
    events.addEventListener("status", () => void ask());
    events.addEventListener("error", () => {
      // Whether the agent is gone or only the stream, the next answer tells. The browser connects again by itself, save
      // after an answer that is no stream.
      void ask();
      if (events.readyState === EventSource.CLOSED) setTimeout(open, REOPEN_MS);
    });
  };
  open();
  void ask();
  setInterval(() => {
    if (now() - askedAt > (answered ? SILENCE_MS : RETRY_MS)) void ask();
  }, WATCH_MS);
}

async function askStatus(): Promise<StatusDocument> {
  const answer = await fetch(statusUrl(), { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => {
    // What a browser says of a failed request is another sentence in each, and none says more.
    throw new Error("the agent does not answer");
  });
  if (!answer.ok) throw new Error(`the agent answers ${answer.status} ${answer.statusText}`.trimEnd());
  return answer.json();
}

/** The page's own address may hold a name and a password, and fetch takes none that does. */
function statusUrl(): string {
  const url = new URL(STATUS_URL, location.href);
  url.username = "";
  url.password = "";
  return url.href;
}
