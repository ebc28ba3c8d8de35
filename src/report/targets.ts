/** Targets of a document: a host as asked and one of its addresses. Each is a column, a list or a suite of its own. */
import type { ResultEntry } from "./document.ts";

export interface Target {
  readonly host: string;
  readonly address: string | null;
}

/** The targets of results, in the order in which they are first met. */
export function targetsOf(results: readonly ResultEntry[]): readonly Target[] {
  const targets = new Map(results.map(({ host, address }) => [targetKey({ host, address }), { host, address }]));
  return [...targets.values()];
}

/** `dc01.example.com 10.20.1.10`, or the address alone where it was asked for as such. */
export function targetText({ host, address }: Target): string {
  return address === null || address === host ? host : `${host} ${address}`;
}

/** A text that no other target has. */
export function targetKey({ host, address }: Target): string {
  return JSON.stringify([host, address]);
}

/** Whether a result is one of this target's. */
export function isOf({ host, address }: Target): (result: ResultEntry) => boolean {
  return (result) => result.host === host && result.address === address;
}
