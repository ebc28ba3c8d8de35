/**
 * UUIDs as DCE/RPC writes them (C706 appendix A, MS-DTYP section 2.3.4): the first three fields follow the byte order
 * of the message around them, the last two are plain bytes. In text they are always lower case.
 */
import { type ByteOrder, type Reader, WireError, type Writer } from "./bytes.ts";

export const NIL_UUID = "00000000-0000-0000-0000-000000000000";

const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function decodeUuid(reader: Reader, order: ByteOrder): string {
  const low = digits(reader.u32(order), 8);
  const middle = digits(reader.u16(order), 4);
  const high = digits(reader.u16(order), 4);
  const tail = Array.from(reader.bytes(8), (byte) => digits(byte, 2)).join("");
  return `${low}-${middle}-${high}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

export function encodeUuid(writer: Writer, uuid: string, order: ByteOrder): void {
  if (!TEXT.test(uuid))
    throw new WireError("unencodable", `cannot write ${JSON.stringify(uuid)} as a UUID`, writer.length);
  const [low = "", middle = "", high = "", ...tail] = uuid.split("-");
  writer.u32(Number.parseInt(low, 16), order).u16(Number.parseInt(middle, 16), order);
  writer.u16(Number.parseInt(high, 16), order);
  for (const pair of tail.join("").match(/../g) ?? []) writer.u8(Number.parseInt(pair, 16));
}

function digits(value: number, width: number): string {
  return value.toString(16).padStart(width, "0");
}
