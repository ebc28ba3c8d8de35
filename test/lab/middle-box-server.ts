/** The servers of a box on the way that answers in the place of whoever was asked. They run on the router. */
import { createSocket } from "node:dgram";
import { MIDDLE_BOX } from "./middle-box.ts";
import { serve } from "./tcp-server.ts";

const TOKEN_BYTES = 32;

serve(MIDDLE_BOX.accepts, () => {});
serve(MIDDLE_BOX.closes, (socket) => socket.end());
serve(MIDDLE_BOX.echoes, (socket) => socket.pipe(socket));
serve(MIDDLE_BOX.replays, (socket) => socket.write(new Uint8Array(TOKEN_BYTES)));

const echo = createSocket("udp6");
echo.on("message", (bytes, { port, address }) => echo.send(bytes, port, address));
echo.bind(MIDDLE_BOX.echoes, "::");
