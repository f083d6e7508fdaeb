import { readableAddress, safeUrl } from '../safe-url.js';

/** The title as a link where there is an address that may be followed, else as text. */
export function SourceLink({ title, address, describedBy }: { title: string; address: string; describedBy?: string }) {
  const url = safeUrl(address);
  if (url === null) return <bdi>{title}</bdi>;
  return (
    <a href={url.href} rel="noreferrer" aria-describedby={describedBy}>
      <bdi>{title}</bdi>
    </a>
  );
}

/** The address in readable form; nothing when there is none. */
export function SourceAddress({ address }: { address: string }) {
  const url = safeUrl(address);
  return url === null ? null : <span class="address">{readableAddress(url)}</span>;
}
