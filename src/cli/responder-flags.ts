/** The flags that both ends of an exchange share, `run` and `respond`. */

export const RESPONDER_FLAGS = {
  "key-file": { type: "string", about: "File with the key that both sides share: 64 hexadecimal digits" },
  "tls-cert": {
    type: "string",
    about: "In the place of a key: PEM file with our certificate and those between it and the authority",
  },
  "tls-key": { type: "string", about: "PEM file with the private key of --tls-cert" },
  "tls-ca": { type: "string", about: "PEM file with the authority whose certificates the other side may show" },
  "tls-name": {
    type: "array",
    about: "The other side's certificate has to bear this name or address; repeatable (default: any name)",
  },
  "data-source": {
    type: "array",
    about: "Block of addresses from which a prober's packets may come beside its own (NAT); both sides; repeatable",
  },
  static: {
    type: "boolean",
    about: "No control channel: the key and the ports are agreed beforehand, and silence proves nothing",
  },
} as const;
