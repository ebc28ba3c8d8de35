/** What everything that makes system calls is given: the calls, and memory for the small arguments of one call. */
import { Arena, type Block } from "./arena.ts";
import { type Sys, TEXT_BYTES } from "./sys.ts";

/** One thread's: the memory for arguments is written and read within one call, so that nobody else comes between. */
export interface Native {
  readonly sys: Sys;
  readonly arena: Arena;
  /** An address, and its length behind it. */
  readonly address: Block;
  /** One option's value, and its length behind it. */
  readonly option: Block;
  /** Text of an address or of an interface's name. */
  readonly text: Block;
  /** A `struct timespec`. */
  readonly time: Block;
  readonly eventLayout: EventLayout;
  /** A `struct msghdr` without room for anything. */
  readonly emptyMessage: Block;
}

/** Where the length of an address or of an option's value stands in its block. */
export const LENGTH_AT = 32;

const MESSAGE_HEADER_BYTES = 56;
const TIME_BYTES = 16;

/** `struct epoll_event` is packed on x64 and on no other architecture. */
export interface EventLayout {
  readonly bytes: number;
  readonly dataAt: number;
}

const PACKED: EventLayout = { bytes: 12, dataAt: 4 };
const ALIGNED: EventLayout = { bytes: 16, dataAt: 8 };

export function createNative(sys: Sys, architecture: string, arenaBytes: number): Native {
  const arena = new Arena(sys, arenaBytes);
  return {
    sys,
    arena,
    address: arena.take(LENGTH_AT + 4),
    option: arena.take(LENGTH_AT + 4),
    text: arena.take(TEXT_BYTES),
    time: arena.take(TIME_BYTES),
    eventLayout: architecture === "x64" ? PACKED : ALIGNED,
    emptyMessage: arena.take(MESSAGE_HEADER_BYTES),
  };
}
