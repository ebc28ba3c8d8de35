/** One LDAP connection: requests with ids of their own, and the operation that answers each (RFC 4511 section 4.1.1). */
import type { Connection } from "../model/prober.ts";
import { Reader, WireError } from "../wire/bytes.ts";
import { decodeLdap, encodeLdap, isNoticeOfDisconnection, type LdapOperation, ldapFrameLength } from "../wire/ldap.ts";

const MESSAGE_CAP_BYTES = 64 * 1024;

export class LdapTalk {
  readonly connection: Connection;
  #messageId: number;
  #hungUp = false;

  /** `random`: four octets, from which the first message id is made. */
  constructor(connection: Connection, random: Uint8Array) {
    this.connection = connection;
    // 1 to 2^30: room for the messages that follow.
    this.#messageId = (new Reader(random).u32("be") & 0x3fff_ffff) | 1;
  }

  /** The server said that it hangs up: nothing is asked any more. */
  get hungUp(): boolean {
    return this.#hungUp;
  }

  /**
   * Sends one request and gives the operation that answers it, or the notice that the server hangs up; undefined when
   * the connection ended first. Throws WireError for what is no answer to it.
   */
  async ask(operation: LdapOperation): Promise<LdapOperation | undefined> {
    if (this.#hungUp) return undefined;
    const id = this.#send(operation);
    const bytes = await this.connection.receive(ldapFrameLength, MESSAGE_CAP_BYTES);
    if (bytes === undefined) return undefined;
    const message = decodeLdap(bytes);
    this.#hungUp = isNoticeOfDisconnection(message);
    if (message.messageId !== id && !this.#hungUp) {
      throw new WireError("malformed", `message id ${message.messageId} was never asked`, 0);
    }
    return message.operation;
  }

  /** Takes leave, as RFC 4511 section 4.3 wants it; nothing answers that. */
  leave(): void {
    if (!this.#hungUp) this.#send({ type: "unbindRequest" });
  }

  #send(operation: LdapOperation): number {
    const id = this.#messageId++;
    this.connection.send(encodeLdap({ messageId: id, operation }));
    return id;
  }
}
