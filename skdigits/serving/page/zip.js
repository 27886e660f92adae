// A ZIP file without compression, as APPNOTE 6.3 of PKWARE describes it.

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

function record(...fields) {
  const bytes = new Uint8Array(fields.reduce((n, [size]) => n + size, 0));
  const view = new DataView(bytes.buffer);
  let place = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(place, value, true);
    else view.setUint32(place, value, true);
    place += size;
  }
  return bytes;
}

// Files of 1980, as their date is unknown.
const VERSION = 20, DATE = (1 << 5) | 1;

// Return a Blob; `files` are pairs of a name, in ASCII, and bytes.
export function zip(files) {
  const parts = [], directory = [];
  let place = 0, directorySize = 0;
  for (const [name, content] of files) {
    const title = new TextEncoder().encode(name), size = content.length;
    const common = [
      [2, VERSION], [2, 0], [2, 0], [2, 0], [2, DATE],
      [4, crc32(content)], [4, size], [4, size], [2, title.length], [2, 0],
    ];
    const head = record([4, 0x04034b50], ...common);
    const entry = record(
      [4, 0x02014b50], [2, VERSION], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, place],
    );
    parts.push(head, title, content);
    directory.push(entry, title);
    place += head.length + title.length + size;
    directorySize += entry.length + title.length;
  }
  const n = files.length;
  const end = record(
    [4, 0x06054b50], [2, 0], [2, 0], [2, n], [2, n], [4, directorySize], [4, place], [2, 0],
  );
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
