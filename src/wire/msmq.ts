/**
 * The ping of Message Queuing (MS-MQQB section 2.2.7): 24 bytes in either direction, by which one queue manager asks
 * another whether it would accept a session. Its listing in section 4.1.1 tells which bits the two flags are.
 */
import { Reader, Writer } from "./bytes.ts";
import { decodeUuid, encodeUuid } from "./uuid.ts";

const SIGNATURE = 0x5548;
const FLAG = { workstation: 0x0001, refuses: 0x0002 } as const;

export interface MsmqPing {
  /** RC: who asked is no server. */
  readonly workstation: boolean;
  /** RF: who answers would refuse a session. */
  readonly refuses: boolean;
  /** 32 bits of the asker's choice, repeated in the answer. */
  readonly cookie: number;
  /** The sender's own identifier. */
  readonly queueManager: string;
}

export function encodeMsmqPing({ workstation, refuses, cookie, queueManager }: MsmqPing): Uint8Array {
  const flags = (workstation ? FLAG.workstation : 0) | (refuses ? FLAG.refuses : 0);
  const writer = new Writer().u16(flags, "le").u16(SIGNATURE, "le").u32(cookie, "le");
  encodeUuid(writer, queueManager, "le");
  return writer.finish();
}

/** Reads a ping that fills the bytes; the 14 unused flags may hold anything. */
export function decodeMsmqPing(bytes: Uint8Array): MsmqPing {
  const reader = new Reader(bytes);
  const flags = reader.u16("le");
  const signature = reader.u16("le");
  if (signature !== SIGNATURE) throw reader.error("malformed", `the signature is ${signature}, not ${SIGNATURE}`);
  const ping = {
    workstation: (flags & FLAG.workstation) !== 0,
    refuses: (flags & FLAG.refuses) !== 0,
    cookie: reader.u32("le"),
    queueManager: decodeUuid(reader, "le"),
  };
  reader.expectEnd("the ping");
  return ping;
}
