/** Certificate authorities of one test file, and certificates of them, made by openssl. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificates } from "../../src/responder/credentials.ts";

interface Wish {
  /** Subject alternative names as openssl writes them: `DNS:a,IP:127.0.0.1`. */
  readonly names?: string;
  /** Valid until an hour ago. */
  readonly expired?: boolean;
}

export class Authority implements Disposable {
  readonly pem: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "unity-authority-"));
  #issued = 0;

  constructor() {
    this.#openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", [
      ...["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority"],
    ]);
    this.pem = this.#read("ca.pem");
  }

  /** A certificate of this authority for either end, whose holder lets in those of `letsIn`. */
  issue({ names = "DNS:probe.invalid", expired = false }: Wish = {}, letsIn: Authority = this): Certificates {
    const name = `leaf${++this.#issued}`;
    writeFileSync(join(this.#folder, `${name}.ext`), `subjectAltName=${names}\n`);
    this.#openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", [
      ...["-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", "/CN=leaf"],
    ]);
    this.#openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", [
      ...["-out", `${name}.pem`, "-extfile", `${name}.ext`, "-days", expired ? "-1" : "1"],
    ]);
    const privateKey = this.#read(`${name}.key`);
    return { chain: this.#read(`${name}.pem`), privateKey, authority: letsIn.pem, names: [] };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  #openssl(...args: readonly [...string[], readonly string[]]): void {
    execFileSync("openssl", args.flat(), { cwd: this.#folder, stdio: "pipe" });
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, name), "utf8");
  }
}
