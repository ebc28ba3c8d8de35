/** Bytes as people compare them: offset, sixteen bytes in hexadecimal, the same as text. */

const BYTES_PER_LINE = 16;
const HALF = 8;

/** The lines of a dump, for instance `0000  23 00 ...  #...`; none for no bytes. */
export function hexDump(bytes: Uint8Array): readonly string[] {
  return Array.from({ length: Math.ceil(bytes.length / BYTES_PER_LINE) }, (_, line) => {
    const start = line * BYTES_PER_LINE;
    const row = [...bytes.subarray(start, start + BYTES_PER_LINE)];
    const halves = [row.slice(0, HALF), row.slice(HALF)].map((half) => half.map(hex).join(" "));
    const text = row.map((byte) => (byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : ".")).join("");
    return `${start.toString(16).padStart(4, "0")}  ${halves.join("  ").padEnd(BYTES_PER_LINE * 3)}  ${text}`;
  });
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
