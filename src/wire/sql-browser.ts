/**
 * SQL Server Resolution Protocol (MC-SQLR): where an instance listens, by its name. Of the requests only
 * CLNT_UCAST_INST is written: the others draw answers that are up to 440 times as long, go to everybody, or were never
 * documented and did harm.
 */
import { Reader, utf8Bytes, Writer } from "./bytes.ts";

const CLNT_UCAST_INST = 0x04;
const SVR_RESP = 0x05;

/** Without the NUL at its end (section 2.2.3). */
const MAX_REQUESTED_NAME_BYTES = 32;
/** The answer to a question about one instance (section 2.2.5). */
const MAX_DATA_BYTES = 1024;

const HEAD = ["ServerName", "InstanceName", "IsClustered", "Version"] as const;

export interface SqlInstance {
  readonly serverName: string;
  readonly instanceName: string;
  readonly isClustered: boolean;
  /** Digits and points. */
  readonly version: string;
  /** Absent where it does not listen over TCP. */
  readonly tcpPort?: number;
  /** Absent where it does not listen on a named pipe. */
  readonly pipe?: string;
}

/** CLNT_UCAST_INST for the instance of this name. */
export function encodeInstanceRequest(instanceName: string): Uint8Array {
  const name = utf8Bytes(instanceName);
  const writer = new Writer();
  if (name.length === 0 || name.length > MAX_REQUESTED_NAME_BYTES || name.includes(0)) {
    throw writer.unencodable(`an instance name of ${name.length} bytes`);
  }
  return writer.u8(CLNT_UCAST_INST).bytes(name).u8(0).finish();
}

/** The name that a CLNT_UCAST_INST asks for. */
export function decodeInstanceRequest(bytes: Uint8Array): string {
  const reader = new Reader(bytes);
  if (reader.u8() !== CLNT_UCAST_INST) throw reader.error("unsupported", "another request than CLNT_UCAST_INST");
  const length = bytes.indexOf(0) - 1;
  if (length < 0) throw reader.error("truncated", "a name without its end");
  if (length === 0 || length > MAX_REQUESTED_NAME_BYTES) throw reader.error("limit", `a name of ${length} bytes`);
  const name = reader.utf8(length);
  reader.skip(1);
  reader.expectEnd("the name");
  return name;
}

export function encodeInstanceResponse(instance: SqlInstance): Uint8Array {
  const { serverName, instanceName, isClustered, version, tcpPort, pipe } = instance;
  const values = [serverName, instanceName, isClustered ? "Yes" : "No", version];
  const fields = HEAD.flatMap((name, at) => [name, values[at]!]);
  if (tcpPort !== undefined) fields.push("tcp", `${tcpPort}`);
  if (pipe !== undefined) fields.push("np", pipe);
  const writer = new Writer().u8(SVR_RESP).zeros(2);
  const misfit = fields.find((field) => field.includes(";"));
  if (misfit !== undefined) throw writer.unencodable(`${JSON.stringify(misfit)} between semicolons`);
  writer.utf8(`${fields.join(";")};;`);
  if (writer.length - 3 > MAX_DATA_BYTES) throw writer.unencodable(`an answer of ${writer.length} bytes`);
  return writer.patchU16(1, writer.length - 3, "le").finish();
}

/** Decodes the answer about one instance; a listing of several is `unsupported`, for nobody asks for one here. */
export function decodeInstanceResponse(bytes: Uint8Array): SqlInstance {
  const reader = new Reader(bytes);
  const type = reader.u8();
  if (type !== SVR_RESP) throw reader.error("malformed", `a message of type ${type}`);
  const length = reader.u16("le");
  if (length > MAX_DATA_BYTES) throw reader.error("limit", `an answer of ${length} bytes`);
  const text = reader.utf8(length);
  reader.expectEnd("the answer");
  if (!text.endsWith(";;")) throw reader.error("malformed", "an answer without its end");
  if (text.includes(";;ServerName;")) throw reader.error("unsupported", "a listing of several instances");
  const fields = text.slice(0, -2).split(";");
  if (HEAD.some((name, at) => fields[2 * at] !== name)) throw reader.error("malformed", "not about an instance");
  const [serverName = "", instanceName = "", clustered, version = ""] = HEAD.map((_, at) => fields[2 * at + 1]);
  if (clustered !== "Yes" && clustered !== "No") throw reader.error("malformed", "neither clustered nor not");
  if (!/^[\d.]{1,16}$/.test(version)) throw reader.error("malformed", "not a version");
  return {
    serverName,
    instanceName,
    isClustered: clustered === "Yes",
    version,
    ...waysIn(fields.slice(2 * HEAD.length)),
  };
}

/** Transports come in pairs of name and value; those that nobody uses any more are passed over. */
function waysIn(fields: readonly string[]): Pick<SqlInstance, "tcpPort" | "pipe"> {
  const ways = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) ways.set(fields[at]!, fields[at + 1]!);
  const [port, pipe] = [ways.get("tcp") ?? "", ways.get("np")];
  const tcpPort = /^[1-9]\d{0,4}$/.test(port) ? Number(port) : 0;
  return {
    ...(tcpPort > 0 && tcpPort <= 0xffff ? { tcpPort } : {}),
    ...(pipe === undefined ? {} : { pipe }),
  };
}
