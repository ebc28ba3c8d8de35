/**
 * The agent's status as it changes: server-sent events, and where they stay away a question. Whatever breaks, the page
 * tries again and says meanwhile that what it shows is old.
 */
import type { StatusDocument } from "../report/status-document.ts";

const STATUS_URL = "api/v1/status";
const EVENTS_URL = "api/v1/events";
/** A connection may be dead without a sign: after so much silence the agent is asked whether it is there. */
const SILENCE_MS = 20_000;
const ANSWER_MS = 10_000;
const WATCH_MS = 2_000;
const REOPEN_MS = 3_000;

export interface Listener {
  status(document: StatusDocument): void;
  /** The agent gave a sign of life. */
  heard(): void;
  /** The agent does not answer, and why. */
  lost(why: string): void;
}

/** Follows the agent that served the page until the page is closed. `now` gives milliseconds since 1970. */
export function follow(listener: Listener, now: () => number): void {
  let heardAt = now();
  let asking = false;
  let again = false;
  const heard = (): void => {
    heardAt = now();
    listener.heard();
  };
  const ask = async (): Promise<void> => {
    again = asking;
    if (asking) return;
    asking = true;
    try {
      listener.status(await askStatus());
      heard();
    } catch (error) {
      heardAt = now();
      listener.lost(error instanceof Error ? error.message : `${error}`);
    }
    asking = false;
    if (again) await ask();
  };
  const open = (): void => {
    const events = new EventSource(EVENTS_URL);
    events.addEventListener("open", () => void ask());
    events.addEventListener("status", ({ data }: MessageEvent<string>) => {
      const status = documentIn(data);
      if (status === undefined) void ask();
      else {
        listener.status(status);
        heard();
      }
    });
    events.addEventListener("error", () => {
      listener.lost("the connection to the agent is gone");
      // The browser connects again by itself, save after an answer that is no stream.
      if (events.readyState === EventSource.CLOSED) setTimeout(open, REOPEN_MS);
    });
  };
  open();
  void ask();
  setInterval(() => {
    if (now() - heardAt > SILENCE_MS) void ask();
  }, WATCH_MS);
}

async function askStatus(): Promise<StatusDocument> {
  const answer = await fetch(STATUS_URL, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
  if (!answer.ok) throw new Error(`the agent answers ${answer.status} ${answer.statusText}`.trimEnd());
  return answer.json();
}

/** An event brings the document, or only the news that there is another. */
function documentIn(data: string): StatusDocument | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "cells" in value ? (value as StatusDocument) : undefined;
  } catch {
    return undefined;
  }
}
