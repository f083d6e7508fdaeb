const SIGNATURES: readonly [signature: string, kind: string][] = [
  ['%PDF-', 'a PDF'],
  ['PK\x03\x04', 'a ZIP or Office file'],
  ['\x1f\x8b', 'compressed'],
  ['\x89PNG', 'a picture'],
  ['GIF8', 'a picture'],
  ['\xff\xd8\xff', 'a picture'],
  ['\x7fELF', 'a program'],
  ['{\\rtf', 'an RTF file'],
  ['\xd0\xcf\x11\xe0', 'an old Office file'],
];

/** What the first bytes of a file say it is, when that is no text. */
export function binaryKind(bytes: Buffer): string | undefined {
  return SIGNATURES.find(([signature]) =>
    bytes.subarray(0, signature.length).equals(Buffer.from(signature, 'latin1')),
  )?.[1];
}
