/**
 * The A/V Edge of OCS, of which no server is to be had: it says what MS-TURN prints (test/fixtures/printed), over UDP, and
 * over TCP behind its pretence of TLS. Nothing here knows our codecs. Argument: the address to listen on.
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { printed } from "../wire/captured.ts";

const address = process.argv[2]!;

/** Type, length, and then 16 bytes which the answer repeats (section 2.2.1). */
const ID_AT = 4;
const ID_END = 20;
/** What stands before a message over TCP: kind, a reserved byte and the length (section 2.1.4). */
const FRAME_BYTES = 4;

/** The 401 to the request that is prescribed; to anything else, nothing. */
function refusalOf(request: Uint8Array): Buffer | undefined {
  const [prescribed, answer] = ["ms-turn-allocate-request", "ms-turn-allocate-401"].map((name) => {
    const message = Buffer.from(printed(name));
    message.set(request.subarray(ID_AT, ID_END), ID_AT);
    return message;
  });
  return prescribed!.equals(request) ? answer : undefined;
}

createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", () => {
    socket.write(printed("ms-turn-pseudo-server-hello"));
    socket.once("data", (framed) => {
      const answer = refusalOf(framed.subarray(FRAME_BYTES));
      if (answer === undefined) socket.end();
      else socket.write(Buffer.concat([Buffer.of(2, 0, 0, answer.length), answer]));
    });
  });
}).listen(443, address);

const overUdp = createSocket("udp4");
overUdp.on("message", (request, { port, address: from }) => {
  const answer = refusalOf(request);
  if (answer !== undefined) overUdp.send(answer, port, from);
});
overUdp.bind(3478, address);
