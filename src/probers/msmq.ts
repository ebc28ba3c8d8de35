/**
 * Message Queuing by its ping (MS-MQQB section 2.1.2), by which queue managers ask each other whether they would accept a
 * session. The session itself (TCP 1801) is not asked for: the printed answer to such a request contradicts its own
 * listing, and a session would be noted at the other end.
 */
import type { Oneshot } from "../model/prober.ts";
import { Reader } from "../wire/bytes.ts";
import { decodeMsmqPing, encodeMsmqPing } from "../wire/msmq.ts";
import { decodeUuid } from "../wire/uuid.ts";

export const msmq: Oneshot<Record<string, never>> = {
  kind: "oneshot",
  id: "msmq",
  transports: ["udp"],
  silence: "inconclusive",
  schedule: { sendsAtMs: [0, 500, 1_500, 3_500], giveUpMs: 5_500, replyFrom: "same" },
  manners: { minIntervalMs: 0 },
  params: {},
  about: {
    protocol: "Message Queuing",
    title: "Message Queuing ping",
    sends: "A ping request (24 bytes) with a random cookie and a random identifier as our own, as from a workstation.",
    accepts:
      "A ping with our cookie. One whose refusal flag is set, as that of a server which has no licence or session left, counts as a refusal by the service.",
    proves:
      "A queue manager answered this very request, and whether it would accept a session. Silence proves nothing: Windows answers pings up to Server 2003, and later only where the registry says so.",
    triggers: "Nothing known.",
    specification: ["MS-MQQB sections 2.1.2, 2.2.7, 3.1.7.7 and 4.1.1"],
  },
  start(_params, { world }) {
    const cookie = new Reader(world.randomBytes(4)).u32("le");
    const queueManager = decodeUuid(new Reader(world.randomBytes(16)), "le");
    const request = encodeMsmqPing({ workstation: true, refuses: false, cookie, queueManager });
    return {
      request: () => request,
      read(bytes) {
        const answer = decodeMsmqPing(bytes);
        // What only repeats the request is an echo, and no queue manager.
        if (answer.cookie !== cookie || answer.queueManager === queueManager) return {};
        const evidence = { queueManager: answer.queueManager, refuses: answer.refuses };
        return {
          final: answer.refuses
            ? { service: "refused", detail: "Message Queuing answers, and would accept no session now", evidence }
            : { service: "confirmed", detail: "Message Queuing answers, and would accept a session", evidence },
        };
      },
    };
  },
};
