/** CRC-32 as Ethernet and ISO 3309 have it: polynomial 0x04C11DB7 in reflected form, start and end inverted. */
const REFLECTED_POLYNOMIAL = 0xedb8_8320;

/** The checksum of the bytes, from 0 to 2^32 - 1. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? REFLECTED_POLYNOMIAL : 0);
  }
  return ~crc >>> 0;
}
