/** openssl's test server beside the domain controller: TLS 1.0 alone, and TLS that wants a certificate of the client. */
import { DC } from "./addresses.ts";
import { type Daemon, startDaemon, untilReady } from "./command.ts";
import { inside, type Lab, listeners } from "./namespaces.ts";

export const OPENSSL = { tls10: 8551, mutual: 8552 } as const;

const START_TIMEOUT_MS = 60_000;
const TLS = "test/fixtures/tls";

const OPTIONS: Readonly<Record<keyof typeof OPENSSL, readonly string[]>> = {
  tls10: ["-tls1", "-cipher", "ALL:@SECLEVEL=0", "-cert", `${TLS}/rsa.pem`, "-key", `${TLS}/rsa-key.pem`],
  mutual: [
    ...["-Verify", "1", "-verify_return_error", "-CAfile", `${TLS}/self-signed.pem`],
    ...["-cert", `${TLS}/self-signed.pem`, "-key", `${TLS}/key.pem`],
  ],
};

export async function startOpenssl(
  { dc }: Pick<Lab, "dc">,
  which: keyof typeof OPENSSL,
  folder: string,
): Promise<Daemon> {
  const argv = ["openssl", "s_server", "-accept", `${DC.v4}:${OPENSSL[which]}`, "-www", ...OPTIONS[which]];
  const daemon = startDaemon(`openssl (${which})`, inside(dc, argv), `${folder}/openssl.out`);
  const isListening = async () => (await listeners(dc)).has(`tcp/${DC.v4}:${OPENSSL[which]}`);
  await untilReady(daemon, isListening, START_TIMEOUT_MS);
  return daemon;
}
