const END_OF_DIRECTORY = 0x06054b50;
const ENTRY = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const MAX_COMMENT_BYTES = 65_535;

/** What the entries of a ZIP file say they unpack to, in bytes; `null` when it is no ZIP file. */
export function unpackedBytes(zip: Buffer): number | null {
  const lowest = Math.max(0, zip.length - END_BYTES - MAX_COMMENT_BYTES);
  let end = zip.length - END_BYTES;
  while (end >= lowest && zip.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < lowest) return null;
  let place = zip.readUInt32LE(end + 16);
  let total = 0;
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (place + ENTRY_BYTES > zip.length || zip.readUInt32LE(place) !== ENTRY) return null;
    total += zip.readUInt32LE(place + 24);
    place += ENTRY_BYTES + zip.readUInt16LE(place + 28) + zip.readUInt16LE(place + 30) + zip.readUInt16LE(place + 32);
  }
  return total;
}
